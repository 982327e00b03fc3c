#pragma once

#include "backend/metrics/average_precision.h"
#include "plugins/patches/pod_blocks.h"
#include "plugins/patches/pod_defences.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace assay::patches::pod {

/// What is laid on the test images.
struct Scenario
{
    std::string attack = "none"; ///< "none" or one of attackNames()
    std::string shape;           ///< "square", ...; empty where patches have no shape or size of their own
    double size = 0;             ///< of the object's diagonal; 0 where shape is empty
    bool operator==(const Scenario&) const = default;
};

/// Score from which a box counts when objects are called found or missed, and NMS there (POD: both 0.4).
inline constexpr double kFoundScore = 0.4;
inline constexpr double kFoundOverlap = 0.4;

/// A share of the objects by the area of their boxes: thirds of the test images' objects.
enum class AreaBand { All, Small, Medium, Large };
inline constexpr std::array kAreaBands = {AreaBand::All, AreaBand::Small, AreaBand::Medium, AreaBand::Large};
const char* areaName(AreaBand band); ///< "all", "small", "medium", "large"

/// Areas of boxes at which a third of them, and two thirds, are passed. Both 0 without boxes.
struct AreaBounds
{
    double first = 0;
    double second = 0;
    metrics::AreaRange range(AreaBand band) const;
};
AreaBounds areaBounds(const BoxLists& objects);

/// What a detector reaches on test images as a scenario left them.
struct Outcome
{
    Scenario scenario;
    Defence defence = Defence::None;
    std::int64_t images = 0;
    /// AP at IoU 0.5 of the objects (COCO: 101 points, boxes from a score of 0.001, NMS at 0.6).
    double apObject = 0;
    metrics::Interval apInterval; ///< bootstrap 95 % over images
    std::optional<double>
        apPatch; ///< of the patches at IoU 0.5; none where no patch lies or none is looked for
    std::optional<double> apPatchLoose;            ///< at IoU 0.3
    std::array<metrics::DetectionCounts, 4> found; ///< at kFoundScore, by AreaBand
    double falsePatches = 0;                       ///< per image, at kFoundScore: patch boxes that match none
    std::vector<double> curve;                     ///< precisions at the recalls 0, 0.01 .. 1
};

/// Which classes of a detector say what.
struct Reading
{
    std::int32_t object = 0;
    std::optional<std::int32_t> patch;
};

struct OutcomeSpec
{
    Reading reading;
    AreaBounds areas;
    std::uint64_t seed = 0; ///< of the bootstrap; the same draws the same images for every detector
    int resamples = 1000;
};

/// Asks @p detector about the images, cleaned by @p defence before. @throws Error when no test image has an
/// object.
Outcome outcomeOf(const models::Detector& detector, const Attacked& attacked, const BoxLists& objects,
                  const Scenario& scenario, Defence defence, const OutcomeSpec& spec);

} // namespace assay::patches::pod
