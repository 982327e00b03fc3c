#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/transfer/patch_report.h"

#include <torch/types.h>

namespace assay::transfer {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

/// Generations shown at most, about.
constexpr std::size_t kMostFrames = 24;

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
            "Fractions of the `n` attacked images, which all models classify correctly before, with Wilson "
            "95 % intervals. masks_per_step 0: no masks.",
        .section = "Success"};
    table.columns = {textColumn("method", "Method"), numberColumn("masks_per_step", "Masks per step", 0),
                     textColumn("model", "Model"),   textColumn("role", "Role"),
                     numberColumn("n", "Images", 0), numberColumn("success", "Success", 3),
                     numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    const auto add = [&](const PatchMethod& method) {
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            const torch::Tensor fooled = method.success[static_cast<std::int64_t>(m)];
            const metrics::Rate rate = metrics::wilson(fooled.sum().item<std::int64_t>(), fooled.numel());
            TableRow(table) << method.id << static_cast<double>(method.masksPerStep) << r.models[m].name
                            << std::string(roleName(r.models[m].role)) << static_cast<double>(rate.n) << rate;
            table.samples.add(reporting::idsWhere(r.ids, fooled));
        }
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

std::vector<protocol::Metric> patchMetrics(const PatchResults& r)
{
    std::vector<protocol::Metric> all;
    const FitnessTrace& trace = r.fitness;
    all.push_back({.name = "fitness.initial", .value = trace.best.front().mean().item<double>()});
    all.push_back({.name = "fitness.final", .value = trace.best.back().mean().item<double>()});
    if (trace.best.size() > 1)
        all.push_back(reporting::rateNumber("fitness.improved", trace.improved(), "images searched"));
    for (const PatchMethod& method : r.methods)
        for (const PatchRole role : {PatchRole::Source, PatchRole::Simulated, PatchRole::Target})
            all.push_back({.name = "success." + method.id + "." + roleName(role),
                           .value = r.meanSuccess(method, role).mean().item<double>()});
    return all;
}

protocol::ImageGrid maskGrid(const PatchResults& r, const MaskFilm& film)
{
    protocol::ImageGrid grid{.name = "masks", .title = "Masks over the generations", .section = "Search"};
    grid.caption = "Each image under the best mask of every generation (blackened patches are left out while "
                   "the gradient "
                   "is computed), and how often the present population drops each patch (bright: often).";
    std::vector<reporting::ImagePlane> planes = {{"clean", film.clean}};
    // Of a long search every few generations, and the last.
    const std::size_t stride = 1 + film.best.size() / kMostFrames;
    for (std::size_t g = 0; g < film.best.size(); ++g) {
        if (g % stride != 0 && g + 1 != film.best.size())
            continue;
        planes.push_back(
            {"generation " + std::to_string(g), film.clean * attacks::pixelMasks(film.best[g], r.grid)});
    }
    const torch::Tensor dropped = attacks::pixelMasks(film.dropped.to(torch::kFloat32), r.grid).clone();
    // What belongs to no patch is never dropped; pixelMasks() fills it with 1.
    dropped.narrow(2, r.grid.rows * r.grid.patch, dropped.size(2) - r.grid.rows * r.grid.patch).fill_(0);
    dropped.narrow(3, r.grid.columns * r.grid.patch, dropped.size(3) - r.grid.columns * r.grid.patch)
        .fill_(0);
    planes.push_back({"dropped how often", dropped.expand_as(film.clean)});
    if (film.adversarial.defined()) {
        planes.push_back({"adversarial", film.adversarial});
        planes.push_back({"difference ×10", reporting::amplifiedDifference(film.adversarial, film.clean)});
    }
    reporting::fillPlanes(grid, film.ids, planes);
    return grid;
}

} // namespace assay::transfer
