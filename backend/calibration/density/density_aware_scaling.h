#pragma once

#include "backend/calibration/calibrator.h"
#include "backend/calibration/fit_set.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::calibration {

/// A temperature for each sample, the larger the farther it lies from the training set at some layers:
/// Density-Aware Calibration (Tomani, Waseda, Shen and Cremers, "Beyond In-Domain Scenarios: Robust
/// Density-Aware Calibration", ICML 2023). S(x) = max(w_0 + sum_l w_l s_l(x), 1e-20) with the scores s_l of a
/// DensityBank; logits are divided by it before softmax or any calibrator that keeps the order of classes.
/// Without layers it is temperature scaling. Immutable, safe from any thread.
class DensityAwareScaling
{
public:
    /// @param weights w_1 .. w_L. @throws Error for negative weights or values that are not finite.
    DensityAwareScaling(std::vector<double> weights, double bias);

    const std::vector<double>& weights() const { return m_weights; }
    double bias() const { return m_bias; } ///< w_0

    /// float64 [N] on the CPU, positive. @param scores [N,L].
    /// @throws Error for another shape or values that are not finite.
    torch::Tensor temperatures(const torch::Tensor& scores) const;

    /// z / S, float64 [N,C] on the CPU. Of float32 logits the order of classes stays exactly, equal ones
    /// included, since quotients in float64 keep apart what float32 does.
    torch::Tensor rescaled(const torch::Tensor& logits, const torch::Tensor& scores) const;

    /// {"weights": [w_1, .. w_L, w_0]}: what gives back the same scaling, to the last bit.
    Json parameters() const;
    /// @throws Error naming the field.
    static DensityAwareScaling fromParameters(const Json& parameters);

private:
    std::vector<double> m_weights;
    double m_bias;
};

/// A fitted scaling and what to know of the fit.
struct DacFit
{
    DensityAwareScaling scaling;
    double loss = 0;                 ///< at the weights
    std::vector<double> startLosses; ///< where each start ended: how much the start matters
    /// How far a layer moves the temperature: w_l times the standard deviation of s_l over the samples fitted
    /// on. What to compare layers by, since their scores have different scales.
    std::vector<double> effects;
    /// The share of samples whose temperature fell to the least one, where softmax is saturated and the
    /// gradient gone: above 0.001 the fit is doubtful.
    double clippedFraction = 0;
    int iterations = 0; ///< of the best start
    bool converged = false;
};

/// Fits the weights on samples that the classifier was not trained on.
///
/// Minimises the loss (DacObjective) over 0 <= w_l <= 1e4 and -100 <= w_0 <= 100, as published, by minimise()
/// from five starts: all ones (published), the temperature of no layers, and that temperature made of layers
/// alone, of half, and with a negative w_0. So the loss is never above that of temperature scaling. Weights
/// are scaled by their layer's mean score meanwhile. The published code starts once and takes numerical
/// derivatives. Deterministic.
/// @param scores [N,L] of the samples of @p set. @param loss Mse is what the authors use.
/// @throws Error for scores of another shape or that are not finite.
DacFit fitDensityAwareScaling(const FitSet& set, const torch::Tensor& scores, Loss loss = Loss::Mse);

} // namespace assay::calibration
