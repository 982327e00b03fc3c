#pragma once

#include "backend/models/generative/generator.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace assay::models {

/// A variational autoencoder (Kingma and Welling 2014) whose decoder is a small style-based generator: a
/// mapping network makes of a latent one style for each resolution (Karras et al. 2019), the coarsest style
/// becomes the first map of 4 x 4, the others scale and shift the channels of their resolution.
struct StyleAutoencoderSpec
{
    std::int64_t side = 32;   ///< 8 .. 256, a power of two
    std::int64_t latent = 64; ///< numbers of z
    std::int64_t style = 48;  ///< numbers of one style
    std::int64_t width = 32;  ///< channels at 4 x 4 and 8 x 8; falls towards the full size
    bool operator==(const StyleAutoencoderSpec&) const = default;
};

Json toJson(const StyleAutoencoderSpec& spec);

class StyleAutoencoder final : public Network
{
public:
    /// @throws Error for a side that is no power of two or a number out of range.
    explicit StyleAutoencoder(const StyleAutoencoderSpec& spec);
    ~StyleAutoencoder() override;

    const StyleAutoencoderSpec& spec() const { return m_spec; }
    std::int64_t styles() const; ///< resolutions: 4, 8, ... side
    /// Mean and logarithm of the variance of z, float32 [n,latent] each. @param x float32 [n,3,side,side].
    std::pair<torch::Tensor, torch::Tensor> encode(const torch::Tensor& x);
    /// Styles [n,styles(),style] of latents [n,latent].
    torch::Tensor map(const torch::Tensor& z);
    /// Images in [0,1] of styles.
    torch::Tensor decode(const torch::Tensor& w);
    /// decode(map(mean of encode(x))).
    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return {}; }

private:
    struct Parts;

    StyleAutoencoderSpec m_spec;
    std::unique_ptr<Parts> m_parts;
};

/// The decoder of a trained autoencoder. @param network on its device, frozen. @param centre see Generator.
std::shared_ptr<const Generator> styleGenerator(std::shared_ptr<StyleAutoencoder> network,
                                                torch::Tensor centre, std::string hash);

} // namespace assay::models
