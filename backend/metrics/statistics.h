#pragma once

#include <span>
#include <vector>

namespace assay::metrics {

/// Arithmetic mean; NaN for no values.
double mean(std::span<const double> values);

/// Quantile with linear interpolation between order statistics (type 7 of Hyndman & Fan 1996).
/// @param q in [0,1]; @throws Error outside. NaN for no values.
double quantile(std::span<const double> values, double q);

/// Ranks 1..n; equal values share the mean of their ranks.
std::vector<double> ranks(std::span<const double> values);

/// Pearson's correlation; NaN for fewer than two pairs or when one side is constant.
/// @throws Error when the lengths differ.
double pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's rank correlation with mean ranks for ties: Pearson's of the ranks. NaN as pearson().
double spearman(std::span<const double> x, std::span<const double> y);

} // namespace assay::metrics
