#include "backend/attacks/patch/patch_steps.h"

#include <torch/utils.h>

#include <cmath>

namespace assay::attacks {

namespace {

constexpr double kPatchBetaMean = 0.9;
constexpr double kPatchBetaSquare = 0.999;
constexpr double kPatchAdamFloor = 1e-8;

} // namespace

void PatchStepper::step(torch::Tensor& patch, const torch::Tensor& gradient)
{
    const torch::NoGradGuard off;
    if (m_rule == PatchStep::Sign) {
        patch.add_(gradient.sign(), -m_rate).clamp_(0, 1);
        return;
    }
    if (!m_mean.defined()) {
        m_mean = torch::zeros_like(patch);
        m_square = torch::zeros_like(patch);
        m_largest = torch::zeros_like(patch);
    }
    ++m_steps;
    m_mean.mul_(kPatchBetaMean).add_(gradient, 1 - kPatchBetaMean);
    m_square.mul_(kPatchBetaSquare).addcmul_(gradient, gradient, 1 - kPatchBetaSquare);
    m_largest = torch::max(m_largest, m_square);
    const double ofMean = 1 - std::pow(kPatchBetaMean, double(m_steps));
    const double ofSquare = 1 - std::pow(kPatchBetaSquare, double(m_steps));
    const torch::Tensor size = m_largest.sqrt().div_(std::sqrt(ofSquare)).add_(kPatchAdamFloor);
    patch.addcdiv_(m_mean, size, -m_rate / ofMean).clamp_(0, 1);
}

} // namespace assay::attacks
