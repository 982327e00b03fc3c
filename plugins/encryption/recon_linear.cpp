#include "plugins/encryption/recon_linear.h"

#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::int64_t kExtraDirections = 16;
constexpr int kSubspaceRounds = 6;
constexpr double kNoDeviation = 1e-6;

torch::Tensor orthonormal(const torch::Tensor& columns)
{
    return std::get<0>(at::linalg_qr(columns.to(torch::kFloat64))).to(torch::kFloat32);
}

/// Solves (gram + penalty) x = right in float64.
torch::Tensor solveRidge(const torch::Tensor& gram, double penalty, const torch::Tensor& right)
{
    torch::Tensor matrix = gram.to(torch::kFloat64);
    matrix.diagonal().add_(penalty);
    return at::cholesky_solve(right.to(torch::kFloat64), at::linalg_cholesky(matrix)).to(torch::kFloat32);
}

} // namespace

torch::Tensor ReconPca::encode(const torch::Tensor& flat) const
{
    return (flat - mean).matmul(axes.t());
}

torch::Tensor ReconPca::decode(const torch::Tensor& coordinates) const
{
    return coordinates.matmul(axes) + mean;
}

ReconPca reconPca(const torch::Tensor& flat, std::int64_t count, at::Generator draws)
{
    const torch::NoGradGuard off;
    const std::int64_t least = std::min(flat.size(0), flat.size(1));
    const std::int64_t wanted = std::min(count, least);
    const std::int64_t directions = std::min(least, wanted + kExtraDirections);
    ReconPca pca{.mean = flat.mean(0), .axes = {}};
    const torch::Tensor centred = flat - pca.mean;
    torch::Tensor basis = torch::randn({flat.size(1), directions}, draws);
    for (int round = 0; round < kSubspaceRounds; ++round)
        basis = orthonormal(centred.t().matmul(centred.matmul(orthonormal(basis))));
    // The small problem inside the subspace gives the directions in their order.
    const torch::Tensor projected = centred.matmul(basis).to(torch::kFloat64);
    const torch::Tensor turned = std::get<1>(at::linalg_eigh(projected.t().matmul(projected)));
    const torch::Tensor largest = turned.flip(1).narrow(1, 0, wanted).to(torch::kFloat32);
    pca.axes = basis.matmul(largest).t().contiguous();
    return pca;
}

torch::Tensor ReconRidge::predict(const torch::Tensor& features) const
{
    return ((features - mean) * scale).matmul(weights) + offset;
}

ReconRidge reconRidge(const torch::Tensor& features, const torch::Tensor& targets, double lambda)
{
    const torch::NoGradGuard off;
    const std::int64_t n = features.size(0);
    const double penalty = lambda * static_cast<double>(n);
    const torch::Tensor deviation = features.std(0, false);
    ReconRidge ridge{
        .mean = features.mean(0),
        .scale = torch::where(deviation > kNoDeviation, deviation.reciprocal(), torch::zeros_like(deviation)),
        .weights = {},
        .offset = targets.mean(0)};
    const torch::Tensor z = (features - ridge.mean) * ridge.scale, y = targets - ridge.offset;
    if (n >= features.size(1))
        ridge.weights = solveRidge(z.t().matmul(z), penalty, z.t().matmul(y));
    else
        ridge.weights = z.t().matmul(solveRidge(z.matmul(z.t()), penalty, y));
    return ridge;
}

} // namespace assay::encryption
