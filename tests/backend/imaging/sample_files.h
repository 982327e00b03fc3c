#pragma once

#include <opencv2/core/mat.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::test {

using Bytes = std::vector<std::uint8_t>;

/// A picture of @p channels in OpenCV's order with values all over the range; @p depth CV_8U or CV_16U.
cv::Mat sample(int rows, int columns, int channels, int depth);

/// OpenCV's own encoder; lossless except for ".jpg" and ".webp" of a quality.
Bytes encoded(const std::string& ending, const cv::Mat& mat);

/// A JPEG with an EXIF block that holds nothing but an orientation.
Bytes withOrientation(const Bytes& jpeg, int orientation);

/// An uncompressed little-endian TIFF of bytes, its directory in front of its pixels. @p pixels are rows of
/// RGB(A) or grey values as they stand in the file. @p extra is the ExtraSamples value, -1: none.
Bytes tiff(int width, int height, int channels, const Bytes& pixels, int orientation = 1, int extra = -1);

/// The file with other numbers where its header keeps width and height.
Bytes withSize(const std::string& ending, Bytes bytes, std::uint32_t width, std::uint32_t height);

} // namespace assay::test
