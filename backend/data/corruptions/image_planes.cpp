#include "backend/data/corruptions/image_planes.h"

#include "backend/data/corruptions/sample_random.h"

#include <opencv2/imgproc.hpp>

#include <cmath>
#include <numbers>
#include <vector>

namespace assay::data {

namespace {

constexpr std::array<float, 3> kLuma = {0.299f, 0.587f, 0.114f};

float pixelAt(const cv::Mat& plane, int x, int y, int border)
{
    const int column = cv::borderInterpolate(x, plane.cols, border);
    const int row = cv::borderInterpolate(y, plane.rows, border);
    return column < 0 || row < 0 ? 0.0f : plane.at<float>(row, column);
}

/// One step of a smear: how far, and with what weight.
struct SmearStep
{
    int dx;
    int dy;
    float weight;
};

std::vector<SmearStep> smearSteps(double radius, double sigma, double degrees)
{
    const double width = 2 * radius + 1;
    const double angle = degrees * std::numbers::pi / 180;
    std::vector<SmearStep> steps;
    double total = 0;
    for (int i = 0; i < width; ++i) {
        const double weight = std::exp(-i * i / (2 * sigma * sigma)) * std::min(1.0, width - i);
        // Halves round down, as in the original.
        steps.push_back({static_cast<int>(std::ceil(i * std::cos(angle) - 0.5)),
                         static_cast<int>(std::ceil(i * std::sin(angle) - 0.5)), static_cast<float>(weight)});
        total += weight;
    }
    for (SmearStep& step : steps)
        step.weight /= static_cast<float>(total);
    return steps;
}

} // namespace

float channelOf(const std::array<float, 3>& rgb, const ImagePlanes& image, int channel)
{
    if (image.channels == 3)
        return rgb[static_cast<std::size_t>(channel)];
    return kLuma[0] * rgb[0] + kLuma[1] * rgb[1] + kLuma[2] * rgb[2];
}

cv::Mat greyOf(const ImagePlanes& image)
{
    if (image.channels == 1)
        return image.mat(0).clone();
    return image.mat(0) * kLuma[0] + image.mat(1) * kLuma[1] + image.mat(2) * kLuma[2];
}

cv::Size ImagePlanes::smallSize() const
{
    return {cvRound(width / pixelScale()), cvRound(height / pixelScale())};
}

cv::Mat normalField(cv::Size size, SampleRandom& random)
{
    cv::Mat field(size, CV_32F);
    random.fillNormal({field.ptr<float>(), field.total()});
    return field;
}

cv::Mat enlargedTo(const ImagePlanes& image, const cv::Mat& plane)
{
    if (plane.rows == image.height && plane.cols == image.width)
        return plane;
    cv::Mat result;
    cv::resize(plane, result, {image.width, image.height}, 0, 0, cv::INTER_LINEAR);
    return result;
}

void smooth(cv::Mat& plane, double sigma, double truncate, int border)
{
    const int radius = static_cast<int>(truncate * sigma + 0.5);
    if (radius == 0)
        return;
    cv::Mat kernel(1, 2 * radius + 1, CV_32F);
    for (int i = -radius; i <= radius; ++i)
        kernel.at<float>(i + radius) = static_cast<float>(std::exp(-i * i / (2 * sigma * sigma)));
    kernel /= cv::sum(kernel)[0];
    cv::sepFilter2D(plane, plane, CV_32F, kernel, kernel, {-1, -1}, 0, border);
}

float sampleAt(const cv::Mat& plane, double x, double y, int border)
{
    const double left = std::floor(x);
    const double top = std::floor(y);
    const int column = static_cast<int>(left);
    const int row = static_cast<int>(top);
    const auto right = static_cast<float>(x - left);
    const auto down = static_cast<float>(y - top);
    std::array<float, 4> p;
    if (column >= 0 && row >= 0 && column + 1 < plane.cols && row + 1 < plane.rows) {
        const float* above = plane.ptr<float>(row) + column;
        const float* below = plane.ptr<float>(row + 1) + column;
        p = {above[0], above[1], below[0], below[1]};
    } else {
        p = {pixelAt(plane, column, row, border), pixelAt(plane, column + 1, row, border),
             pixelAt(plane, column, row + 1, border), pixelAt(plane, column + 1, row + 1, border)};
    }
    const float upper = p[0] + (p[1] - p[0]) * right;
    const float lower = p[2] + (p[3] - p[2]) * right;
    return upper + (lower - upper) * down;
}

cv::Mat zoomed(const cv::Mat& plane, double factor)
{
    if (factor == 1)
        return plane.clone();
    cv::Mat result(plane.size(), CV_32F);
    const double middleX = (plane.cols - 1) / 2.0;
    const double middleY = (plane.rows - 1) / 2.0;
    for (int y = 0; y < plane.rows; ++y) {
        for (int x = 0; x < plane.cols; ++x)
            result.at<float>(y, x) = sampleAt(plane, middleX + (x - middleX) / factor,
                                              middleY + (y - middleY) / factor, cv::BORDER_REPLICATE);
    }
    return result;
}

cv::Mat smeared(const cv::Mat& plane, double radius, double sigma, double degrees)
{
    if (sigma <= 0)
        return plane.clone();
    cv::Mat result = cv::Mat::zeros(plane.size(), CV_32F);
    for (const SmearStep& step : smearSteps(radius, sigma, degrees)) {
        for (int y = 0; y < plane.rows; ++y) {
            const float* row = plane.ptr<float>(std::clamp(y + step.dy, 0, plane.rows - 1));
            float* out = result.ptr<float>(y);
            for (int x = 0; x < plane.cols; ++x)
                out[x] += step.weight * row[std::clamp(x + step.dx, 0, plane.cols - 1)];
        }
    }
    return result;
}

} // namespace assay::data
