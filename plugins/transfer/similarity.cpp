#include "plugins/transfer/similarity.h"

#include <torch/types.h>

namespace assay::transfer {

namespace {

double cappedFraction(const attacks::BoundaryDistances& first, const attacks::BoundaryDistances& second)
{
    return torch::logical_or(first.capped.cpu(), second.capped.cpu())
        .to(torch::kFloat64)
        .mean()
        .item<double>();
}

} // namespace

Probe probe(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
            const torch::Tensor& gradientDirection, const torch::Tensor& randomDirection,
            const attacks::BoundarySpec& spec, const attacks::AttackHooks& hooks)
{
    return {attacks::minDistances(model, x, y, gradientDirection, spec, hooks),
            attacks::minDistances(model, x, y, randomDirection, spec, hooks),
            attacks::inputGradient(model, x, y)};
}

double boundaryDistance(const attacks::BoundaryDistances& first, const attacks::BoundaryDistances& second)
{
    return (first.distance.cpu().to(torch::kFloat64) - second.distance.cpu().to(torch::kFloat64))
        .abs()
        .mean()
        .item<double>();
}

Similarity similarity(const Probe& source, const Probe& target)
{
    const torch::Tensor a = attacks::unitPerSample(source.inputGradient).flatten(1);
    const torch::Tensor b = attacks::unitPerSample(target.inputGradient).flatten(1);
    return {.distance = boundaryDistance(source.gradient, target.gradient),
            .capped = cappedFraction(source.gradient, target.gradient),
            .randomDistance = boundaryDistance(source.random, target.random),
            .randomCapped = cappedFraction(source.random, target.random),
            .cosine = (a * b).sum(1).to(torch::kFloat64).mean().item<double>()};
}

} // namespace assay::transfer
