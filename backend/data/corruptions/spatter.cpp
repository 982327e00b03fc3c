#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace assay::data {

namespace {

// Published constants of levels 1 .. 5: three of water, two of mud.
constexpr std::array<double, 5> kDropMean = {.62, .65, .65, .65, .65};
constexpr std::array<double, 5> kDropDeviation = {.1, .1, .3, .1, .1};
constexpr std::array<double, 5> kDropSigma = {.7, .8, 1, .7, .5};
constexpr std::array<double, 5> kDropThreshold = {.7, .7, .69, .69, .68};
constexpr std::size_t kWaterLevels = 3;
constexpr double kWaterStrength = .5;
constexpr double kMudSigma = .6;
constexpr double kMudEdge = .8; ///< thinner mud is none
constexpr std::array<float, 3> kWaterColour = {175 / 255.f, 238 / 255.f, 238 / 255.f};
constexpr std::array<float, 3> kMudColour = {63 / 255.f, 42 / 255.f, 20 / 255.f};
constexpr double kTruncate = 4;

/// Where the liquid is: smoothed noise, 0 below the threshold.
cv::Mat liquidLayer(const cv::Mat& noise, std::size_t level)
{
    cv::Mat liquid = noise * kDropDeviation[level - 1] + kDropMean[level - 1];
    smooth(liquid, kDropSigma[level - 1], kTruncate, cv::BORDER_REPLICATE);
    liquid.setTo(0, liquid < kDropThreshold[level - 1]);
    return liquid;
}

/// Values cut to whole bytes, as numpy's astype does: OpenCV's own conversion rounds.
cv::Mat toBytes(const cv::Mat& values)
{
    cv::Mat result(values.size(), CV_8U);
    std::transform(values.begin<float>(), values.end<float>(), result.begin<std::uint8_t>(),
                   [](float v) { return static_cast<std::uint8_t>(std::clamp(v, 0.0f, 255.0f)); });
    return result;
}

/// How bright the water shines, 0 .. 1: the relief of the distance to the edges of the drops.
cv::Mat waterShine(const cv::Mat& liquid)
{
    const cv::Mat bytes = toBytes(liquid * 255);
    cv::Mat edges;
    cv::Canny(bytes, edges, 50, 150);
    cv::Mat distance;
    cv::distanceTransform(255 - edges, distance, cv::DIST_L2, 5);
    distance = cv::min(distance, 20);
    cv::blur(distance, distance, {3, 3});
    cv::Mat relief;
    cv::equalizeHist(toBytes(distance), relief);
    const cv::Mat slope = (cv::Mat_<float>(3, 3) << -2, -1, 0, -1, 1, 1, 0, 1, 2);
    cv::filter2D(relief, relief, CV_8U, slope);
    cv::blur(relief, relief, {3, 3});
    cv::Mat shine;
    cv::multiply(bytes, relief, shine, 1, CV_32F);
    double most = 0;
    cv::minMaxLoc(shine, nullptr, &most);
    return most > 0 ? cv::Mat(shine / most) : shine;
}

void addWater(const ImagePlanes& image, const cv::Mat& noise, std::size_t level)
{
    const cv::Mat shine = enlargedTo(image, waterShine(liquidLayer(noise, level))) * kWaterStrength;
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        plane += shine * channelOf(kWaterColour, image, c);
        plane = cv::min(plane, 1); // levels are mixed as they are seen
    }
}

void addMud(const ImagePlanes& image, const cv::Mat& noise, std::size_t level)
{
    cv::Mat mud;
    cv::Mat(liquidLayer(noise, level) > 0).convertTo(mud, CV_32F, 1 / 255.0);
    smooth(mud, kMudSigma, kTruncate, cv::BORDER_REPLICATE);
    mud.setTo(0, mud < kMudEdge);
    mud = enlargedTo(image, mud);
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat muddy = plane.mul(1 - mud) + mud * channelOf(kMudColour, image, c);
        muddy.copyTo(plane);
    }
}

/// The image at a whole severity; 0 is clean.
void spatterAt(const ImagePlanes& image, const cv::Mat& noise, std::size_t level)
{
    if (level > kWaterLevels)
        addMud(image, noise, level);
    else if (level > 0)
        addWater(image, noise, level);
}

} // namespace

void addSpatter(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const cv::Mat noise = normalField(image.smallSize(), random);
    const auto lower = std::min<std::size_t>(static_cast<std::size_t>(severity), 4);
    std::vector<float> upper(image.all().begin(), image.all().end());
    spatterAt({upper.data(), image.channels, image.height, image.width}, noise, lower + 1);
    spatterAt(image, noise, lower);
    // One image fades into the next: the relief of the water jumps with its constants, and water is not mud.
    const auto share = static_cast<float>(severity - static_cast<double>(lower));
    for (std::size_t i = 0; float& value : image.all())
        value += (upper[i++] - value) * share;
}

} // namespace assay::data
