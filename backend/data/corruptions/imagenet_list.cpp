#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/corruption.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"

#include <opencv2/core.hpp>

#include <algorithm>
#include <array>

namespace assay::data {

namespace {

// Constants of the authors' code for ImageNet-C, as the package imagecorruptions has them, by severity.

using Published = std::array<double, 5>;
constexpr Published kImagenetNormal = {.08, .12, .18, .26, .38};
constexpr Published kImagenetPhotons = {60, 25, 12, 5, 3};
constexpr Published kImagenetSalt = {.03, .06, .09, .17, .27};
constexpr std::array<std::array<double, 2>, 5> kImagenetDefocus = {
    {{3, .1}, {4, .5}, {6, .5}, {8, .5}, {10, .5}}};
/// Width, reach, passes.
constexpr std::array<std::array<double, 3>, 5> kImagenetGlass = {
    {{.7, 1, 2}, {.9, 2, 1}, {1, 2, 3}, {1.1, 3, 2}, {1.5, 4, 2}}};
/// Radius, width.
constexpr std::array<std::array<double, 2>, 5> kImagenetMotion = {
    {{10, 3}, {15, 5}, {15, 8}, {15, 12}, {20, 15}}};
/// How many enlargements from 1 on, and their step.
constexpr std::array<std::array<double, 2>, 5> kImagenetZoom = {
    {{11, .01}, {16, .01}, {11, .02}, {13, .02}, {11, .03}}};
/// Mean, deviation, zoom, threshold, radius, width, share of the image that is not whitened.
constexpr std::array<std::array<double, 7>, 5> kImagenetSnow = {{{.1, .3, 3, .5, 10, 4, .8},
                                                                 {.2, .3, 2, .5, 12, 4, .7},
                                                                 {.55, .3, 4, .9, 12, 8, .7},
                                                                 {.55, .3, 4.5, .85, 12, 8, .65},
                                                                 {.55, .3, 2.5, .85, 12, 12, .55}}};
constexpr std::array<std::array<double, 2>, 5> kImagenetFrost = {
    {{1, .4}, {.8, .6}, {.7, .7}, {.65, .7}, {.6, .75}}};
constexpr std::array<std::array<double, 2>, 5> kImagenetFog = {
    {{1.5, 2}, {2, 2}, {2.5, 1.7}, {2.5, 1.5}, {3, 1.4}}};
constexpr Published kImagenetBrightness = {.1, .2, .3, .4, .5};
constexpr Published kImagenetContrast = {.4, .3, .2, .1, .05};
constexpr Published kImagenetBend = {250 * .05, 250 * .065, 250 * .085, 250 * .1, 250 * .12};
constexpr double kImagenetReach = .005; ///< of the side, before the factor above
constexpr double kImagenetWidth = .01;  ///< of the side
constexpr Published kImagenetCells = {.6, .5, .4, .3, .25};
constexpr Published kImagenetQuality = {25, 18, 15, 10, 7};
constexpr double kImagenetDegrees = 45;

/// A change at one of the levels 1 .. 5, whose constants stand at @p i = level - 1.
using LevelChange = void (*)(const ImagePlanes& image, std::size_t i, SampleRandom& random);

template <LevelChange change>
void atLevels(const ImagePlanes& image, double severity, SampleRandom& random)
{
    mixLevels(image, severity, random, [](const ImagePlanes& at, std::size_t level, SampleRandom& own) {
        change(at, level - 1, own);
    });
}

void normalNoiseOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    addNormalNoise(image, kImagenetNormal[i], random);
}

void photonNoiseOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    countPhotons(image, kImagenetPhotons[i], random);
}

void saltNoiseOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    strewSaltAndPepper(image, kImagenetSalt[i], random);
}

void defocusOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    filterPlanes(image, diskKernel(kImagenetDefocus[i][0] * image.lengths, kImagenetDefocus[i][1]));
}

void glassOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    const int reach = std::max(1, cvRound(kImagenetGlass[i][1] * image.lengths));
    seeThroughGlass(image, kImagenetGlass[i][0] * image.lengths, reach, cvRound(kImagenetGlass[i][2]),
                    random);
}

void motionOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    const double degrees = random.uniform(-kImagenetDegrees, kImagenetDegrees);
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        smeared(plane, kImagenetMotion[i][0] * image.lengths, kImagenetMotion[i][1] * image.lengths, degrees)
            .copyTo(plane);
    }
}

void zoomOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    const int count = cvRound(kImagenetZoom[i][0]);
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        cv::Mat sum = plane.clone();
        for (int k = 0; k < count; ++k)
            sum += zoomed(plane, 1 + kImagenetZoom[i][1] * k);
        sum /= count + 1;
        sum.copyTo(plane);
    }
}

void snowOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    const auto& [mean, deviation, factor, threshold, radius, sigma, kept] = kImagenetSnow[i];
    cv::Mat flakes = normalField({image.width, image.height}, random) * deviation + mean;
    const double degrees = random.uniform(-135, -45);
    flakes = zoomed(flakes, factor);
    flakes.setTo(0, flakes < threshold);
    flakes = cv::min(cv::max(flakes, 0), 1);
    layFlakes(image, smeared(flakes, radius * image.lengths, sigma * image.lengths, degrees), kept);
}

void frostOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    layFrost(image, kImagenetFrost[i][0], kImagenetFrost[i][1], random);
}

void fogOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    layFog(image, kImagenetFog[i][0], kImagenetFog[i][1], random);
}

void brightOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    brightenBy(image, kImagenetBrightness[i]);
}

void contrastOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    keepContrast(image, kImagenetContrast[i]);
}

void elasticOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom& random)
{
    bendBy(image, kImagenetBend[i] * kImagenetReach * image.height, kImagenetWidth * image.height, random);
}

void cellsOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    makeCells(image, std::max(1, static_cast<int>(image.height * kImagenetCells[i])),
              std::max(1, static_cast<int>(image.width * kImagenetCells[i])));
}

void jpegOfImagenet(const ImagePlanes& image, std::size_t i, SampleRandom&)
{
    passThroughJpeg(image, cvRound(kImagenetQuality[i]));
}

/// The entry of corruptions() with the constants for ImageNet.
Corruption withConstants(const char* id, void (*change)(const ImagePlanes&, double, SampleRandom&))
{
    Corruption made = corruption(id);
    made.monotone = false;
    made.summary = "With the constants for ImageNet. " + made.summary;
    made.change = change;
    return made;
}

} // namespace

const std::vector<Corruption>& imagenetCorruptions()
{
    static const std::vector<Corruption> all = {
        withConstants("gaussian_noise", atLevels<normalNoiseOfImagenet>),
        withConstants("shot_noise", atLevels<photonNoiseOfImagenet>),
        withConstants("impulse_noise", atLevels<saltNoiseOfImagenet>),
        withConstants("defocus_blur", atLevels<defocusOfImagenet>),
        withConstants("glass_blur", atLevels<glassOfImagenet>),
        withConstants("motion_blur", atLevels<motionOfImagenet>),
        withConstants("zoom_blur", atLevels<zoomOfImagenet>),
        withConstants("snow", atLevels<snowOfImagenet>),
        withConstants("frost", atLevels<frostOfImagenet>),
        withConstants("fog", atLevels<fogOfImagenet>),
        withConstants("brightness", atLevels<brightOfImagenet>),
        withConstants("contrast", atLevels<contrastOfImagenet>),
        withConstants("elastic_transform", atLevels<elasticOfImagenet>),
        withConstants("pixelate", atLevels<cellsOfImagenet>),
        withConstants("jpeg_compression", atLevels<jpegOfImagenet>),
    };
    return all;
}

} // namespace assay::data
