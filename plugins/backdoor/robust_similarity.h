#pragma once

#include <torch/types.h>

namespace assay::backdoor {

/// A mean over images takes no pair for better than this: equal images have no bound.
inline constexpr double kMostPsnr = 60;

/// Peak signal-to-noise ratio of each pair in dB, float64 [n], peak 1; infinite for equal images.
/// @param a,b float32 [n,C,H,W] in [0,1].
torch::Tensor psnrOf(const torch::Tensor& a, const torch::Tensor& b);

/// Structural similarity of each pair, float64 [n]: Wang et al. 2004 with their Gaussian window of 11 x 11
/// and deviation 1.5, K1 = 0.01, K2 = 0.03, L = 1, averaged over the places where the window lies inside and
/// over the channels. The window is cropped to images that are smaller.
torch::Tensor ssimOf(const torch::Tensor& a, const torch::Tensor& b);

} // namespace assay::backdoor
