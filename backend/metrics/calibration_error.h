#pragma once

#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/labelled_probabilities.h"

#include <cstdint>
#include <span>

namespace assay::metrics {

/// How often each sample counts, by its position in a SortedConfidences (a resample of a bootstrap); empty:
/// once. N stands for the sum of the counts below.
using Counts = std::span<const std::uint32_t>;

/// ECE: sum over bins of count / N |accuracy - mean confidence|; empty bins add nothing. With EqualWidth bins
/// Guo et al. 2017 (Naeini et al. 2015); with EqualMass bins what is also called AdaECE (Nguyen &
/// O'Connor 2015). 0 .. 1.
double expectedCalibrationError(std::span<const ReliabilityBin> bins);

/// MCE: the largest |accuracy - mean confidence| of the bins that are not empty (Guo et al. 2017).
double maximumCalibrationError(std::span<const ReliabilityBin> bins);

/// Squared calibration error, debiased (Kumar et al. 2019, Verified Uncertainty Calibration): sum over bins
/// of count / N ((accuracy - mean confidence)^2 - accuracy (1 - accuracy) / (count - 1)). The subtracted term
/// is what chance alone adds to the square. Bins of fewer than two samples add nothing, as in the authors'
/// code. May be below 0: the estimate of a calibrated model scatters around 0.
double debiasedSquaredCalibrationError(std::span<const ReliabilityBin> bins);

/// The same as a root, in the units of the ECE: sqrt(max(0, debiased square)).
double debiasedCalibrationError(std::span<const ReliabilityBin> bins);

/// KS calibration error (Gupta et al. 2021): the largest |sum of (correct - confidence)| / N over the
/// samples up to some confidence. Taken only after all samples of equal confidence, so that their order has
/// no effect.
double ksCalibrationError(const SortedConfidences& sorted, Counts counts = {});

/// Mean (not sum) over the C classes of the ECE of the class's probability against "is the label".
/// EqualWidth: the classwise ECE of Kull et al. 2019. EqualMass: the adaptive calibration error of
/// Nixon et al. 2019, whose ranges all weigh 1 / bins; here they weigh count / N, which is the same unless N
/// is no multiple of bins or probabilities are equal.
double classwiseCalibrationError(const LabelledProbabilities& predictions, Binning binning, int bins);

/// ECE and MCE of a resample: bins are laid anew for EqualMass, as expectedCalibrationError(sorted.bins()) of
/// the resample would.
struct BinnedErrors
{
    double expected = 0;
    double maximum = 0;
};
BinnedErrors binnedErrors(const SortedConfidences& sorted, Binning binning, int bins, Counts counts);

} // namespace assay::metrics
