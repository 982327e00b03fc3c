#pragma once

namespace assay::data {

/// The value of a Poisson variable of mean @p mean >= 0 at the quantile of the standard normal value @p
/// normal: what makes a normal draw a Poisson draw, monotone in both. Exact (sum of the probabilities) below
/// a mean of 16, above it the expansion about the normal distribution of Giles, "Algorithm 955: Approximation
/// of the Inverse Poisson Cumulative Distribution Function", ACM TOMS 42, 2016, to terms of 1 / sqrt(mean):
/// off by one for less than one draw in 100.
double poissonQuantile(double mean, double normal);

} // namespace assay::data
