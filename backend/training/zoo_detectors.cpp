#include "backend/training/zoo_detectors.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <limits>

namespace assay::training {

namespace {

DetectorHooks detectorHooks(const TrainHooks& hooks)
{
    DetectorHooks result{.checkpoint = hooks.checkpoint,
                         .progress = hooks.progress,
                         .epoch = {},
                         .afterEpoch = hooks.afterEpoch,
                         .batch = {},
                         .resumeFile = hooks.resumeFile};
    if (hooks.epoch) {
        result.epoch = [report = hooks.epoch](const DetectorEpoch& epoch) {
            report({.epoch = epoch.epoch,
                    .epochs = epoch.epochs,
                    .loss = epoch.loss,
                    .trainAccuracy = std::numeric_limits<double>::quiet_NaN(),
                    .learningRate = epoch.learningRate,
                    .seconds = epoch.seconds});
        };
    }
    return result;
}

Json toJson(const DetectorScores& scores)
{
    return {{"ap50", *scores.ap50},
            {"ap50_interval", {scores.ap50Interval.low, scores.ap50Interval.high}},
            {"ap", *scores.ap},
            {"ap_interval", {scores.apInterval.low, scores.apInterval.high}}};
}

} // namespace

DetectorScores scoresOnSplit(const models::Detector& detector, const data::Dataset& set, data::Split split,
                             const metrics::BootstrapSpec& spec)
{
    const data::SampleTable& samples = set.samples(split);
    if (samples.boxClasses != detector.card().classes)
        throw Error(samples.boxClasses.empty() ? "has no boxes to compare a detector with"
                                               : "has boxes of other classes than " + detector.card().name,
                    set.info().name, "Choose the data set that the detector was made for.");
    const torch::Tensor ids = torch::arange(set.size(split), torch::kInt64);
    const auto found = detector.detect(set.images(split, ids, torch::kCPU));
    const auto images = detectedImages(found, boxesByImage(samples, set.size(split)));
    const DetectorScores scores = scoresOf(images, static_cast<std::int32_t>(detector.classCount()), spec);
    if (!scores.ap50)
        throw Error("has no boxes to compare a detector with", set.info().name);
    return scores;
}

void describeDetector(models::ModelCard& card, const data::Dataset& set)
{
    card.task = models::Task::Detection;
    card.classes = set.info().boxClasses;
    card.output = models::gridOutput();
}

models::ModelCard trainZooDetector(const ZooRecipe& recipe, models::ModelCard card, const data::Dataset& set,
                                   const std::filesystem::path& folder, const TrainHooks& hooks)
{
    const auto split = data::Split::Train;
    const auto network = models::makeNetwork(card.architecture, card.options, card.input,
                                             static_cast<std::int64_t>(card.classes.size()));
    trainDetector(*network,
                  {.images = set.pixels(split), .boxes = boxesByImage(set.samples(split), set.size(split))},
                  *recipe.detector, detectorHooks(hooks));
    const models::Detector detector(std::make_shared<const models::Model>(network->copy(), card));
    const DetectorScores scores = scoresOnSplit(detector, set, data::Split::Test);
    card.testAccuracy = scores.ap50;
    card.recipe["test_ap"] = toJson(scores);
    return models::saveModel(folder, *network, std::move(card));
}

} // namespace assay::training
