#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

/// Confidence and accuracy as smooth curves on an even grid over [0,1].
struct KernelReliability
{
    std::vector<double> confidence; ///< the grid, 0 .. 1
    std::vector<double> density;    ///< of the confidences; its integral over [0,1] is 1
    std::vector<double> accuracy;   ///< P(correct | confidence); NaN where the density is 0
    double bandwidth = 0;           ///< standard deviation of the kernel
    double error = 0;               ///< integral of |accuracy - confidence| density
};

/// KDE-ECE (Zhang et al. 2020, Mix-n-Match): the ECE without bins. Density and accuracy are kernel
/// estimates with the triweight kernel 35/32 (1 - u^2)^3, u = distance / (3 h), so that h is its standard
/// deviation; h = sd (2N)^(-1/5) with the standard deviation (of N, not N - 1) of the confidences; samples
/// are mirrored at 0 and 1. Integrals by the trapezoidal rule on 8193 points; the density is divided by its
/// own. Differs from the authors' code: one bandwidth for density and accuracy (theirs has one each), so that
/// the accuracy stays in [0,1] without clipping; and h is at least 1/1024, below which the grid would not see
/// the kernel (confidences that are all equal have sd = 0).
/// @param confidence N >= 1 values in [0,1]; @param correct 0 or 1, of the same samples.
/// @throws Error for no samples, lengths that differ, NaN or values outside. Time O(N h), deterministic.
KernelReliability kernelReliability(std::span<const double> confidence,
                                    std::span<const std::uint8_t> correct);

} // namespace assay::metrics
