#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/corruptions/severity_levels.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace assay::data {

namespace {

// Published; pixels of 32 x 32.
constexpr SeverityLevels kBlurSigma = {0, .4, .6, .7, .8, 1};
constexpr SeverityLevels kDiskRadius = {0, .3, .4, .5, 1, 1.5};
constexpr SeverityLevels kDiskSoftening = {0, .4, .5, .6, .2, .1};
constexpr SeverityLevels kMotionRadius = {6, 6, 6, 6, 8, 9};
constexpr SeverityLevels kMotionSigma = {0, 1, 1.5, 2, 2, 2.5};
constexpr double kMotionDegrees = 45; ///< the direction is uniform within +- this
/// Number of zooms 1.00, 1.01, 1.02 .. that are averaged. The published ranges end at 1.06, 1.11, ..
/// exclusively; rounding lets the first two include their ends in the arrays that they make.
constexpr SeverityLevels kZooms = {0, 7, 12, 16, 21, 26};
constexpr double kZoomStep = .01;
constexpr SeverityLevels kGlassSigma = {0, .05, .25, .4, .25, .4};
constexpr SeverityLevels kGlassReach = {0, 1, 1, 1, 1, 1};
constexpr std::array<int, 6> kGlassPasses = {0, 1, 1, 1, 2, 2};

constexpr double kScipyTruncate = 4;
constexpr double kSharpDisk = 8; ///< larger disks are softened over 5 x 5

cv::Mat diskOfLevel(std::size_t level, double scale)
{
    return diskKernel(kDiskRadius[level] * scale, kDiskSoftening[level] * scale);
}

/// Mixed from the kernels of the neighbouring levels: disks of whole pixels grow in jumps.
cv::Mat defocusKernel(double severity, double scale)
{
    const auto lower = std::min<std::size_t>(static_cast<std::size_t>(severity), 4);
    const double share = severity - static_cast<double>(lower);
    const cv::Mat from = diskOfLevel(lower, scale);
    const cv::Mat to = diskOfLevel(lower + 1, scale);
    const int half = std::max(from.rows, to.rows) / 2;
    const auto grown = [half](const cv::Mat& kernel) {
        const int margin = half - kernel.rows / 2;
        cv::Mat result;
        cv::copyMakeBorder(kernel, result, margin, margin, margin, margin, cv::BORDER_CONSTANT);
        return result;
    };
    return grown(from) * (1 - share) + grown(to) * share;
}

} // namespace

cv::Mat diskKernel(double radius, double softening)
{
    const int half = static_cast<int>(std::ceil(radius)) + 2; // room for the softening
    cv::Mat disk(2 * half + 1, 2 * half + 1, CV_32F);
    for (int y = -half; y <= half; ++y) {
        for (int x = -half; x <= half; ++x)
            disk.at<float>(y + half, x + half) = x * x + y * y <= radius * radius ? 1.0f : 0.0f;
    }
    disk /= cv::sum(disk)[0];
    if (softening > 0) {
        const int size = radius <= kSharpDisk ? 3 : 5;
        cv::GaussianBlur(disk, disk, {size, size}, softening);
    }
    return disk;
}

void filterPlanes(const ImagePlanes& image, const cv::Mat& kernel)
{
    for (int c = 0; c < image.channels; ++c) {
        const cv::Mat plane = image.mat(c);
        cv::filter2D(plane, plane, CV_32F, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
    }
}

void smoothPlanes(const ImagePlanes& image, double sigma)
{
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        smooth(plane, sigma, kScipyTruncate, cv::BORDER_REPLICATE);
    }
}

void seeThroughGlass(const ImagePlanes& image, double sigma, int reach, int passes, SampleRandom& random)
{
    smoothPlanes(image, sigma);
    for (int pass = 0; pass < passes; ++pass) {
        for (int y = image.height - reach; y > reach; --y) {
            for (int x = image.width - reach; x > reach; --x) {
                const auto across = static_cast<int>(std::floor(random.uniform(-reach, reach)));
                const auto down = static_cast<int>(std::floor(random.uniform(-reach, reach)));
                for (int c = 0; c < image.channels; ++c) {
                    cv::Mat plane = image.mat(c);
                    std::swap(plane.at<float>(y, x), plane.at<float>(y + down, x + across));
                }
            }
        }
    }
    smoothPlanes(image, sigma);
}

void mixLevels(const ImagePlanes& image, double severity, SampleRandom& random,
               const std::function<void(const ImagePlanes&, std::size_t, SampleRandom&)>& change)
{
    const auto lower = std::min<std::size_t>(static_cast<std::size_t>(severity), 5);
    const auto share = static_cast<float>(severity - static_cast<double>(lower));
    std::vector<float> upper(image.all().begin(), image.all().end());
    SampleRandom again = random; // the same numbers at both levels
    if (lower > 0)
        change(image, lower, random);
    if (share == 0)
        return;
    ImagePlanes other = image;
    other.pixels = upper.data();
    change(other, lower + 1, again);
    for (std::size_t i = 0; float& value : image.all())
        value += share * (upper[i++] - value);
}

void blurGaussian(const ImagePlanes& image, double severity, SampleRandom&)
{
    smoothPlanes(image, between(kBlurSigma, severity) * image.pixelScale());
}

void blurDefocus(const ImagePlanes& image, double severity, SampleRandom&)
{
    filterPlanes(image, defocusKernel(severity, image.pixelScale()));
}

void blurAsGlass(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const double scale = image.pixelScale();
    mixLevels(image, severity, random, [scale](const ImagePlanes& at, std::size_t level, SampleRandom& own) {
        seeThroughGlass(at, kGlassSigma[level] * scale, cvRound(kGlassReach[level] * scale),
                        kGlassPasses[level], own);
    });
}

void blurMotion(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const double degrees = random.uniform(-kMotionDegrees, kMotionDegrees);
    const double scale = image.pixelScale();
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        smeared(plane, between(kMotionRadius, severity) * scale, between(kMotionSigma, severity) * scale,
                degrees)
            .copyTo(plane);
    }
}

void blurZoom(const ImagePlanes& image, double severity, SampleRandom&)
{
    const double count = between(kZooms, severity);
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        cv::Mat sum = plane.clone();
        for (int i = 0; i < count; ++i)
            sum += zoomed(plane, 1 + kZoomStep * i) * std::min(1.0, count - i);
        sum /= count + 1;
        sum.copyTo(plane);
    }
}

} // namespace assay::data
