#include "backend/training/sgd.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::training {

Sgd::Sgd(std::vector<torch::Tensor> parameters, double momentum, double weightDecay)
    : m_parameters(std::move(parameters))
    , m_mu(momentum)
    , m_weightDecay(weightDecay)
{
    for (const torch::Tensor& parameter : m_parameters)
        m_momentum.push_back(torch::zeros_like(parameter.detach()));
}

void Sgd::step(const std::vector<torch::Tensor>& gradients, double learningRate)
{
    const torch::NoGradGuard off;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        torch::Tensor& velocity = m_momentum[i].mul_(m_mu).add_(gradients[i]);
        if (m_weightDecay != 0 && m_parameters[i].dim() >= 2)
            velocity.add_(m_parameters[i], m_weightDecay);
        m_parameters[i].add_(velocity, -learningRate);
    }
}

} // namespace assay::training
