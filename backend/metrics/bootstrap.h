#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

namespace assay::metrics {

/// How samples are drawn anew.
struct BootstrapSpec
{
    int resamples = 2000;   ///< 1 .. 1000000
    std::uint64_t seed = 0; ///< the same seed draws the same resamples: statistics of one seed are paired
    double level = 0.95;    ///< of percentileInterval(), in (0,1)
};

struct Interval
{
    double low = 0;
    double high = 0;
};

/// Means of values over resamples of the samples, drawn with replacement (Efron 1979).
/// @param values [N,K], any real type, on the CPU: K statistics of the same N samples. All K share the draws,
///               so that differences and ratios of the columns of the result are paired.
/// @returns float64 [resamples,K]; NaN for N = 0. Deterministic for a seed; memory grows with resamples * K.
/// @throws Error when the shape or a number of the specification is out of range.
torch::Tensor resampledMeans(const torch::Tensor& values, const BootstrapSpec& spec = {});

/// Percentile interval (Efron and Tibshirani 1993, section 13.3): the (1 - level) / 2 and (1 + level) / 2
/// quantiles (type 7) of @p statistics, one per resample, in any order; entries that are NaN are left out,
/// and nothing left gives NaN.
Interval percentileInterval(const torch::Tensor& statistics, double level = 0.95);

} // namespace assay::metrics
