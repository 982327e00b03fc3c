#include "backend/training/adam.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace assay::training {

namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

} // namespace

Adam::Adam(std::vector<torch::Tensor> parameters, double weightDecay)
    : m_parameters(std::move(parameters))
    , m_weightDecay(weightDecay)
{
    for (const torch::Tensor& parameter : m_parameters) {
        m_first.push_back(torch::zeros_like(parameter.detach()));
        m_second.push_back(torch::zeros_like(parameter.detach()));
    }
}

std::vector<torch::Tensor> Adam::moments() const
{
    std::vector<torch::Tensor> all = m_first;
    all.insert(all.end(), m_second.begin(), m_second.end());
    return all;
}

void Adam::step(const std::vector<torch::Tensor>& gradients, double learningRate)
{
    const torch::NoGradGuard off;
    ++m_steps;
    const double first = 1 - std::pow(kBeta1, static_cast<double>(m_steps));
    const double second = 1 - std::pow(kBeta2, static_cast<double>(m_steps));
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        torch::Tensor gradient = gradients[i];
        if (m_weightDecay != 0 && m_parameters[i].dim() >= 2)
            gradient = gradient.add(m_parameters[i], m_weightDecay);
        m_first[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
        m_second[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
        const torch::Tensor spread = m_second[i].div(second).sqrt_().add_(kEpsilon);
        m_parameters[i].addcdiv_(m_first[i], spread, -learningRate / first);
    }
}

} // namespace assay::training
