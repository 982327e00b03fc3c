#include "plugins/patches/watermark_search.h"

#include "backend/models/parallel.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::medlocker {

namespace {

/// The search on one image.
struct Searcher
{
    std::unique_ptr<Optimiser> optimiser;
    Found found;
    bool done = false;
};

bool isBetter(const Judged& a, const Judged& b)
{
    return a.fooled != b.fooled ? a.fooled : a.value < b.value;
}

/// One round of questions about one image.
void askOnce(Searcher& searcher, const models::Model& model, const SearchImage& image, const SearchSpec& spec)
{
    std::vector<Placement> asked = searcher.optimiser->ask();
    Found& found = searcher.found;
    const auto left = static_cast<std::size_t>(std::max(0, queryBudget(spec) - found.queries));
    asked.resize(std::min(asked.size(), left));
    if (asked.empty()) {
        searcher.done = true;
        return;
    }
    const std::vector<Judged> judged = judgePlacements(model, image, asked, spec.faintness);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if ((found.queries == 0 && i == 0) || isBetter(judged[i], found.judged)) {
            found.placement = asked[i];
            found.judged = judged[i];
        }
    }
    found.queries += static_cast<int>(asked.size());
    found.trace.emplace_back(found.queries, found.judged.value);
    if (spec.stopEarly && found.judged.fooled)
        searcher.done = true;
    else
        searcher.optimiser->tell(judged);
}

} // namespace

std::vector<Judged> judgePlacements(const models::Model& model, const SearchImage& image,
                                    std::span<const Placement> placements, double faintness)
{
    const torch::NoGradGuard off;
    const torch::Tensor pixels = image.pixels.contiguous();
    const ImageShape shape = shapeOf(pixels);
    const torch::Tensor plain = pixels.to(torch::kFloat32).div_(255.0);
    std::vector<Judged> judged(placements.size());
    for (std::size_t first = 0; first < placements.size(); first += models::kChunkImages) {
        const auto rows =
            static_cast<std::int64_t>(std::min<std::size_t>(placements.size() - first, models::kChunkImages));
        torch::Tensor x = plain.unsqueeze(0).repeat({rows, 1, 1, 1});
        for (std::int64_t r = 0; r < rows; ++r)
            stampInto(x.data_ptr<float>() + r * plain.numel(), pixels.data_ptr<std::uint8_t>(), shape,
                      *image.logo, placements[first + static_cast<std::size_t>(r)]);
        const torch::Tensor p = model.logits(x.to(model.device())).softmax(1).cpu().contiguous();
        const torch::Tensor likeliest = p.argmax(1);
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::size_t i = first + static_cast<std::size_t>(r);
            const double truth = p.data_ptr<float>()[r * p.size(1) + image.label];
            judged[i] = {.value = truth + faintness * placements[i].alpha / 255.0,
                         .truth = truth,
                         .fooled = likeliest.data_ptr<std::int64_t>()[r] != image.label};
        }
    }
    return judged;
}

std::vector<Found> searchPlacements(const models::Model& model, std::span<const SearchImage> images,
                                    const SearchSpec& spec, const SearchCheck& check,
                                    const SearchProgress& progress)
{
    checkSearch(spec);
    std::vector<Searcher> searchers;
    for (const SearchImage& image : images)
        searchers.push_back(
            {.optimiser = makeOptimiser(spec, *image.region, shapeOf(image.pixels).width, image.sample)});
    std::vector<std::size_t> active(images.size());
    for (std::size_t i = 0; i < active.size(); ++i)
        active[i] = i;
    while (!active.empty()) {
        models::forEachChunk(static_cast<std::int64_t>(active.size()), 1, model.device(),
                             [&](std::int64_t k, std::int64_t) {
                                 if (check)
                                     check();
                                 const std::size_t i = active[static_cast<std::size_t>(k)];
                                 askOnce(searchers[i], model, images[i], spec);
                             });
        std::erase_if(active, [&](std::size_t i) { return searchers[i].done; });
        if (progress)
            progress(images.size() - active.size(), images.size());
    }
    std::vector<Found> found;
    for (Searcher& searcher : searchers)
        found.push_back(std::move(searcher.found));
    return found;
}

} // namespace assay::medlocker
