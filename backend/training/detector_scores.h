#pragma once

#include "backend/metrics/average_precision.h"
#include "backend/models/detection/detector.h"
#include "backend/training/detector_targets.h"

#include <optional>
#include <vector>

namespace assay::training {

/// Finds and truths as metrics take them, one entry an image. @throws Error when the lengths differ.
std::vector<metrics::DetectedImage> detectedImages(const std::vector<models::Detections>& found,
                                                   const BoxLists& truths);

/// What a detector reaches on images with boxes.
struct DetectorScores
{
    std::optional<double> ap50; ///< AP at IoU 0.5, mean over classes that occur; empty when none does
    metrics::Interval ap50Interval;
    std::optional<double> ap; ///< mean over IoU 0.5, 0.55, .. 0.95
    metrics::Interval apInterval;
};

/// Intervals are percentiles over resamples of the images. @param classes categories are 0 .. classes-1.
DetectorScores scoresOf(const std::vector<metrics::DetectedImage>& images, std::int32_t classes,
                        const metrics::BootstrapSpec& spec = {});

} // namespace assay::training
