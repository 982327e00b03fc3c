#pragma once

#include <torch/types.h>

#include <vector>

namespace assay::training {

/// Stochastic gradient descent with momentum: m <- mu m + (g + wd w), w <- w - lr m. Weight decay acts on
/// tensors of two or more dimensions only: shrinking biases and batch-norm scales has no use. Our own, since
/// its whole state must be saved and restored to the digit.
class Sgd
{
public:
    Sgd() = default;
    /// Shares the parameters' storage.
    Sgd(std::vector<torch::Tensor> parameters, double momentum, double weightDecay);

    const std::vector<torch::Tensor>& parameters() const { return m_parameters; }
    /// One tensor per parameter; shares storage, so that writing to them restores a state.
    const std::vector<torch::Tensor>& momentum() const { return m_momentum; }
    /// @param gradients one per parameter; their storage is reused.
    void step(const std::vector<torch::Tensor>& gradients, double learningRate);

private:
    std::vector<torch::Tensor> m_parameters;
    std::vector<torch::Tensor> m_momentum;
    double m_mu = 0;
    double m_weightDecay = 0;
};

} // namespace assay::training
