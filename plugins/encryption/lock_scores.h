#pragma once

#include "backend/metrics/average_precision.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/models/detection/detector.h"
#include "plugins/encryption/lock_trainings.h"

#include <memory>
#include <vector>

namespace assay::encryption::lock {

/// What a detector reaches on images with boxes, at IoU 0.5.
struct Scores
{
    double ap = 0; ///< mean over classes of VOC's 11-point AP; 0 when nothing is found
    metrics::Interval interval;
    double allPoint = 0;               ///< the same, area under the curve
    std::vector<double> byClass;       ///< 11-point AP; NaN for a class that does not occur
    std::vector<std::int64_t> objects; ///< of each class
    std::vector<double> precision;     ///< at recalls 0, 0.01, .. 1, mean over classes
    std::int64_t n = 0;                ///< images
};

/// Boxes from a score of 0.01 on, suppressed at an overlap of 0.45 class by class, at most 200 an image
/// (specification). A higher threshold would hide what those without a key still get.
Scores scoresOf(const models::Detector& detector, const torch::Tensor& images,
                const training::BoxLists& truths);

/// A detector of a copy of @p network with @p changes in its forward pass.
models::Detector detectorWith(const models::Network& network, const models::ModelCard& card,
                              models::MapChanges changes);

inline constexpr models::DetectionRule kLockRule = {.scoreAtLeast = 0.01, .iouAtMost = 0.45, .most = 200};

} // namespace assay::encryption::lock
