#include "backend/training/generator_loss.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <vector>

namespace assay::training {

namespace {

constexpr std::int64_t kEncodedAtOnce = 200;
constexpr double kLeftOut = 0.1; ///< share of the training images whose embedding is not told

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

RowLoss diffusionLoss(models::LatentDiffusion& network, torch::Tensor latents, torch::Tensor told)
{
    return [&network, z = network.scaled(latents), told = std::move(told)](const torch::Tensor& rows, double,
                                                                           at::Generator draws) {
        const torch::Device device = z.device();
        const std::int64_t n = rows.size(0);
        const torch::Tensor at = rows.to(device);
        const torch::Tensor t = torch::rand({n, 1}, draws).to(device),
                            noise = torch::randn({n, z.size(1)}, draws).to(device);
        const torch::Tensor kept = (torch::rand({n, 1}, draws) >= kLeftOut).to(torch::kFloat32).to(device);
        const torch::Tensor signal = models::LatentDiffusion::signals(t);
        const torch::Tensor noised = signal.sqrt() * z.index_select(0, at) + (1 - signal).sqrt() * noise;
        return torch::mse_loss(network.noise(noised, kept * told.index_select(0, at), t), noise);
    };
}

} // namespace assay::training
