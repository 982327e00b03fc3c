#pragma once

#include <torch/types.h>

namespace assay::metrics {

/// A mean over images takes no pair for better than this: equal images have no bound.
inline constexpr double kMostPsnr = 60;

/// Peak signal-to-noise ratio of each pair in dB, float64 [n] on the images' device, 10 log10(1 / MSE) with
/// the mean over all values of an image; infinite for equal images. @param a,b [n,...] of the same shape in
/// [0,1].
torch::Tensor psnr(const torch::Tensor& a, const torch::Tensor& b);

/// Mean over the pairs that differ, what is infinite being left out; NaN where all are equal.
/// @param psnr as psnr() returns it.
double meanPsnr(const torch::Tensor& psnr);

/// Structural similarity of each pair, float64 [n] on the images' device: Wang et al. 2004 with their
/// Gaussian window of 11 x 11 and deviation 1.5, K1 = 0.01, K2 = 0.03, L = 1, averaged over the places where
/// the window lies inside and over the channels. The window is cropped to images that are smaller.
/// @param a,b float32 [n,C,H,W] in [0,1].
torch::Tensor ssim(const torch::Tensor& a, const torch::Tensor& b);

} // namespace assay::metrics
