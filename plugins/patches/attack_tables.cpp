#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/patches/attack_results.h"

#include <algorithm>
#include <limits>

namespace assay::patches {

using namespace reporting;
using protocol::Metric;
using protocol::Table;

namespace {

constexpr double kNotApplicable = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> idsOf(const torch::Tensor& ids)
{
    if (!ids.defined())
        return {};
    const torch::Tensor flat = ids.contiguous();
    return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

} // namespace

const PatchRow* AttackResults::find(std::size_t model, const std::string& patch, double ofSize,
                                    const std::string& where) const
{
    const auto row = std::ranges::find_if(rows, [&](const PatchRow& r) {
        return r.model == model && r.patch == patch && r.size == ofSize && r.placement == where;
    });
    return row == rows.end() ? nullptr : &*row;
}

std::vector<std::string> AttackResults::patches() const
{
    std::vector<std::string> names;
    for (const PatchRow& row : rows)
        if (row.patch != "none" && std::ranges::find(names, row.patch) == names.end())
            names.push_back(row.patch);
    return names;
}

std::string AttackResults::valueName() const
{
    return detectors ? "AP at IoU 0.5" : "Accuracy";
}

Table successTable(const AttackResults& r)
{
    Table t{.name = "success", .title = "What patches do", .section = "Success"};
    t.caption = std::string("Success: ") + r.aim + ". asr with its Wilson 95 % interval is of the " +
                (r.detectors ? "objects found without the patch (score of at least 0.4, IoU of at least 0.5)"
                             : "images that can be attacked: see the study's page") +
                "; n counts the test images.";
    t.columns = {textColumn("model", "Model"),   textColumn("patch", "Patch"),
                 numberColumn("size", "Size"),   textColumn("placement", "Placement"),
                 numberColumn("n", "Images", 0), numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("ap", "AP", 3),    numberColumn("asr", "Success rate", 3),
                 numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    for (const PatchRow& row : r.rows) {
        const bool patched = row.patch != "none";
        const metrics::Rate asr =
            patched ? row.effect.asr
                    : metrics::Rate{.value = kNotApplicable, .low = kNotApplicable, .high = kNotApplicable};
        TableRow(t) << r.models[row.model] << row.patch << row.size << row.placement
                    << static_cast<double>(row.effect.n)
                    << (r.detectors ? kNotApplicable : row.effect.accuracy.value)
                    << row.effect.ap.value_or(kNotApplicable) << asr;
        t.samples.add(idsOf(row.fooled));
    }
    return t;
}

Table placesTable(const AttackResults& r)
{
    Table t{.name = "places", .title = "Success by place", .section = "Where it works"};
    t.caption =
        "Rows from the top, columns from the left, of " + std::to_string(r.gridSide) + " each, over " +
        (r.placement == "objects" ? "twice the width and height of each object's box, about its centre."
                                  : "the image.");
    t.columns = {textColumn("patch", "Patch"),           numberColumn("row", "Row", 0),
                 numberColumn("column", "Column", 0),    numberColumn("n", "Counted", 0),
                 numberColumn("asr", "Success rate", 3), numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    for (const PatchGridOfRates& map : r.byPlace)
        for (std::size_t i = 0; i < map.rates.size(); ++i)
            TableRow(t) << map.patch << static_cast<double>(std::int64_t(i) / r.gridSide)
                        << static_cast<double>(std::int64_t(i) % r.gridSide)
                        << static_cast<double>(map.rates[i].n) << map.rates[i];
    return t;
}

Table turnsTable(const AttackResults& r)
{
    Table t{.name = "turns", .title = "Success by size and rotation", .section = "Where it works"};
    t.caption = r.placement == "objects" ? "On the centre of each object." : "In the middle of the image.";
    t.columns = {textColumn("patch", "Patch"),           numberColumn("size", "Size"),
                 numberColumn("angle", "Angle", 0, "°"), numberColumn("n", "Counted", 0),
                 numberColumn("asr", "Success rate", 3), numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    for (const PatchGridOfRates& map : r.byTurn)
        for (std::size_t i = 0; i < map.rates.size(); ++i)
            TableRow(t) << map.patch << r.sizes[i / r.angles.size()] << r.angles[i % r.angles.size()]
                        << static_cast<double>(map.rates[i].n) << map.rates[i];
    return t;
}

std::vector<Metric> attackMetrics(const AttackResults& r)
{
    std::vector<Metric> all;
    const std::string what = r.detectors ? "ap." : "accuracy.";
    for (const PatchRow& row : r.rows) {
        const bool shown = row.patch == "none" || (row.size == r.size && row.placement == r.placement);
        if (!shown)
            continue;
        const std::string name = r.models[row.model] + "." + row.patch;
        if (r.detectors)
            all.push_back({.name = what + name,
                           .value = row.effect.value(),
                           .low = row.effect.low(),
                           .high = row.effect.high(),
                           .interval = "bootstrap 95 %"});
        else
            all.push_back(rateNumber(what + name, row.effect.accuracy, "test images drawn"));
        if (row.patch != "none")
            all.push_back(rateNumber("asr." + name, row.effect.asr,
                                     r.detectors ? "objects found without the patch"
                                                 : "test images that can be attacked"));
    }
    return all;
}

} // namespace assay::patches
