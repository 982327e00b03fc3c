#pragma once

#include <torch/types.h>

namespace assay::attacks {

// What keeps a patch smooth and printable. Differentiable scalars, per patch where a batch is given:
// @param patch float32 [C,h,w] gives [], [n,C,h,w] gives [n].
// @param mask  float32 [1,h,w]: only what lies inside (above 0) counts; undefined: all.

/// Mean absolute difference of horizontal neighbours plus that of vertical ones, over channels and pairs of
/// which both lie inside; 0 without pairs. As Thys et al. 2019 use it, divided by the number of pairs.
torch::Tensor totalVariation(const torch::Tensor& patch, const torch::Tensor& mask = {});

/// Mahendran and Vedaldi 2015, equation 3, beta = 2: the sum of squared differences to the right and lower
/// neighbour, divided by the number of pixels inside.
torch::Tensor squaredVariation(const torch::Tensor& patch, const torch::Tensor& mask = {});

/// Non-printability: mean over the pixels inside of the Euclidean distance to the nearest printable colour.
/// Sharif et al. 2016, section 5.2, multiply the distances to all colours instead of taking the least; the
/// least is what Thys et al. 2019 (equation 2) and most after them use.
/// @param colours float32 [K,C] in [0,1].
torch::Tensor nonPrintability(const torch::Tensor& patch, const torch::Tensor& colours,
                              const torch::Tensor& mask = {});

/// What offset printing gives on coated paper, float32 [K,channels], sRGB in [0,1]: the Neugebauer primaries
/// (paper, cyan, magenta, yellow, their overprints, black) and halftones of them. Grey: from the black of
/// the ink to the white of the paper in equal steps. See regularisers.cpp for the source of the numbers.
torch::Tensor printableColours(std::int64_t channels, torch::Device device);

} // namespace assay::attacks
