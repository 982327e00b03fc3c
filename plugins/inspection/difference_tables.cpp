#include "backend/engine/reporting/table_rows.h"
#include "plugins/inspection/difference_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace assay::inspection {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

struct ListedUnit
{
    std::size_t layer;
    std::int64_t unit;
    double relative;
};

/// Most changed first; what has no relative change (there was nothing before) leads.
std::vector<ListedUnit> changedUnits(const DifferenceResults& r)
{
    std::vector<ListedUnit> units;
    for (std::size_t i = 0; i < r.layers.size(); ++i) {
        const auto relative = r.changes[i].unitRelative.accessor<double, 1>();
        for (std::int64_t u = 0; u < r.layers[i].units(); ++u)
            if (r.changes[i].states[static_cast<std::size_t>(u)] != UnitState::Unchanged)
                units.push_back({i, u, relative[u]});
    }
    const auto rank = [](const ListedUnit& unit) {
        return std::isnan(unit.relative) ? std::numeric_limits<double>::infinity() : unit.relative;
    };
    std::ranges::stable_sort(units, std::ranges::greater(), rank);
    if (units.size() > kMostListed)
        units.resize(kMostListed);
    return units;
}

} // namespace

Table layersTable(const DifferenceResults& r)
{
    Table table{.name = "layers",
                .title = "Weights by layer",
                .caption = "relative: norm of the change over the norm before; cosine: between the weights "
                           "before and after; most: largest change of a single number.",
                .section = "Weights"};
    table.columns = {textColumn("layer", "Layer"),          numberColumn("units", "Units", 0),
                     numberColumn("numbers", "Numbers", 0), numberColumn("relative", "Relative change", 4),
                     numberColumn("cosine", "Cosine", 4),   numberColumn("most", "Largest change", 4),
                     numberColumn("changed", "Changed", 0), numberColumn("pruned", "Pruned", 0)};
    for (std::size_t i = 0; i < r.layers.size(); ++i) {
        const LayerChange& c = r.changes[i];
        TableRow(table) << r.layers[i].name << double(r.layers[i].units()) << double(r.layers[i].numbers())
                        << c.relative << c.cosine << c.most << double(c.changed) << double(c.pruned);
    }
    return table;
}

Table unitsTable(const DifferenceResults& r)
{
    Table table{.name = "units",
                .title = "Changed units",
                .caption = "Filters of convolutions, rows of linear layers, channels of normalisations; the "
                           "most changed first.",
                .section = "Weights"};
    table.columns = {textColumn("layer", "Layer"),
                     numberColumn("unit", "Unit", 0),
                     textColumn("state", "State"),
                     numberColumn("norm_before", "Norm before", 4),
                     numberColumn("change", "Norm of the change", 4),
                     numberColumn("relative", "Relative change", 4),
                     numberColumn("cosine", "Cosine", 4),
                     numberColumn("most", "Largest change", 4)};
    for (const ListedUnit& unit : changedUnits(r)) {
        const LayerChange& c = r.changes[unit.layer];
        const auto at = [&](const torch::Tensor& values) { return values[unit.unit].item<double>(); };
        TableRow(table)
            << r.layers[unit.layer].name << double(unit.unit)
            << unitStateNames()[static_cast<std::size_t>(c.states[static_cast<std::size_t>(unit.unit)])]
            << at(c.unitBefore) << at(c.unitNorm) << at(c.unitRelative) << at(c.unitCosine) << at(c.unitMost);
    }
    return table;
}

Table activationsTable(const DifferenceResults& r)
{
    Table table{.name = "activations",
                .title = "Activations by tap",
                .caption =
                    "relative: norm of the difference over the norm before, all test images, places and "
                    "units together; cosine: mean over the images.",
                .section = "Activations"};
    table.columns = {textColumn("tap", "Tap"), numberColumn("units", "Units", 0),
                     numberColumn("relative", "Relative change", 4), numberColumn("cosine", "Cosine", 4),
                     numberColumn("most", "Largest difference", 4)};
    for (const TapChange& tap : r.taps)
        TableRow(table) << tap.tap << double(tap.unitBefore.numel()) << tap.relative << tap.cosine
                        << tap.most;
    return table;
}

} // namespace assay::inspection
