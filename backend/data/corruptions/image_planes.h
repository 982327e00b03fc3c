#pragma once

#include <opencv2/core/mat.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace assay::data {

class SampleRandom;

// For the inside of this folder: no header that others include knows OpenCV.

/// One image that a corruption changes in place: float32 planes [C,H,W], C = 1 or 3 (RGB), 0 .. 1. Results
/// may leave that range; corrupted() clamps them.
struct ImagePlanes
{
    float* pixels = nullptr;
    int channels = 1;
    int height = 0;
    int width = 0;
    /// What lengths of corruptions for ImageNet, which are pixels of any image, are multiplied by.
    double lengths = 1;

    std::size_t area() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
    std::span<float> all() const { return {pixels, area() * static_cast<std::size_t>(channels)}; }
    std::span<float> plane(int c) const { return {pixels + area() * static_cast<std::size_t>(c), area()}; }
    /// Shares the memory.
    cv::Mat mat(int c) const { return {height, width, CV_32F, plane(c).data()}; }
    int side() const { return std::min(height, width); }
    /// What lengths in pixels, published for 32 x 32, are multiplied by: 1 up to that size, side / 32 beyond.
    double pixelScale() const { return std::max(1.0, side() / 32.0); }
    /// The size divided by pixelScale(): what falls on an image is made at this size and enlarged.
    cv::Size smallSize() const;
};

/// What @p rgb is in this image's channels: the colour itself, or its luma 0.299 R + 0.587 G + 0.114 B.
float channelOf(const std::array<float, 3>& rgb, const ImagePlanes& image, int channel);

/// Luma of each pixel, or the single plane: a copy.
cv::Mat greyOf(const ImagePlanes& image);

/// Independent standard normal values, [size.height,size.width].
cv::Mat normalField(cv::Size size, SampleRandom& random);

/// Bilinearly to the size of @p image; itself where it has that size.
cv::Mat enlargedTo(const ImagePlanes& image, const cv::Mat& plane);

/// Gaussian smoothing in place with a sampled, normalised kernel that ends at @p truncate sigmas, rounded (as
/// scipy.ndimage does). @p border is OpenCV's. Sigma 0 changes nothing.
void smooth(cv::Mat& plane, double sigma, double truncate, int border);

/// Bilinear interpolation at (x, y), in pixels with centres at integers; @p border is OpenCV's,
/// BORDER_CONSTANT being 0.
float sampleAt(const cv::Mat& plane, double x, double y, int border);

/// Enlarged about the centre by @p factor >= 1, bilinear, same size.
cv::Mat zoomed(const cv::Mat& plane, double factor);

/// Smeared to one side: the mean of the pixels at steps 0, 1, .. 2 radius along @p degrees (0 is to the
/// right, 90 is down), weighted by exp(-step^2 / 2 sigma^2): ImageMagick's MotionBlurImage, whose steps are
/// rounded to whole pixels. A radius between whole numbers weights the last step by the rest. Edges are
/// continued.
cv::Mat smeared(const cv::Mat& plane, double radius, double sigma, double degrees);

} // namespace assay::data
