#pragma once

#include "backend/models/model.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

namespace assay::models {

/// A diffusion over the latents of a generator (Rombach et al. 2022, in small) that is told an embedding of
/// the image it makes. A perceptron predicts the noise; schedule of Nichol and Dhariwal 2021 (cosine).
class LatentDiffusion final : public Network
{
public:
    /// @param latent numbers of a latent. @param told numbers of an embedding.
    LatentDiffusion(std::int64_t latent, std::int64_t told);
    ~LatentDiffusion() override;

    std::int64_t latent() const { return m_latent; }
    std::int64_t told() const { return m_told; }

    /// Takes mean and deviation of the latents over: the diffusion works on latents of mean 0 and deviation
    /// 1. @param latents float32 [n,latent] on the network's device.
    void scaleTo(const torch::Tensor& latents);
    /// Latents brought to mean 0 and deviation 1.
    torch::Tensor scaled(const torch::Tensor& latents) const;

    /// The noise in scaled latents [n,latent] at times [n,1] in 0 .. 1. @param told [n,told], of length 1 or
    /// zeros: nothing is told.
    torch::Tensor noise(const torch::Tensor& z, const torch::Tensor& told, const torch::Tensor& t) const;
    /// Share of the signal's variance at times.
    static torch::Tensor signals(const torch::Tensor& t);

    /// Latents [n,latent] on the network's device, one for each row of @p wanted [n,told], by DDIM (Song et
    /// al. 2021) without noise. @param guidance 0 ignores @p wanted, 1 follows it as learned, more
    /// exaggerates (Ho and Salimans 2022). Same draws, same latents.
    torch::Tensor sample(const torch::Tensor& wanted, double guidance, int steps, at::Generator draws) const;

    /// @param x scaled latents, what is told and the time (one number), side by side.
    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return {}; }

private:
    struct Parts;

    std::int64_t m_latent, m_told;
    std::unique_ptr<Parts> m_parts;
};

/// Rows brought to length 1, as embeddings are told.
torch::Tensor unitRows(const torch::Tensor& rows);

} // namespace assay::models
