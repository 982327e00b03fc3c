#pragma once

#include "backend/metrics/calibration_error.h"

#include <vector>

namespace assay::metrics {

/// Residuals (correct - confidence) of samples, smoothed along the confidence: what the smooth calibration
/// error of Błasiok & Nakkiran (ICLR 2024, "Smooth ECE: Principled Reliability Diagrams via Kernel
/// Smoothing") is measured of. Made once per set of samples, O(N); each error() then takes O(1 / sigma),
/// whatever N. Immutable; safe from any thread; deterministic, and blind to the order of the samples.
///
/// The kernel is the Gaussian reflected at 0 and 1, K(t, f) = sum over whole n of phi_sigma(t - f + 2n) +
/// phi_sigma(t + f + 2n), which on [0,1] equals 1 + 2 sum over k >= 1 of exp(-(k pi sigma)^2 / 2)
/// cos(k pi t) cos(k pi f). The mean of residual * cos(k pi f) is taken from a grid of 8192 steps, on which
/// samples are laid by cubic B-splines whose own spectrum is divided out; the integral over t from the
/// antiderivative, on steps of at most sigma / 32. Together they err by less than 1e-6 (tested against the
/// kernel's sum over n, sample by sample).
class SmoothedResiduals
{
public:
    /// @param counts see Counts; at least one sample must count.
    explicit SmoothedResiduals(const SortedConfidences& sorted, Counts counts = {});

    /// smECE_sigma: the integral over t in [0,1] of |mean over samples of K(t, confidence) (correct -
    /// confidence)|. Does not rise with sigma; at least |accuracy - mean confidence|. 0 .. 1.
    /// @throws Error unless kLeastSigma <= sigma <= 1.
    double error(double sigma) const;

    /// The sigma* with error(sigma*) = sigma*, to 1e-9. There is exactly one in [0,1]; below kLeastSigma it
    /// is not looked for, and kLeastSigma stands for it.
    double balancedSigma() const;

    static constexpr double kLeastSigma = 1.0 / 1024;

private:
    std::vector<double> m_modes; ///< mean of (correct - confidence) cos(k pi confidence), k = 0, 1, ...
};

/// smECE: smECE_sigma at sigma*, so that it is as large as the width at which it is seen; it names no bins
/// and no width. Where sigma* is below kLeastSigma it is smECE_kLeastSigma, which is at most kLeastSigma: 0
/// where all samples are right with confidence 1. Differs from the authors' code (relplot), which lays
/// samples on its grid linearly and stops after ten halvings of [0,1]: theirs may be off by 1e-3.
double smoothCalibrationError(const SortedConfidences& sorted, Counts counts = {});

} // namespace assay::metrics
