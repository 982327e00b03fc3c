#pragma once

#include "backend/calibration/calibrator.h"
#include "backend/calibration/fit_set.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace assay::calibration {

/// Temperatures are not below this.
inline constexpr double kLeastTemperature = 1e-20;

/// What the fit of Density-Aware Calibration minimises over its weights, in float64. With the temperature
/// S = max(w_0 + sum_l w_l s_l, 1e-20) of each sample, u = z / S, p = softmax(u) and y the one-hot label:
///   Mse: sum (p - y)^2 / (N C)         Nll: -sum log(p_label + 1e-12) / N
/// The gradient is analytic: dp_c/dS = -(p_c / S) (u_c - sum_j p_j u_j), and zero where S was clipped.
/// Immutable, safe from any thread; the sum is made in the same order by any number of threads.
class DacObjective
{
public:
    /// @param scores float64 [N,L] of the samples of @p set; L may be 0.
    /// @throws Error for another shape or values that are not finite.
    DacObjective(const FitSet& set, const torch::Tensor& scores, Loss loss);

    std::int64_t layers() const { return m_scores.size(1); }
    /// @param weights w_1 .. w_L, then w_0. @param gradient of the same length.
    double value(std::span<const double> weights, std::span<double> gradient) const;
    /// The share of samples whose temperature is clipped.
    double clippedFraction(std::span<const double> weights) const;

private:
    struct Part
    {
        double value = 0;
        std::vector<double> gradient;
    };
    double temperature(std::int64_t sample, std::span<const double> weights) const; ///< before clipping
    void addSample(std::int64_t sample, std::span<const double> weights, std::vector<double>& p,
                   Part& part) const;

    torch::Tensor m_logits;
    torch::Tensor m_labels;
    torch::Tensor m_scores;
    Loss m_loss;
};

} // namespace assay::calibration
