#include "plugins/patches/pod_outcome.h"

#include "backend/protocol/error.h"
#include "backend/training/detector_scores.h"

#include <algorithm>
#include <span>

namespace assay::patches::pod {

namespace {

/// Of the classes of a detector those that are compared with truths, under our numbers.
models::Detections read(const models::Detections& found, const Reading& reading)
{
    models::Detections ours;
    for (models::Detection one : found) {
        if (one.category == reading.object)
            one.category = kObject;
        else if (reading.patch && one.category == *reading.patch)
            one.category = kPatch;
        else
            continue;
        ours.push_back(one);
    }
    return ours;
}

/// What is reported from kFoundScore upwards. The boxes have been through NMS at a higher overlap already.
std::vector<models::Detections> surelyFound(const std::vector<models::Detections>& found)
{
    std::vector<models::Detections> sure;
    for (const models::Detections& list : found) {
        models::Detections kept;
        std::ranges::copy_if(list, std::back_inserter(kept),
                             [](const models::Detection& one) { return one.score >= kFoundScore; });
        sure.push_back(models::suppressed(std::move(kept), {kFoundScore, kFoundOverlap, 300}));
    }
    return sure;
}

BoxLists joined(const BoxLists& objects, const BoxLists& patches)
{
    BoxLists all = objects;
    for (std::size_t i = 0; i < all.size() && i < patches.size(); ++i)
        all[i].insert(all[i].end(), patches[i].begin(), patches[i].end());
    return all;
}

} // namespace

const char* areaName(AreaBand band)
{
    constexpr std::array names = {"all", "small", "medium", "large"};
    return names[static_cast<std::size_t>(band)];
}

metrics::AreaRange AreaBounds::range(AreaBand band) const
{
    switch (band) {
    case AreaBand::Small:
        return {.most = first};
    case AreaBand::Medium:
        return {.least = std::nextafter(first, 1e30), .most = second};
    case AreaBand::Large:
        return {.least = std::nextafter(second, 1e30)};
    case AreaBand::All:
        break;
    }
    return {};
}

AreaBounds areaBounds(const BoxLists& objects)
{
    std::vector<double> areas;
    for (const auto& list : objects)
        for (const data::Box& box : list)
            areas.push_back(double(box.width) * double(box.height));
    if (areas.empty())
        return {};
    std::ranges::sort(areas);
    const auto at = [&](std::size_t thirds) { return areas[(areas.size() - 1) * thirds / 3]; };
    return {at(1), at(2)};
}

Outcome outcomeOf(const models::Detector& detector, const Attacked& attacked, const BoxLists& objects,
                  const Scenario& scenario, Defence defence, const OutcomeSpec& spec)
{
    std::vector<models::Detections> found = detector.detect(cleaned(attacked.images, defence));
    for (models::Detections& list : found)
        list = read(list, spec.reading);
    const auto images = training::detectedImages(found, joined(objects, attacked.patches));
    const metrics::Matches matches(images, {.category = kObject});
    const auto ap = matches.averagePrecision();
    if (!ap)
        throw Error("there is no object on the test images", "dataset",
                    "Choose a set whose test split has boxes of the class, or more test images.");
    Outcome outcome{
        .scenario = scenario, .defence = defence, .images = static_cast<std::int64_t>(images.size())};
    outcome.apObject = *ap;
    outcome.apInterval = metrics::percentileInterval(metrics::resampledPrecision(
        std::span(&matches, 1), {.resamples = spec.resamples, .seed = spec.seed}));
    outcome.curve = matches.interpolated();

    const auto sure = training::detectedImages(surelyFound(found), joined(objects, attacked.patches));
    for (const AreaBand band : kAreaBands)
        outcome.found[static_cast<std::size_t>(band)] =
            metrics::Matches(sure, {.category = kObject, .area = spec.areas.range(band)}).at(kFoundScore);
    if (spec.reading.patch) {
        outcome.apPatch = metrics::Matches(images, {.category = kPatch}).averagePrecision();
        outcome.apPatchLoose = metrics::Matches(images, {.category = kPatch, .iou = 0.3}).averagePrecision();
        const metrics::Matches alarms(sure, {.category = kPatch, .iou = 0.3});
        outcome.falsePatches =
            static_cast<double>(alarms.at(kFoundScore).falseAlarms) / static_cast<double>(images.size());
    }
    return outcome;
}

} // namespace assay::patches::pod
