#include "backend/metrics/frechet_distance.h"

#include "backend/protocol/error.h"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::metrics {

namespace {

struct Moments
{
    torch::Tensor mean, covariance; ///< float64
};

Moments momentsOf(const torch::Tensor& features)
{
    if (features.dim() != 2 || features.size(0) < 2 || !features.isfinite().all().item<bool>())
        throw Error("a Frechet distance needs two rows of finite features at least");
    const torch::Tensor x = features.to(torch::kCPU, torch::kFloat64);
    const torch::Tensor mean = x.mean(0), centred = x - mean;
    return {mean, centred.t().mm(centred) / static_cast<double>(x.size(0) - 1)};
}

} // namespace

double frechetDistance(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::NoGradGuard off;
    const Moments p = momentsOf(a), q = momentsOf(b);
    if (p.mean.sizes() != q.mean.sizes())
        throw Error("a Frechet distance compares features of the same width");
    // Rounding leaves eigenvalues a little below zero where nothing varies.
    const auto [values, vectors] = at::linalg_eigh(p.covariance);
    const torch::Tensor root = (vectors * values.clamp_min(0).sqrt()).mm(vectors.t());
    const torch::Tensor between = root.mm(q.covariance).mm(root);
    const torch::Tensor shared = at::linalg_eigvalsh((between + between.t()) / 2).clamp_min(0).sqrt().sum();
    const torch::Tensor distance =
        (p.mean - q.mean).square().sum() + p.covariance.trace() + q.covariance.trace() - 2 * shared;
    return std::max(0.0, distance.item<double>());
}

} // namespace assay::metrics
