#pragma once

#include "backend/metrics/labelled_probabilities.h"

#include <cstdint>
#include <span>

namespace assay::metrics {

/// Mean of -ln p(label), natural logarithm. Which small probabilities are raised: LabelledProbabilities.
double negativeLogLikelihood(const LabelledProbabilities& predictions);

/// Mean over samples of the sum over classes of (p - [is the label])^2 (Brier 1950): 0 .. 2.
double brierScore(const LabelledProbabilities& predictions);

/// Brier's score in parts (Murphy 1973; the two terms within bins: Stephenson et al. 2008, so that the parts
/// sum exactly although forecasts in a bin differ): score = reliability - resolution + uncertainty +
/// withinBinVariance - withinBinCovariance. With f the forecast, o the outcome, n_b samples, means f_b and
/// o_b in bin b, o_ over all: reliability = sum n_b/N (f_b - o_b)^2; resolution = sum n_b/N (o_b - o_)^2;
/// uncertainty = o_ (1 - o_); withinBinVariance = 1/N sum (f - f_b)^2; withinBinCovariance = 2/N sum (f -
/// f_b)(o - o_b).
struct BrierDecomposition
{
    double score = 0;
    double reliability = 0; ///< smaller is better
    double resolution = 0;  ///< larger is better
    double uncertainty = 0; ///< of the data alone
    double withinBinVariance = 0;
    double withinBinCovariance = 0;
};

/// Of one forecast in [0,1] per sample with its outcome, in Binning::EqualWidth bins.
/// @throws Error for no samples, lengths that differ, or unless 1 <= bins <= 10000.
BrierDecomposition brierDecomposition(std::span<const double> forecast, std::span<const std::uint8_t> outcome,
                                      int bins);

/// Of all classes: each class's probability against "is the label", summed over the classes; `score` is
/// brierScore().
BrierDecomposition brierDecomposition(const LabelledProbabilities& predictions, int bins);

} // namespace assay::metrics
