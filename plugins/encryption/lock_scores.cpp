#include "plugins/encryption/lock_scores.h"

#include "backend/metrics/bootstrap.h"
#include "backend/training/detector_scores.h"

#include <torch/types.h>

#include <cmath>
#include <limits>

namespace assay::encryption::lock {

namespace {

constexpr metrics::BootstrapSpec kLockResamples = {.resamples = 200};

} // namespace

Scores scoresOf(const models::Detector& detector, const torch::Tensor& images,
                const training::BoxLists& truths)
{
    const auto detected = training::detectedImages(detector.detect(images, kLockRule), truths);
    const std::vector<double> threshold = {0.5};
    const auto matches = metrics::matchesOf(
        detected, threshold, static_cast<std::int32_t>(detector.classCount()), {.most = kLockRule.most});
    Scores scores{.precision = std::vector<double>(101, 0.0), .n = images.size(0)};
    int classes = 0;
    for (const metrics::Matches& one : matches) {
        const auto eleven = one.elevenPointPrecision();
        scores.byClass.push_back(eleven.value_or(std::numeric_limits<double>::quiet_NaN()));
        scores.objects.push_back(one.truths());
        if (!eleven)
            continue;
        ++classes;
        scores.ap += *eleven;
        scores.allPoint += *one.allPointPrecision();
        const std::vector<double> precision = one.interpolated();
        for (std::size_t i = 0; i < precision.size(); ++i)
            scores.precision[i] += precision[i];
    }
    if (classes == 0)
        return scores;
    scores.ap /= classes;
    scores.allPoint /= classes;
    for (double& value : scores.precision)
        value /= classes;
    scores.interval = metrics::percentileInterval(metrics::resampledElevenPoint(matches, kLockResamples),
                                                  kLockResamples.level);
    return scores;
}

models::Detector detectorWith(const models::Network& network, const models::ModelCard& card,
                              models::MapChanges changes)
{
    const std::shared_ptr<models::Network> copy = network.copy();
    models::setMapChanges(*copy, std::move(changes));
    return models::Detector(std::make_shared<const models::Model>(copy, card));
}

} // namespace assay::encryption::lock
