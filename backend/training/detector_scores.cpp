#include "backend/training/detector_scores.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::training {

namespace {

constexpr double kLooseOverlap = 0.5;

metrics::Rectangle rectangle(const auto& box)
{
    return {box.x, box.y, box.width, box.height};
}

} // namespace

std::vector<metrics::DetectedImage> detectedImages(const std::vector<models::Detections>& found,
                                                   const BoxLists& truths)
{
    if (found.size() != truths.size())
        throw Error("objects were looked for on " + std::to_string(found.size()) + " images, but " +
                    std::to_string(truths.size()) + " have boxes");
    std::vector<metrics::DetectedImage> images(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const data::Box& box : truths[i])
            images[i].truths.push_back({rectangle(box), box.category});
        for (const models::Detection& one : found[i])
            images[i].found.push_back({rectangle(one), one.score, one.category});
    }
    return images;
}

DetectorScores scoresOf(const std::vector<metrics::DetectedImage>& images, std::int32_t classes,
                        const metrics::BootstrapSpec& spec)
{
    const double loose[] = {kLooseOverlap};
    const auto atHalf = metrics::matchesOf(images, loose, classes);
    const auto atAll = metrics::matchesOf(images, metrics::cocoThresholds(), classes);
    return {.ap50 = metrics::meanAveragePrecision(atHalf),
            .ap50Interval =
                metrics::percentileInterval(metrics::resampledPrecision(atHalf, spec), spec.level),
            .ap = metrics::meanAveragePrecision(atAll),
            .apInterval = metrics::percentileInterval(metrics::resampledPrecision(atAll, spec), spec.level)};
}

} // namespace assay::training
