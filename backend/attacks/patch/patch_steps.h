#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::attacks {

enum class PatchStep {
    Adam, ///< Kingma and Ba 2015 with the maximum of Reddi et al. 2018 (AMSGrad), as Thys et al. 2019 use it
    Sign  ///< rate times the sign of the gradient
};

/// Moves patches down a gradient, in place and without a host round trip; keeps what the rule remembers. One
/// object for one patch, or for a batch of them that are moved together.
class PatchStepper
{
public:
    /// Adam: betas 0.9 and 0.999, epsilon 1e-8, as torch::optim::Adam with amsgrad.
    PatchStepper(PatchStep rule, double rate)
        : m_rule(rule)
        , m_rate(rate)
    {}

    /// patch <- clip(patch - step(gradient)) to [0,1].
    void step(torch::Tensor& patch, const torch::Tensor& gradient);

private:
    PatchStep m_rule;
    double m_rate;
    std::int64_t m_steps = 0;
    torch::Tensor m_mean;
    torch::Tensor m_square;
    torch::Tensor m_largest; ///< of m_square so far
};

} // namespace assay::attacks
