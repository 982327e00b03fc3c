#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/transfer/patch_report.h"

#include <torch/types.h>

#include <functional>

namespace assay::transfer {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

void addModelRows(Table& table, const PatchResults& r, const PatchMethod& method,
                  const std::function<void(TableRow&)>& lead)
{
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        const torch::Tensor fooled = method.success[static_cast<std::int64_t>(m)];
        const metrics::Rate rate = metrics::wilson(fooled.sum().item<std::int64_t>(), fooled.numel());
        TableRow row(table);
        lead(row);
        row << r.models[m].name << std::string(roleName(r.models[m].role)) << static_cast<double>(rate.n)
            << rate;
        table.samples.add(reporting::idsWhere(r.ids, fooled));
    }
}

} // namespace

Table fitnessTable(const PatchResults& r)
{
    Table table{.name = "fitness",
                .title = "Fitness over the generations",
                .caption =
                    "Means over the images searched so far; smaller is better. Generation 0: random masks.",
                .section = "Search"};
    table.columns = {numberColumn("generation", "Generation", 0), numberColumn("images", "Images", 0),
                     numberColumn("best", "Best", 4), numberColumn("mean", "Mean", 4),
                     numberColumn("worst", "Worst", 4)};
    const FitnessTrace& trace = r.fitness;
    for (std::size_t g = 0; g < trace.best.size(); ++g)
        TableRow(table) << static_cast<double>(g) << static_cast<double>(trace.best[g].numel())
                        << trace.best[g].mean().item<double>() << trace.mean[g].mean().item<double>()
                        << trace.worst[g].mean().item<double>();
    return table;
}

Table patchSuccessTable(const PatchResults& r)
{
    Table table{
        .name = "success",
        .title = "Success of every method",
        .caption =
            "Fractions of the attacked images, which all models classify correctly before, with Wilson "
            "95 % intervals. masks_per_step 0: no masks.",
        .section = "Success"};
    table.columns = {textColumn("method", "Method"), numberColumn("masks_per_step", "Masks per step", 0),
                     textColumn("model", "Model"),   textColumn("role", "Role"),
                     numberColumn("n", "Images", 0), numberColumn("success", "Success", 3),
                     numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    const auto add = [&](const PatchMethod& method) {
        addModelRows(table, r, method,
                     [&](TableRow& row) { row << method.id << static_cast<double>(method.masksPerStep); });
    };
    for (const PatchMethod& method : r.methods)
        add(method);
    for (const PatchMethod& method : r.counts) {
        const PatchMethod* learned = r.method("learned");
        if (!learned || method.masksPerStep != learned->masksPerStep) // that one is listed already
            add(method);
    }
    return table;
}

Table patchEpsTable(const PatchResults& r)
{
    Table table{.name = "success-by-eps",
                .title = "Success of every method over ε",
                .caption = "As the table success, at every ε. Masks were searched for at the largest.",
                .section = "Success"};
    table.columns = {numberColumn("eps", "ε", -1, "of [0,1]"),
                     textColumn("method", "Method"),
                     textColumn("model", "Model"),
                     textColumn("role", "Role"),
                     numberColumn("n", "Images", 0),
                     numberColumn("success", "Success", 3),
                     numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3)};
    for (std::size_t e = 0; e < r.byEps.size(); ++e)
        for (const PatchMethod& method : r.byEps[e])
            addModelRows(table, r, method, [&](TableRow& row) { row << r.eps[e] << method.id; });
    return table;
}

Table patchRateTable(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    Table table{.name = "success-by-rate",
                .title = "Success over the share of dropped patches",
                .caption =
                    "Means over the models of a role, of the first attacked images at the largest ε, "
                    "with percentile intervals of a bootstrap over the images. dropped: patches that a "
                    "fresh mask drops.",
                .section = "Success"};
    table.columns = {numberColumn("drop_rate", "ρ", 3), numberColumn("dropped", "Dropped", 0, "patches"),
                     textColumn("method", "Method"),    textColumn("role", "Models"),
                     numberColumn("n", "Images", 0),    numberColumn("success", "Mean success", 3),
                     numberColumn("low", "low", 3),     numberColumn("high", "high", 3)};
    for (const PatchRate& rate : r.rates) {
        for (const PatchMethod& method : rate.methods) {
            for (const PatchRole role : {PatchRole::Source, PatchRole::Simulated, PatchRole::Target}) {
                const torch::Tensor perImage = r.meanSuccess(method, role);
                const metrics::Interval interval = metrics::percentileInterval(
                    metrics::resampledMeans(perImage.unsqueeze(1), spec), spec.level);
                TableRow(table) << rate.rate << static_cast<double>(rate.dropped) << method.id
                                << std::string(roleName(role)) << static_cast<double>(perImage.size(0))
                                << perImage.mean().item<double>() << interval.low << interval.high;
            }
        }
    }
    return table;
}

Table gainsTable(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    Table table{
        .name = "gains",
        .title = "What learned masks gain",
        .caption =
            "Mean success with learned masks less that without masks, and less that with random ones, over "
            "the models of a role; percentile intervals of a paired bootstrap over the images.",
        .section = "Success"};
    table.columns = {textColumn("over", "Over"), textColumn("role", "Models"),
                     numberColumn("gain", "Gain", 3), numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3)};
    for (const PatchGain& gain : patchGains(r, spec))
        TableRow(table) << gain.over << std::string(roleName(gain.role)) << gain.gain << gain.interval.low
                        << gain.interval.high;
    return table;
}

std::vector<protocol::Metric> patchMetrics(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    std::vector<protocol::Metric> all;
    // What the study is about comes first.
    for (const PatchRole role : {PatchRole::Target, PatchRole::Simulated, PatchRole::Source})
        for (const char* id : {"learned", "random", "unmasked"}) {
            const PatchMethod* method = r.method(id);
            if (!method)
                continue;
            const torch::Tensor perImage = r.meanSuccess(*method, role);
            const metrics::Interval interval =
                metrics::percentileInterval(metrics::resampledMeans(perImage.unsqueeze(1), spec), spec.level);
            all.push_back({.name = "success." + method->id + "." + roleName(role),
                           .value = perImage.mean().item<double>(),
                           .rateOf = "attacked images, mean over the models",
                           .low = interval.low,
                           .high = interval.high,
                           .interval = "bootstrap 95 %"});
        }
    const FitnessTrace& trace = r.fitness;
    all.push_back({.name = "fitness.initial", .value = trace.best.front().mean().item<double>()});
    all.push_back({.name = "fitness.final", .value = trace.best.back().mean().item<double>()});
    if (trace.best.size() > 1)
        all.push_back(reporting::rateNumber("fitness.improved", trace.improved(), "images searched"));
    return all;
}

} // namespace assay::transfer
