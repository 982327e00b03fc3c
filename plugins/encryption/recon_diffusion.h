#pragma once

#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_reader.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <memory>
#include <vector>

namespace assay::encryption {

class ReconNoiseNetwork;

/// Attack B1: a diffusion over the autoencoder's latents (Rombach et al. 2022, in small) that is told the
/// embedding of the image it makes, as image-variation models are. Trained on plain images; at attack time it
/// is told the embedding that the ciphertext gave away. A perceptron predicts the noise; schedule of Nichol
/// and Dhariwal 2021 (cosine); the embedding is left out for one training image in ten, so that it can be
/// exaggerated (Ho and Salimans 2022).
class ReconDiffusion
{
public:
    /// @param embeddings float32 [n,d]: of the attacker's images, centred; brought to length 1 here.
    ReconDiffusion(ReconProgress& progress, const ReconGenerator& generator, const torch::Tensor& embeddings,
                   const std::string& embeddingHash, int epochs);
    /// From what tensors() gave. @throws Error when they do not fit.
    ReconDiffusion(const engine::TensorMap& tensors, torch::Device device);
    ~ReconDiffusion();

    /// Latents [n,latent] on the device, one for each row of @p wanted, by DDIM (Song et al. 2021) without
    /// noise.
    /// @param guidance 0 ignores @p wanted, 1 follows it as learned, more exaggerates.
    torch::Tensor sample(const torch::Tensor& wanted, double guidance, int steps, at::Generator draws) const;
    engine::TensorMap tensors() const;
    const std::vector<double>& losses() const { return m_losses; }

private:
    torch::Tensor noiseOf(const torch::Tensor& z, double t, const torch::Tensor& told) const;

    std::shared_ptr<ReconNoiseNetwork> m_network;
    torch::Tensor m_mean, m_scale; ///< [latent]: of the latents
    std::int64_t m_told = 0;       ///< numbers of an embedding
    std::vector<double> m_losses;
};

} // namespace assay::encryption
