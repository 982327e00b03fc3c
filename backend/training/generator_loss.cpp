#include "backend/training/generator_loss.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <vector>

namespace assay::training {

namespace {

constexpr std::int64_t kEncodedAtOnce = 200;

} // namespace

RowLoss generatorLoss(models::StyleAutoencoder& network, torch::Tensor bytes, torch::Device device,
                      double beta)
{
    return [&network, bytes = std::move(bytes), device, beta](const torch::Tensor& rows, double,
                                                              at::Generator draws) {
        const torch::Tensor x = bytes.index_select(0, rows).to(torch::kFloat32).div_(255.0).to(device);
        const auto [mean, logVariance] = network.encode(x);
        const torch::Tensor noise = torch::randn(mean.sizes(), draws).to(device);
        const torch::Tensor made = network.decode(network.map(mean + (0.5 * logVariance).exp() * noise));
        const torch::Tensor divergence =
            0.5 * (mean.square() + logVariance.exp() - 1 - logVariance).sum(1).mean();
        return torch::mse_loss(made, x) + beta / static_cast<double>(x[0].numel()) * divergence;
    };
}

torch::Tensor latentsOf(models::StyleAutoencoder& network, const torch::Tensor& bytes, torch::Device device)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < bytes.size(0); first += kEncodedAtOnce) {
        const std::int64_t n = std::min(kEncodedAtOnce, bytes.size(0) - first);
        parts.push_back(
            network.encode(bytes.narrow(0, first, n).to(torch::kFloat32).div_(255.0).to(device)).first);
    }
    return torch::cat(parts);
}

} // namespace assay::training
