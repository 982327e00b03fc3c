#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/corruptions/severity_levels.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace assay::data {

namespace {

// Published; those of severity 0 change nothing.
constexpr SeverityLevels kAddedBrightness = {0, .05, .1, .15, .2, .3};
constexpr SeverityLevels kKeptContrast = {1, .75, .5, .4, .3, .15};
constexpr SeverityLevels kSaturationFactor = {1, .3, .1, 1.5, 2, 2.5};
constexpr SeverityLevels kAddedSaturation = {0, 0, 0, 0, .1, .2};
constexpr SeverityLevels kKeptPixels = {1, .95, .9, .85, .75, .65};
constexpr SeverityLevels kJpegQuality = {80, 80, 65, 58, 50, 40};

/// Cells along a side: as published at whole severities, in steps of one cell between them. Mixing the images
/// of two numbers of cells instead would average their errors and do less damage than either.
int cellsAt(int side, double severity)
{
    SeverityLevels cells = {};
    for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] = std::floor(side * kKeptPixels[i]);
    return static_cast<int>(std::lround(between(cells, severity)));
}

/// The square matrix by which a row of @p side pixels becomes one of @p cells: each pixel the mean of those
/// whose centres share its cell, which is reducing and enlarging again with a box filter.
cv::Mat cellMeans(int side, int cells)
{
    const auto cell = [side, cells](int at) { return static_cast<int>((at + .5) * cells / side); };
    cv::Mat result = cv::Mat::zeros(side, side, CV_32F);
    for (int from = 0; from < side;) {
        int to = from + 1;
        while (to < side && cell(to) == cell(from))
            ++to;
        result(cv::Range(from, to), cv::Range(from, to)) = 1.0 / (to - from);
        from = to;
    }
    return result;
}

/// 8-bit pixels in OpenCV's order of channels.
cv::Mat colourBytes(const ImagePlanes& image)
{
    std::vector<cv::Mat> planes;
    for (int c = image.channels - 1; c >= 0; --c)
        planes.push_back(image.mat(c));
    cv::Mat joined;
    cv::merge(planes, joined);
    joined.convertTo(joined, CV_8U, 255);
    return joined;
}

/// @p bytes compressed and read again, float32 planes in RGB order.
std::vector<cv::Mat> throughJpeg(const cv::Mat& bytes, int quality)
{
    std::vector<std::uint8_t> file;
    cv::imencode(".jpg", bytes, file, {cv::IMWRITE_JPEG_QUALITY, quality});
    cv::Mat read = cv::imdecode(file, bytes.channels() == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
    read.convertTo(read, CV_32F, 1 / 255.0);
    std::vector<cv::Mat> planes;
    cv::split(read, planes);
    return {planes.rbegin(), planes.rend()};
}

void mixIn(const ImagePlanes& image, const std::vector<cv::Mat>& planes, double share)
{
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat mixed = plane * (1 - share) + planes[static_cast<std::size_t>(c)] * share;
        mixed.copyTo(plane);
    }
}

} // namespace

void brightenBy(const ImagePlanes& image, double more)
{
    const auto added = static_cast<float>(more);
    for (std::size_t i = 0; i < image.area(); ++i) {
        float value = 0; // of hue, saturation and value
        for (int c = 0; c < image.channels; ++c)
            value = std::max(value, image.plane(c)[i]);
        const float brighter = std::min(1.0f, value + added);
        for (int c = 0; c < image.channels; ++c)
            image.plane(c)[i] = value > 0 ? image.plane(c)[i] * (brighter / value) : brighter;
    }
}

void keepContrast(const ImagePlanes& image, double kept)
{
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const double mean = cv::mean(plane)[0];
        plane = plane * kept + mean * (1 - kept);
    }
}

void passThroughJpeg(const ImagePlanes& image, int quality)
{
    mixIn(image, throughJpeg(colourBytes(image), quality), 1);
}

void brighten(const ImagePlanes& image, double severity, SampleRandom&)
{
    brightenBy(image, between(kAddedBrightness, severity));
}

void lowerContrast(const ImagePlanes& image, double severity, SampleRandom&)
{
    keepContrast(image, between(kKeptContrast, severity));
}

void changeSaturation(const ImagePlanes& image, double severity, SampleRandom&)
{
    const double factor = between(kSaturationFactor, severity);
    const double added = between(kAddedSaturation, severity);
    for (std::size_t i = 0; i < image.area(); ++i) {
        std::array<float*, 3> rgb = {&image.plane(0)[i], &image.plane(1)[i], &image.plane(2)[i]};
        const float value = std::max({*rgb[0], *rgb[1], *rgb[2]});
        const float least = std::min({*rgb[0], *rgb[1], *rgb[2]});
        if (value <= 0)
            continue;
        const double saturation = 1 - least / value;
        const auto wanted = static_cast<float>(std::clamp(saturation * factor + added, 0.0, 1.0));
        if (saturation > 0) {
            for (float* channel : rgb)
                *channel = value - (value - *channel) * (wanted / static_cast<float>(saturation));
        } else {
            // Grey has the hue 0, which is red: so have the published images.
            *rgb[1] = *rgb[2] = value * (1 - wanted);
        }
    }
}

void makeCells(const ImagePlanes& image, int down, int across)
{
    const cv::Mat rows = cellMeans(image.height, down);
    const cv::Mat columns = cellMeans(image.width, across);
    for (int c = 0; c < image.channels; ++c) {
        cv::Mat plane = image.mat(c);
        const cv::Mat coarse = rows * plane * columns.t();
        coarse.copyTo(plane);
    }
}

void pixelate(const ImagePlanes& image, double severity, SampleRandom&)
{
    makeCells(image, cellsAt(image.height, severity), cellsAt(image.width, severity));
}

void compressAsJpeg(const ImagePlanes& image, double severity, SampleRandom&)
{
    const cv::Mat bytes = colourBytes(image);
    const double quality = between(kJpegQuality, severity);
    const double lower = std::floor(quality);
    if (severity < 1) {
        mixIn(image, throughJpeg(bytes, static_cast<int>(lower)), severity);
        return;
    }
    mixIn(image, throughJpeg(bytes, static_cast<int>(lower)), 1);
    if (quality > lower)
        mixIn(image, throughJpeg(bytes, static_cast<int>(lower) + 1), quality - lower);
}

} // namespace assay::data
