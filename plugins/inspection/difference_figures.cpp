#include "backend/engine/reporting/confusion_figure.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/inspection/difference_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::inspection {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kNoUnit = std::numeric_limits<double>::quiet_NaN();

std::vector<double> doublesOf(const torch::Tensor& tensor)
{
    const torch::Tensor flat = tensor.to(torch::kFloat64).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

/// A row of a map of layers by units.
struct UnitRow
{
    std::string name;
    std::vector<double> values;
};

/// The value of largest magnitude of each run of units that falls into a column.
std::vector<double> columnsOf(const std::vector<double>& values, std::size_t columns)
{
    if (values.size() <= columns)
        return values;
    std::vector<double> merged(columns, kNoUnit);
    for (std::size_t i = 0; i < values.size(); ++i) {
        double& cell = merged[i * columns / values.size()];
        if (std::isnan(cell) || std::abs(values[i]) > std::abs(cell))
            cell = values[i];
    }
    return merged;
}

/// The first row on top. @returns whether a column is a unit in every row.
bool fillUnitMap(Figure& f, const std::vector<UnitRow>& rows)
{
    std::size_t widest = 0;
    for (const UnitRow& row : rows)
        widest = std::max(widest, row.values.size());
    const std::size_t columns = std::min(widest, static_cast<std::size_t>(kMostColumns));
    Layer cells{.kind = LayerKind::Cells,
                .rows = static_cast<std::uint32_t>(rows.size()),
                .columns = static_cast<std::uint32_t>(columns)};
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        std::vector<double> values = columnsOf(row->values, columns);
        values.resize(columns, kNoUnit);
        cells.z.insert(cells.z.end(), values.begin(), values.end());
        f.y.categories.push_back(row->name);
    }
    f.x = {.label = "Unit"};
    f.y.scale = AxisScale::Category;
    f.aspect = 2;
    f.layers.push_back(std::move(cells));
    return widest == columns;
}

const char* mergedNote(bool exact)
{
    return exact ? "" : " In layers of more than 1024 units a cell is the most changed of several.";
}

Figure barsByLayer(const char* name, const char* title, const std::vector<std::string>& names,
                   const std::vector<double>& values, std::vector<std::string> labels)
{
    Figure f{.name = name, .title = title};
    f.x = {.scale = AxisScale::Category, .categories = names};
    f.y = {.label = "Change", .unit = "%", .low = 0};
    Layer bars{.kind = LayerKind::Bars, .name = "change", .role = "accent", .labels = std::move(labels)};
    for (std::size_t i = 0; i < values.size(); ++i) {
        bars.x.push_back(static_cast<double>(i));
        bars.y.push_back(100 * values[i]);
    }
    f.layers.push_back(std::move(bars));
    return f;
}

} // namespace

torch::Tensor DifferenceResults::changedRows() const
{
    return predictedBefore.ne(predictedAfter).nonzero().flatten();
}

std::vector<std::string> layerNames(const std::vector<LayerPair>& layers)
{
    std::vector<std::string> names;
    for (const LayerPair& layer : layers)
        names.push_back(layer.name);
    return names;
}

Figure layersFigure(const DifferenceResults& r)
{
    std::vector<double> values;
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < r.layers.size(); ++i) {
        values.push_back(r.changes[i].relative);
        labels.push_back(std::to_string(r.changes[i].changed) + " of " + std::to_string(r.layers[i].units()) +
                         " units, " + std::to_string(r.changes[i].pruned) + " pruned");
    }
    Figure f = barsByLayer("layers", "Change of the weights by layer", layerNames(r.layers), values,
                           std::move(labels));
    f.section = "Weights";
    f.caption = "Norm of the change over the norm before. A click shows the layer's units below.";
    f.x.label = "Layer";
    f.x.sets = "layer";
    return f;
}

Figure unitsFigure(const DifferenceResults& r)
{
    std::vector<UnitRow> rows;
    for (std::size_t i = 0; i < r.layers.size(); ++i) {
        std::vector<double> values = doublesOf(r.changes[i].unitRelative);
        for (double& value : values)
            value *= 100;
        rows.push_back({r.layers[i].name, std::move(values)});
    }
    Figure f{.name = "units", .title = "Change of the weights by unit", .section = "Weights"};
    const bool exact = fillUnitMap(f, rows);
    f.layers.front().colourMap = "sequential";
    f.caption =
        std::string("A row for each layer, a cell for each filter, row or channel: norm of its change "
                    "over its norm before. A click shows the unit below.") +
        mergedNote(exact);
    f.y.label = "Layer";
    f.y.sets = "layer";
    if (exact)
        f.x.sets = "unit";
    f.colour = {.label = "Change", .unit = "%", .low = 0};
    return f;
}

Figure activationsFigure(const DifferenceResults& r)
{
    std::vector<std::string> names, labels;
    std::vector<double> values;
    for (const TapChange& tap : r.taps) {
        names.push_back(tap.tap);
        values.push_back(tap.relative);
        labels.push_back("cosine " + reporting::shortText(tap.cosine));
    }
    Figure f = barsByLayer("activations", "Change of the activations", names, values, std::move(labels));
    f.section = "Activations";
    f.caption = "On " + std::to_string(r.images.size()) +
                " test images: norm of the difference over the norm before, all places and images together.";
    f.x.label = "Tap";
    return f;
}

Figure activationUnitsFigure(const DifferenceResults& r)
{
    std::vector<UnitRow> rows;
    double most = 1e-6;
    for (const TapChange& tap : r.taps) {
        rows.push_back(
            {tap.tap, doublesOf(100 * (tap.unitAfter - tap.unitBefore) / std::max(tap.scale, 1e-30))});
        for (const double value : rows.back().values)
            most = std::max(most, std::abs(value));
    }
    Figure f{
        .name = "activation-units", .title = "Change of the activations by unit", .section = "Activations"};
    const bool exact = fillUnitMap(f, rows);
    f.layers.front().colourMap = "diverging";
    f.caption = std::string("Mean activation after minus before, in percent of the tap's root mean square "
                            "before.") +
                mergedNote(exact);
    f.y.label = "Tap";
    f.colour = {.label = "Change", .unit = "%", .low = -most, .high = most};
    return f;
}

Figure predictionsFigure(const DifferenceResults& r)
{
    Figure f = reporting::confusionFigure(
        {.name = "predictions",
         .title = "Classes given before and after",
         .section = "Predictions",
         .rowLabel = "Given by " + r.before,
         .columnLabel = "Given by " + r.after,
         .caption = "All " + std::to_string(r.images.size()) + " test images; those off the diagonal, " +
                    std::to_string(r.changedRows().numel()) +
                    ", are shown below. A click on a cell selects its images."},
        r.classes,
        reporting::confusionCells(r.predictedBefore, r.predictedAfter, r.images.ids,
                                  static_cast<std::int64_t>(r.classes.size())));
    f.opens = "changed-predictions";
    return f;
}

Figure layerUnitsFigure(const LayerPair& layer, const LayerChange& change)
{
    constexpr std::int64_t kMostBars = 256;
    torch::Tensor units = torch::arange(layer.units(), torch::kInt64);
    const bool cut = layer.units() > kMostBars;
    if (cut)
        units = std::get<0>(std::get<1>(change.unitRelative.nan_to_num(0.0).topk(kMostBars)).sort());
    Figure f{.name = "layer-units", .title = layer.name + ": change by unit", .section = "Units of a layer"};
    f.caption =
        std::string(cut ? "The 256 most changed units. " : "") +
        "Norm of the change over the norm before; pruned: its weights are 0 now. A click shows the unit.";
    f.x = {.label = "Unit", .sets = "unit"};
    f.y = {.label = "Change", .unit = "%", .low = 0};
    const char* roles[] = {"neutral", "accent", "bad", "good"};
    for (std::size_t s = 0; s < unitStateNames().size(); ++s) {
        Layer bars{.kind = LayerKind::Bars, .name = unitStateNames()[s], .role = roles[s], .stack = "change"};
        for (std::int64_t i = 0; i < units.numel(); ++i) {
            const std::int64_t u = units.data_ptr<std::int64_t>()[i];
            if (change.states[static_cast<std::size_t>(u)] != static_cast<UnitState>(s))
                continue;
            bars.x.push_back(static_cast<double>(u));
            bars.y.push_back(100 * change.unitRelative[u].item<double>());
        }
        if (!bars.x.empty())
            f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure unitWeightsFigure(const LayerPair& layer, std::int64_t unit, const std::string& before,
                         const std::string& after)
{
    constexpr std::int64_t kMostShown = 40;
    const torch::Tensor was = layer.rowsBefore()[unit], now = layer.rowsAfter()[unit];
    torch::Tensor columns = torch::arange(was.numel(), torch::kInt64);
    const bool cut = was.numel() > kMostShown;
    if (cut)
        columns = std::get<0>(std::get<1>((now - was).abs().topk(kMostShown)).sort());
    Figure f{.name = "unit-weights",
             .title = layer.name + ", unit " + std::to_string(unit) + ": its numbers",
             .section = "Units of a layer"};
    f.caption = cut ? "The " + std::to_string(kMostShown) + " of its " + std::to_string(was.numel()) +
                          " numbers that changed most."
                    : "All of its numbers.";
    f.x = {.label = "Number", .scale = AxisScale::Category};
    f.y = {.label = "Value"};
    const std::vector<double> positions = doublesOf(torch::arange(columns.numel(), torch::kFloat64));
    for (std::int64_t i = 0; i < columns.numel(); ++i)
        f.x.categories.push_back(layer.placeOf(columns.data_ptr<std::int64_t>()[i]));
    f.layers.push_back({.kind = LayerKind::Bars,
                        .name = before,
                        .role = "neutral",
                        .x = positions,
                        .y = doublesOf(was.index_select(0, columns))});
    f.layers.push_back({.kind = LayerKind::Bars,
                        .name = after,
                        .role = "accent",
                        .x = positions,
                        .y = doublesOf(now.index_select(0, columns))});
    return f;
}

} // namespace assay::inspection
