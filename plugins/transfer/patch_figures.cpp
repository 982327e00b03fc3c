#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/patch_report.h"

#include <torch/types.h>

namespace assay::transfer {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kPatchRateOf = "attacked images, which all models classify correctly before";

double meanOf(const torch::Tensor& values)
{
    return values.mean().item<double>();
}

Layer fitnessLine(const char* name, const char* role, const std::vector<torch::Tensor>& generations)
{
    Layer line;
    line.kind = LayerKind::Line;
    line.name = name;
    line.role = role;
    for (std::size_t g = 0; g < generations.size(); ++g) {
        line.x.push_back(static_cast<double>(g));
        line.y.push_back(meanOf(generations[g]));
        line.count.push_back(static_cast<double>(generations[g].numel()));
    }
    return line;
}

} // namespace

Figure fitnessFigure(const PatchResults& r)
{
    Figure f{.name = "fitness", .title = "Fitness of the masks over the generations", .section = "Search"};
    const std::int64_t images = r.fitness.best.empty() ? 0 : r.fitness.best.front().size(0);
    f.caption = "F = mean + variance, over the simulated models, of minus their cross-entropy on images made "
                "with one "
                "mask; smaller is better. Means over the " +
                std::to_string(images) + " of " + std::to_string(r.ids.size(0)) + " images searched so far.";
    f.x = {.label = "Generation", .low = 0};
    f.y = {.label = "Fitness F"};
    f.layers = {fitnessLine("best mask", "accent", r.fitness.best),
                fitnessLine("mean of the population", "neutral", r.fitness.mean),
                fitnessLine("worst mask kept", "ink", r.fitness.worst)};
    return f;
}

Figure patchSuccessFigure(const PatchResults& r)
{
    Figure f{.name = "success",
             .title = "With and without masks: " + r.attack + ", " + r.at,
             .section = "Success",
             .rateOf = kPatchRateOf,
             .interval = reporting::kWilson};
    f.caption = "Fraction of the " + std::to_string(r.ids.size(0)) +
                " images that each model no longer classifies correctly. The source is a white box, the "
                "simulated models "
                "took part in the search, the targets are held out.";
    f.x = {.label = "Model", .scale = AxisScale::Category};
    for (const PatchModel& model : r.models)
        f.x.categories.push_back(model.name + " (" + roleName(model.role) + ")");
    f.y = reporting::percentScale("Success");
    f.aspect = 2;
    const char* roles[] = {"neutral", "chance", "accent"};
    for (std::size_t i = 0; i < r.methods.size(); ++i) {
        Layer points;
        points.kind = LayerKind::Bars;
        points.name = r.methods[i].title;
        points.role = roles[i % 3];
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            const torch::Tensor fooled = r.methods[i].success[static_cast<std::int64_t>(m)];
            reporting::addRateMark(points, static_cast<double>(m),
                                   metrics::wilson(fooled.sum().item<std::int64_t>(), fooled.numel()), true);
            points.samples.add(reporting::idsWhere(r.ids, fooled));
        }
        f.layers.push_back(std::move(points));
    }
    return f;
}

Figure maskCountFigure(const PatchResults& r)
{
    Figure f{.name = "masks-per-step",
             .title = "Success over the number of masks per step",
             .section = "Success",
             .rateOf = kPatchRateOf};
    f.caption = "Averaging the gradient over several good masks cancels what is peculiar to each. Means over "
                "the models "
                "of a kind, learned masks.";
    f.x = {.label = "Masks per step", .low = 0};
    f.y = reporting::percentScale("Mean success");
    for (const PatchRole role : {PatchRole::Simulated, PatchRole::Target}) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = std::string(roleName(role)) + " models";
        line.role = role == PatchRole::Target ? "accent" : "neutral";
        for (const PatchMethod& method : r.counts) {
            line.x.push_back(method.masksPerStep);
            line.y.push_back(100 * meanOf(r.meanSuccess(method, role)));
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace assay::transfer
