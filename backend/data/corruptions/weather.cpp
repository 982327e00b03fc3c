#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/frost_texture.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/plasma.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/corruptions/severity_levels.h"

#include <opencv2/core.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace assay::data {

namespace {

// Published, but for the values of severity 0 and what is marked as ours. Lengths are pixels of 32 x 32.
constexpr SeverityLevels kFlakeMean = {.1, .1, .1, .15, .25, .3};
constexpr SeverityLevels kFlakeDeviation = {.2, .2, .2, .3, .3, .3};
constexpr SeverityLevels kFlakeZoom = {1, 1, 1, 1.75, 2.25, 1.25};
/// Which of two fields of noise each level is cut from: levels of the same zoom have the same, others do not
/// have their neighbour's. Ours.
constexpr std::array<std::size_t, 6> kFlakeNoise = {0, 0, 0, 1, 0, 1};
constexpr SeverityLevels kFlakeThreshold = {.6, .6, .5, .55, .6, .65};
constexpr SeverityLevels kFallRadius = {8, 8, 10, 10, 12, 14};
constexpr SeverityLevels kFallSigma = {3, 3, 4, 4, 6, 12};
constexpr SeverityLevels kKeptColour = {1, .95, .9, .9, .85, .8};
constexpr SeverityLevels kSnowAmount = {0, 1, 1, 1, 1, 1};

constexpr SeverityLevels kFogAmount = {0, .2, .5, .75, 1, 1.5};
constexpr SeverityLevels kFogDecay = {3, 3, 3, 2.5, 2, 1.75};

constexpr SeverityLevels kFrostKept = {1, 1, 1, .9, .85, .75};
constexpr SeverityLevels kFrostAmount = {0, .2, .3, .4, .4, .45};
constexpr std::array<float, 3> kFrostColour = {.86f, .94f, 1.0f}; ///< ours

/// The noise that flakes are cut from, without its mean. Where the zoom changes between two levels their
/// fields are mixed, so that the variance goes from the one's to the other's: an interpolated zoom would
/// smooth most half-way and let fewer flakes fall there.
cv::Mat flakeField(const std::array<cv::Mat, 2>& noise, double severity)
{
    const auto lower = std::min<std::size_t>(static_cast<std::size_t>(severity), 4);
    if (kFlakeNoise[lower] == kFlakeNoise[lower + 1])
        return zoomed(noise[kFlakeNoise[lower]], kFlakeZoom[lower]) * between(kFlakeDeviation, severity);
    const auto ofLevel = [&noise](std::size_t level) -> cv::Mat {
        return zoomed(noise[kFlakeNoise[level]], kFlakeZoom[level]) * kFlakeDeviation[level];
    };
    const double turn = (severity - static_cast<double>(lower)) * std::numbers::pi / 2;
    return ofLevel(lower) * std::cos(turn) + ofLevel(lower + 1) * std::sin(turn);
}

cv::Mat fallingFlakes(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const cv::Mat first = normalField(image.smallSize(), random);
    const cv::Mat second = normalField(image.smallSize(), random);
    const double degrees = random.uniform(-135, -45);
    cv::Mat flakes = flakeField({first, second}, severity) + between(kFlakeMean, severity);
    flakes.setTo(0, flakes < between(kFlakeThreshold, severity));
    flakes = cv::min(flakes, 1);
    flakes = smeared(flakes, between(kFallRadius, severity), between(kFallSigma, severity), degrees);
    return enlargedTo(image, flakes) * between(kSnowAmount, severity);
}

} // namespace

void layFlakes(const ImagePlanes& image, const cv::Mat& flakes, double kept)
{
    cv::Mat turned;
    cv::flip(flakes, turned, -1); // by 180 degrees
    const cv::Mat fallen = flakes + turned;
    const cv::Mat white = greyOf(image) * 1.5 + .5;
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat snowy = plane * kept + cv::max(plane, white) * (1 - kept) + fallen;
        snowy.copyTo(plane);
    }
}

void layFog(const ImagePlanes& image, double amount, double decay, SampleRandom& random)
{
    const cv::Mat fog = plasma(image.height, image.width, decay, random) * amount;
    const auto all = image.all();
    const double brightest = *std::max_element(all.begin(), all.end());
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat foggy = (plane + fog) * (brightest / (brightest + amount));
        foggy.copyTo(plane);
    }
}

void layFrost(const ImagePlanes& image, double kept, double amount, SampleRandom& random)
{
    const cv::Mat frost = frostTexture(image.height, image.width, random) * amount;
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat frosty = plane * kept + frost * channelOf(kFrostColour, image, c);
        frosty.copyTo(plane);
    }
}

void letItSnow(const ImagePlanes& image, double severity, SampleRandom& random)
{
    layFlakes(image, fallingFlakes(image, severity, random), between(kKeptColour, severity));
}

void addFog(const ImagePlanes& image, double severity, SampleRandom& random)
{
    layFog(image, between(kFogAmount, severity), between(kFogDecay, severity), random);
}

void addFrost(const ImagePlanes& image, double severity, SampleRandom& random)
{
    layFrost(image, between(kFrostKept, severity), between(kFrostAmount, severity), random);
}

} // namespace assay::data
