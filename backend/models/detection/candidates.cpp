#include "backend/models/detection/candidates.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

/// The candidates of one image that score enough, as detections. All on the CPU.
Detections scoringEnough(const torch::Tensor& boxes, const torch::Tensor& scores, const torch::Tensor& enough)
{
    const torch::Tensor places = enough.nonzero();
    const auto place = places.accessor<std::int64_t, 2>();
    const auto box = boxes.accessor<float, 2>();
    const auto score = scores.accessor<float, 2>();
    Detections found;
    found.reserve(static_cast<std::size_t>(places.size(0)));
    for (std::int64_t i = 0; i < places.size(0); ++i) {
        const std::int64_t a = place[i][0];
        const Detection one{.x = box[a][0],
                            .y = box[a][1],
                            .width = box[a][2] - box[a][0],
                            .height = box[a][3] - box[a][1],
                            .score = std::min(score[a][place[i][1]], 1.0F),
                            .category = static_cast<std::int32_t>(place[i][1])};
        const bool isFinite = std::isfinite(one.x) && std::isfinite(one.y) && std::isfinite(one.width) &&
                              std::isfinite(one.height);
        if (isFinite && one.width > 0 && one.height > 0)
            found.push_back(one);
    }
    return found;
}

} // namespace

std::vector<Detections> chosen(const Candidates& candidates, const DetectionRule& rule)
{
    const torch::NoGradGuard off;
    const torch::Tensor boxes = candidates.boxes.detach().to(torch::kCPU, torch::kFloat32);
    const torch::Tensor scores = candidates.scores.detach().to(torch::kCPU, torch::kFloat32);
    torch::Tensor enough = scores.ge(rule.scoreAtLeast);
    if (candidates.reported.defined())
        enough = enough.logical_and(candidates.reported.to(torch::kCPU));
    std::vector<Detections> result;
    for (std::int64_t i = 0; i < boxes.size(0); ++i)
        result.push_back(suppressed(scoringEnough(boxes[i], scores[i], enough[i]), rule));
    return result;
}

} // namespace assay::models
