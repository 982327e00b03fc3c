#pragma once

#include <torch/types.h>

namespace assay::metrics {

/// Frechet distance of two normal distributions with the means and covariances of two sets of features:
/// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2), what FID is on Inception's features (Heusel et al.
/// 2017). It depends on the features: numbers of different networks do not compare, and small sets raise it.
/// @param a,b real [n,d] and [m,d], two rows at least; computed in float64 on the CPU, covariances with the
/// denominator n - 1. @returns at least 0. @throws Error for fewer rows, other widths, or values not finite.
double frechetDistance(const torch::Tensor& a, const torch::Tensor& b);

} // namespace assay::metrics
