#pragma once

#include <opencv2/core/mat.hpp>
#include <torch/types.h>

namespace assay::imaging {

// OpenCV's images for the inside of this room: no header that others include knows OpenCV.

/// [C,H,W] RGB(A) uint8 or float32 to OpenCV's rows of pixels in BGR(A), or the single channel; a copy.
cv::Mat toMat(const torch::Tensor& image);

/// The inverse of toMat, into @p out: [C,H,W], contiguous, of the same type and size.
void copyPlanes(const cv::Mat& mat, const torch::Tensor& out);

/// The inverse of toMat.
torch::Tensor toTensor(const cv::Mat& mat);

/// Area averaging when both sides shrink, bilinear otherwise; @p to may be a part of a larger image.
void scaleTo(const cv::Mat& from, cv::Mat& to);

} // namespace assay::imaging
