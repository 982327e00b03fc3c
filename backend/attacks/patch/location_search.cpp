#include "backend/attacks/patch/location_search.h"

#include "backend/attacks/hook_calls.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::attacks {

namespace {

/// All images at all places as one long list, place by place, of which chunks are made.
class PlacedImages
{
public:
    PlacedImages(torch::Tensor images, torch::Tensor patch, torch::Tensor mask,
                 const std::vector<PatchPlace>& places, torch::Device device)
        : m_images(images.to(device))
        , m_patch(patch.to(device))
        , m_mask(mask.defined() ? mask.to(device) : mask)
        , m_places(placesOf(places, images.size(2), images.size(3), patch.size(-2), patch.size(-1), device))
    {}

    std::int64_t total() const { return m_places.count() * images(); }
    std::int64_t images() const { return m_images.size(0); }
    torch::Tensor rowsOf(std::int64_t first, std::int64_t count) const
    {
        return torch::arange(first, first + count, m_images.options().dtype(torch::kInt64))
            .remainder(images());
    }
    torch::Tensor chunk(std::int64_t first, std::int64_t count) const
    {
        const auto whole = m_images.options().dtype(torch::kInt64);
        const torch::Tensor places =
            torch::arange(first, first + count, whole).div(images(), "floor").to(torch::kInt64);
        const torch::Tensor rows = rowsOf(first, count);
        const torch::Tensor patch = m_patch.dim() == 4 ? m_patch.index_select(0, rows) : m_patch;
        return applyPatch(m_images.index_select(0, rows), patch, m_mask, m_places.select(places));
    }

private:
    torch::Tensor m_images;
    torch::Tensor m_patch;
    torch::Tensor m_mask;
    PatchPlaces m_places;
};

/// Runs body(first, count) over the list in chunks, with hooks called.
void overPlaces(const PlacedImages& placed, torch::Device device, std::int64_t part, const SearchHooks& hooks,
                const std::function<void(std::int64_t, std::int64_t)>& body)
{
    AttackHooks passedOn{.checkpoint = hooks.checkpoint};
    if (hooks.progress)
        passedOn.progress = [&](std::int64_t done, std::int64_t total) {
            const std::int64_t images = std::max<std::int64_t>(placed.images(), 1);
            hooks.progress(done / images, total / images);
        };
    HookCalls calls(passedOn, placed.total());
    models::forEachChunk(placed.total(), part, device, [&](std::int64_t first, std::int64_t count) {
        calls.checkpoint();
        const torch::NoGradGuard off;
        body(first, count);
        calls.advance(count);
    });
}

} // namespace

std::vector<PatchPlace> gridOfPlaces(std::int64_t rows, std::int64_t columns, double size, double angle)
{
    std::vector<PatchPlace> places;
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column)
            places.push_back({.x = (double(column) + 0.5) / double(columns),
                              .y = (double(row) + 0.5) / double(rows),
                              .size = size,
                              .angle = angle});
    return places;
}

AnswersByPlace answersByPlace(const models::Model& model, const torch::Tensor& images,
                              const torch::Tensor& labels, const torch::Tensor& patch,
                              const torch::Tensor& mask, const std::vector<PatchPlace>& places,
                              const SearchHooks& hooks)
{
    const torch::Device device = model.device();
    const PlacedImages placed(images, patch, mask, places, device);
    const torch::Tensor classes = labels.to(device);
    const auto options = torch::TensorOptions(torch::kFloat32).device(device);
    const torch::Tensor predicted = torch::empty({placed.total()}, options.dtype(torch::kInt64));
    const torch::Tensor probability = torch::empty({placed.total()}, options);
    const std::int64_t chunk = models::chunkImages(images);
    overPlaces(placed, device, chunk, hooks, [&](std::int64_t first, std::int64_t count) {
        const torch::Tensor logits = model.logits(placed.chunk(first, count));
        predicted.narrow(0, first, count).copy_(logits.argmax(1));
        const torch::Tensor ofLabel = classes.index_select(0, placed.rowsOf(first, count)).unsqueeze(1);
        probability.narrow(0, first, count).copy_(logits.softmax(1).gather(1, ofLabel).squeeze(1));
    });
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(places.size()), images.size(0)};
    return {predicted.cpu().view(shape), probability.cpu().view(shape)};
}

std::vector<std::vector<models::Detections>>
detectionsByPlace(const models::Detector& detector, const torch::Tensor& images, const torch::Tensor& patch,
                  const torch::Tensor& mask, const std::vector<PatchPlace>& places,
                  const models::DetectionRule& rule, const SearchHooks& hooks)
{
    const PlacedImages placed(images, patch, mask, places, detector.device());
    std::vector<std::vector<models::Detections>> found(
        places.size(), std::vector<models::Detections>(static_cast<std::size_t>(images.size(0))));
    overPlaces(placed, detector.device(), models::chunkImages(images), hooks,
               [&](std::int64_t first, std::int64_t count) {
                   std::vector<models::Detections> part =
                       models::chosen(detector.candidates(placed.chunk(first, count)), rule);
                   for (std::int64_t i = 0; i < count; ++i)
                       found[static_cast<std::size_t>((first + i) / images.size(0))]
                            [static_cast<std::size_t>((first + i) % images.size(0))] =
                                std::move(part[static_cast<std::size_t>(i)]);
               });
    return found;
}

std::size_t bestPlace(const AnswersByPlace& answers)
{
    if (answers.probability.size(0) == 0)
        throw Error("there is no place to choose from");
    return static_cast<std::size_t>(answers.probability.mean(1).argmin().item<std::int64_t>());
}

} // namespace assay::attacks
