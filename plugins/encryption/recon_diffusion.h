#pragma once

#include "backend/models/generative/latent_diffusion.h"
#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_reader.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <memory>
#include <vector>

namespace assay::encryption {

/// Attack B1: a diffusion over the autoencoder's latents that is told the embedding of the image it makes, as
/// image-variation models are. Trained on plain images; at attack time it is told the embedding that the
/// ciphertext gave away.
class ReconDiffusion
{
public:
    /// @param embeddings float32 [n,d]: of the attacker's images, centred; brought to length 1 here.
    ReconDiffusion(ReconProgress& progress, const ReconGenerator& generator, const torch::Tensor& embeddings,
                   const std::string& embeddingHash, int epochs);
    /// One that was trained before, on its device.
    explicit ReconDiffusion(std::shared_ptr<models::LatentDiffusion> network);
    /// From what tensors() gave. @throws Error when they do not fit.
    ReconDiffusion(const engine::TensorMap& tensors, torch::Device device);

    /// Latents [n,latent] on the device: see models::LatentDiffusion::sample().
    torch::Tensor sample(const torch::Tensor& wanted, double guidance, int steps, at::Generator draws) const
    {
        return m_network->sample(wanted, guidance, steps, std::move(draws));
    }
    engine::TensorMap tensors() const;
    /// Of each epoch; none of one that was trained before.
    const std::vector<double>& losses() const { return m_losses; }

private:
    std::shared_ptr<models::LatentDiffusion> m_network;
    std::vector<double> m_losses;
};

} // namespace assay::encryption
