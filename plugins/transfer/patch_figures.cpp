#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/patch_report.h"

#include <torch/types.h>

#include <algorithm>
#include <string_view>

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

/// A mark at @p x with the mean success of a method on the models of a role, in percent, and the bootstrap
/// interval over the images.
void addMean(Layer& line, double x, const PatchResults& r, const PatchMethod& method, PatchRole role,
             const metrics::BootstrapSpec& spec)
{
    const torch::Tensor perImage = r.meanSuccess(method, role);
    const metrics::Interval interval =
        metrics::percentileInterval(metrics::resampledMeans(perImage.unsqueeze(1), spec), spec.level);
    line.x.push_back(x);
    line.y.push_back(100 * meanOf(perImage));
    line.low.push_back(100 * interval.low);
    line.high.push_back(100 * interval.high);
    line.samples.add(reporting::idsWhere(r.ids.narrow(0, 0, perImage.size(0)), perImage > 0));
}

Layer namedLine(std::string name, std::string role)
{
    Layer line;
    line.kind = LayerKind::Line;
    line.name = std::move(name);
    line.role = std::move(role);
    return line;
}

constexpr const char* kBootstrap = "bootstrap 95 %";
/// Colour roles of unmasked, random and learned.
constexpr const char* kMethodRoles[] = {"neutral", "random masks", "accent"};

} // namespace

Figure fitnessFigure(const PatchResults& r)
{
    Figure f{.name = "fitness", .title = "Fitness of the masks over the generations", .section = "Search"};
    const std::int64_t images = r.fitness.best.empty() ? 0 : r.fitness.best.front().size(0);
    f.caption = "F = mean + variance, over the simulated models, of minus their cross-entropy on images made "
                "with one "
                "mask; smaller is better. Means over the " +
                std::to_string(images) + " of " + std::to_string(r.ids.size(0)) + " images searched so far.";
    f.x = {.label = "Generation"};
    f.y = {.label = "Fitness F"};
    f.layers = {fitnessLine("best mask", "accent", r.fitness.best),
                fitnessLine("mean of the population", "neutral", r.fitness.mean),
                fitnessLine("worst mask kept", "ink", r.fitness.worst)};
    return f;
}

Figure droppedPatchesFigure(const PatchResults& r, const torch::Tensor& masks)
{
    Figure f{.name = "dropped-patches",
             .title = "How often each patch is dropped",
             .section = "Search",
             .rateOf = "learned masks of all attacked images"};
    f.caption = "Share of all learned masks that drop the patch, over the " + std::to_string(masks.size(0)) +
                " attacked images. A fresh mask drops every patch equally often.";
    f.x = {.label = "Column of patches", .low = 0.5, .high = 0.5 + static_cast<double>(r.grid.columns)};
    f.y = {.label = "Row of patches, from below", .low = 0.5, .high = 0.5 + static_cast<double>(r.grid.rows)};
    f.colour = {.label = "Dropped", .unit = "%", .low = 0};
    f.aspect = 1.2 * static_cast<double>(r.grid.columns) / static_cast<double>(r.grid.rows);
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    cells.rows = static_cast<std::uint32_t>(r.grid.rows);
    cells.columns = static_cast<std::uint32_t>(r.grid.columns);
    // The first row of a picture is its upper one, of cells the lower.
    const torch::Tensor shares =
        100 *
        attacks::dropFrequency(masks).mean(0).reshape({r.grid.rows, r.grid.columns}).flip(0).contiguous();
    cells.z.assign(shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel());
    f.layers.push_back(std::move(cells));
    return f;
}

Figure patchSuccessFigure(const PatchResults& r, const std::vector<PatchMethod>& methods, std::size_t eps)
{
    Figure f{.name = "success",
             .title = "With and without masks: " + r.attack + ", " + r.at(eps),
             .section = "Success",
             .rateOf = kPatchRateOf,
             .interval = reporting::kWilson};
    f.caption = "Fraction of the " + std::to_string(r.ids.size(0)) +
                " images that each model no longer classifies correctly. The source is a white box, the "
                "simulated models took part in the search, the targets are held out.";
    const auto ofRole = [&](PatchRole role) {
        return std::to_string(std::ranges::count(r.models, role, &PatchModel::role));
    };
    // Names alone: with their roles they were too long to be read under the bars.
    f.x = {.label = "The source, " + ofRole(PatchRole::Simulated) + " simulated, " +
                    ofRole(PatchRole::Target) + " held-out",
           .scale = AxisScale::Category};
    for (const PatchModel& model : r.models)
        f.x.categories.push_back(model.name);
    f.y = reporting::percentScale("Success");
    f.aspect = 2;
    for (std::size_t i = 0; i < methods.size(); ++i) {
        Layer bars;
        bars.kind = LayerKind::Bars;
        bars.name = methods[i].title;
        bars.role = kMethodRoles[i % 3];
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            const torch::Tensor fooled = methods[i].success[static_cast<std::int64_t>(m)];
            reporting::addRateMark(bars, static_cast<double>(m),
                                   metrics::wilson(fooled.sum().item<std::int64_t>(), fooled.numel()), true);
            bars.labels.push_back(roleName(r.models[m].role));
            bars.samples.add(reporting::idsWhere(r.ids, fooled));
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure patchEpsFigure(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    Figure f{.name = "success-by-eps",
             .title = "Held-out success over ε: " + r.attack,
             .section = "Success",
             .rateOf = kPatchRateOf,
             .interval = kBootstrap};
    f.caption = "Means over the held-out targets, with masks that were searched for at ε = " +
                reporting::shortText(r.eps.back()) + ".";
    f.x = {.label = "ε (" + reporting::normText(r.norm) + ")", .unit = "of [0,1]", .sets = "view_eps"};
    f.y = reporting::percentScale("Mean success");
    for (std::size_t m = 0; m < r.byEps.front().size(); ++m) {
        Layer line = namedLine(r.byEps.front()[m].title, kMethodRoles[m % 3]);
        for (std::size_t e = 0; e < r.byEps.size(); ++e)
            addMean(line, r.eps[e], r, r.byEps[e][m], PatchRole::Target, spec);
        f.layers.push_back(std::move(line));
    }
    return f;
}

Figure patchRateFigure(const PatchResults& r, const metrics::BootstrapSpec& spec)
{
    Figure f{.name = "success-by-rate",
             .title = "Held-out success over the share of dropped patches ρ",
             .section = "Success",
             .rateOf = "the first " + std::to_string(r.rateImages) + " attacked images",
             .interval = kBootstrap};
    f.caption =
        "Means over the held-out targets, " + r.attack + ", " + r.at(r.eps.size() - 1) + ", of the first " +
        std::to_string(r.rateImages) +
        " attacked images. At 0 nothing is dropped: the attack without masks. Every ρ has a search of "
        "its own.";
    f.x = {.label = "Dropped patches ρ", .unit = "%"};
    f.y = reporting::percentScale("Mean success");
    for (const char* id : {"random", "learned"}) {
        const bool learned = std::string_view(id) == "learned";
        Layer line = namedLine(std::string(id) + " masks", kMethodRoles[learned ? 2 : 1]);
        for (const PatchRate& rate : r.rates)
            for (const PatchMethod& method : rate.methods)
                if (method.id == id || method.id == "unmasked") {
                    addMean(line, 100 * rate.rate, r, method, PatchRole::Target, spec);
                    line.labels.push_back(std::to_string(rate.dropped) + " of " +
                                          std::to_string(r.grid.genes()) + " patches");
                }
        f.layers.push_back(std::move(line));
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
    f.x = {.label = "Masks per step"};
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
