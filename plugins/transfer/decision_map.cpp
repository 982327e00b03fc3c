#include "plugins/transfer/decision_map.h"

#include "backend/attacks/attack.h"
#include "backend/attacks/boundary.h"
#include "backend/models/predict.h"

#include <torch/types.h>

namespace assay::transfer {

namespace {

constexpr double kVanished = 1e-6;

/// A direction that needs no gradient and is the same every time: alternating signs.
torch::Tensor fixedDirection(const torch::Tensor& like)
{
    const torch::Tensor signs = torch::arange(like.numel()).remainder(2).mul(2).sub(1);
    return attacks::unitPerSample(signs.to(like.options()).view(like.sizes()));
}

/// The part of @p v at a right angle to the unit vector @p u, of unit length.
torch::Tensor besides(const torch::Tensor& v, const torch::Tensor& u)
{
    return v - (v * u).sum() * u;
}

} // namespace

DecisionMap decisionMap(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                        const torch::Tensor& y, const DecisionMapSpec& spec)
{
    DecisionMap map;
    torch::Tensor u = attacks::unitPerSample(attacks::inputGradient(first, x, y));
    const torch::Tensor g2 = attacks::unitPerSample(attacks::inputGradient(second, x, y));
    map.cosine = (u * g2).sum().item<double>();
    if (u.abs().max().item<double>() == 0) {
        map.degenerate = true;
        u = fixedDirection(x);
    }
    torch::Tensor v = besides(g2, u);
    if (v.norm().item<double>() < kVanished) {
        map.degenerate = true;
        v = besides(fixedDirection(x).roll(1, 3), u);
    }
    v = attacks::unitPerSample(v);
    const torch::Tensor ticks = torch::linspace(-spec.half, spec.half, spec.side, x.options());
    const torch::Tensor plane = x + ticks.view({-1, 1, 1, 1, 1}) * v + ticks.view({1, -1, 1, 1, 1}) * u;
    const torch::Tensor points = plane.flatten(0, 1);
    map.first = models::predict(first, points).view({spec.side, spec.side});
    map.second = models::predict(second, points).view({spec.side, spec.side});
    map.u = u;
    map.v = v;
    return map;
}

PlanePoint project(const DecisionMap& map, const torch::Tensor& x, const torch::Tensor& other)
{
    const torch::Tensor step = (other - x).to(torch::kFloat64);
    const torch::Tensor u = map.u.to(torch::kFloat64), v = map.v.to(torch::kFloat64);
    const double a = (step * u).sum().item<double>(), b = (step * v).sum().item<double>();
    return {a, b, (step - a * u - b * v).norm().item<double>()};
}

} // namespace assay::transfer
