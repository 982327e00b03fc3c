#pragma once

#include "backend/metrics/bootstrap.h"
#include "backend/metrics/labelled_probabilities.h"

#include <torch/types.h>

#include <span>
#include <vector>

namespace assay::metrics {

/// One number that says how far probabilities can be believed. Definitions: calibration_error.h,
/// smooth_calibration.h, proper_scores.h and selective.h; those of the top label read its confidence.
enum class CalibrationMetric {
    Accuracy,     ///< share of samples whose top label is right
    Nll,          ///< nats
    Brier,        ///< sum over classes: 0 .. 2
    Ece,          ///< top label, equal-width bins
    EceEqualMass, ///< top label, equal-mass bins
    EceClasswise, ///< mean over classes, equal-width bins
    Mce,          ///< top label, equal-width bins
    Ks,           ///< top label
    SmoothEce,    ///< top label, no bins
    Auroc,        ///< of the confidence; NaN when all are right or all wrong
    Aurc
};

/// The values of @p metrics in their order. @param bins of the binned ones, 1 .. 10000.
std::vector<double> calibrationMetrics(const LabelledProbabilities& predictions,
                                       std::span<const CalibrationMetric> metrics, int bins = 15);

/// The same over resamples of the samples: float64 [resamples,K]. Draws are those of resampledMeans() for the
/// same seed and N, so that models and calibrators on the same samples are paired. Every metric is recomputed
/// on the resample, equal-mass bins included. Time O(resamples N) for all but EceClasswise, O(resamples N C).
/// @throws Error when a number of the specification is out of range.
torch::Tensor resampledCalibration(const LabelledProbabilities& predictions,
                                   std::span<const CalibrationMetric> metrics, int bins = 15,
                                   const BootstrapSpec& spec = {});

/// Basic interval (Davison & Hinkley 1997, section 5.2): 2 estimate - the upper and lower quantiles of the
/// percentile interval. For an ECE prefer it to percentileInterval(): a resample's ECE is larger than that of
/// its samples by about as much as theirs is larger than the truth, and the reflection takes that out, where
/// the percentile interval adds it once more. Ends below 0 become 0.
Interval basicInterval(const torch::Tensor& statistics, double estimate, double level = 0.95);

} // namespace assay::metrics
