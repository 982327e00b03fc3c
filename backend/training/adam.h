#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::training {

/// Adam (Kingma and Ba 2015, algorithm 1) with betas 0.9 and 0.999 and epsilon 1e-8. Weight decay is added to
/// the gradient of tensors of two or more dimensions. Our own, since its whole state must be saved and
/// restored to the digit.
class Adam
{
public:
    Adam() = default;
    /// Shares the parameters' storage.
    Adam(std::vector<torch::Tensor> parameters, double weightDecay);

    const std::vector<torch::Tensor>& parameters() const { return m_parameters; }
    /// First moments of all parameters, then second moments; shares storage, so that writing to them restores
    /// a state, together with setSteps().
    std::vector<torch::Tensor> moments() const;
    std::int64_t steps() const { return m_steps; }
    void setSteps(std::int64_t steps) { m_steps = steps; }
    /// @param gradients one per parameter.
    void step(const std::vector<torch::Tensor>& gradients, double learningRate);

private:
    std::vector<torch::Tensor> m_parameters;
    std::vector<torch::Tensor> m_first;
    std::vector<torch::Tensor> m_second;
    double m_weightDecay = 0;
    std::int64_t m_steps = 0;
};

} // namespace assay::training
