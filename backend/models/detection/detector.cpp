#include "backend/models/detection/detector.h"

#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::models {

namespace {

/// Pixels a worker takes at a time, so that large images do not fill the memory. A number of its own,
/// whatever the number of threads: results do not depend on that.
constexpr std::int64_t kChunkPixels = kChunkImages * 96 * 96;

const Model& checkedDetector(const std::shared_ptr<const Model>& model)
{
    model->requireNetwork("objects are to be found with it");
    if (!model->detects())
        throw Error("gives classes for a whole image and finds no objects in it", model->name(),
                    "Choose a detector.");
    return *model;
}

} // namespace

Detector::Detector(std::shared_ptr<const Model> model)
    : m_model(std::move(model))
    , m_layout(readOutputLayout(checkedDetector(m_model).card()))
{}

Candidates Detector::candidates(const torch::Tensor& x) const
{
    return decoded(m_model->raw(x), m_layout, card(), x.size(2), x.size(3));
}

std::vector<Detections> Detector::detect(const torch::Tensor& x, const DetectionRule& rule) const
{
    std::vector<Detections> result(static_cast<std::size_t>(x.size(0)));
    const std::int64_t pixels = std::max<std::int64_t>(1, x.size(2) * x.size(3));
    const std::int64_t chunk = std::clamp<std::int64_t>(kChunkPixels / pixels, 1, kChunkImages);
    forEachChunk(x.size(0), chunk, device(), [&](std::int64_t first, std::int64_t count) {
        const torch::NoGradGuard off;
        std::vector<Detections> part = chosen(candidates(x.narrow(0, first, count).to(device())), rule);
        std::ranges::move(part, result.begin() + first);
    });
    return result;
}

} // namespace assay::models
