#include "backend/attacks/steps.h"

#include "backend/attacks/boundary.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace assay::attacks {

Ball::Ball(torch::Tensor centre, Norm norm, double eps)
    : m_centre(std::move(centre))
    , m_norm(norm)
    , m_eps(eps)
{
    if (norm == Norm::Linf) {
        m_low = (m_centre - eps).clamp_min_(0);
        m_high = (m_centre + eps).clamp_max_(1);
    }
}

void Ball::step(torch::Tensor& position, const torch::Tensor& gradient, double size) const
{
    const torch::NoGradGuard off;
    if (m_norm == Norm::Linf) {
        position.add_(gradient.sign(), size);
    } else {
        const torch::Tensor norm = normPerSample(gradient);
        position.addcmul_(gradient, norm.reciprocal().masked_fill_(norm.lt(kVanishing), 0), size);
    }
    project(position);
}

void Ball::project(torch::Tensor& position) const
{
    const torch::NoGradGuard off;
    if (m_norm == Norm::Linf) {
        position.clamp_(m_low, m_high);
        return;
    }
    position.sub_(m_centre);
    const torch::Tensor shrink =
        normPerSample(position).clamp_min_(kVanishing).reciprocal_().mul_(m_eps).clamp_max_(1);
    position.mul_(shrink).add_(m_centre).clamp_(0, 1);
}

torch::Tensor normPerSample(const torch::Tensor& tensor)
{
    return tensor.flatten(1).norm(2, 1).view({-1, 1, 1, 1});
}

torch::Tensor unitPerSample(const torch::Tensor& tensor)
{
    const torch::Tensor norm = normPerSample(tensor);
    return tensor * norm.reciprocal().masked_fill_(norm.lt(kVanishing), 0);
}

torch::Tensor randomDirections(const torch::Tensor& like, at::Generator generator)
{
    const torch::Tensor normal = torch::empty(like.sizes(), torch::kFloat32).normal_(0, 1, generator);
    return unitPerSample(normal).to(like.device());
}

torch::Tensor uniformInBall(const torch::Tensor& like, Norm norm, double eps, at::Generator generator)
{
    if (norm == Norm::Linf)
        return torch::empty(like.sizes(), torch::kFloat32).uniform_(-eps, eps, generator);
    const torch::Tensor directions = randomDirections(torch::empty(like.sizes(), torch::kFloat32), generator);
    // The volume within radius r grows as r^d.
    const double dimensions =
        static_cast<double>(like.numel()) / static_cast<double>(std::max<std::int64_t>(like.size(0), 1));
    const torch::Tensor radii =
        torch::empty({like.size(0), 1, 1, 1}, torch::kFloat32).uniform_(0, 1, generator).pow_(1 / dimensions);
    return directions * radii.mul_(eps);
}

torch::Tensor lossGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y)
{
    // Shares x's storage: no copy is made for the leaf.
    const torch::Tensor leaf = x.detach().requires_grad_(true);
    const torch::Tensor loss = at::cross_entropy_loss(model.logits(leaf), y, {}, at::Reduction::Sum);
    return torch::autograd::grad({loss}, {leaf})[0];
}

} // namespace assay::attacks
