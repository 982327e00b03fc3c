#pragma once

#include "backend/models/named_tensors.h"
#include "plugins/backdoor/robust_variations.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace assay::backdoor {

/// A small denoising autoencoder (Vincent et al. 2008) with a bottleneck: two convolutions of stride 2, a
/// code of a few numbers, and back. It is told how much noise there is, as a diffusion model is.
struct RobustAutoencoderSpec
{
    std::int64_t code = 32;  ///< numbers that an image is squeezed into
    std::int64_t width = 16; ///< channels of the first convolution; the second has twice as many
    int epochs = 10;
    int batch = 50;
    double learningRate = 2e-3; ///< of Adam; falls to 0 in equal steps
    double noise = 0.2;         ///< depth at strength 1, of noisedImages(); it learns depths up to this
    std::uint64_t seed = 0;
};

Json toJson(const RobustAutoencoderSpec& spec);

/// sqrt(a) (2 x - 1) + sqrt(1 - a) noise with a = cos^2(pi/2 * depth): the image in [-1,1] as far into the
/// noise as a diffusion (cosine schedule of Nichol and Dhariwal 2021, without its offset) brings it at that
/// share of its steps. @param depth float32 [n] in [0,1], one for each image.
torch::Tensor noisedImages(const torch::Tensor& x, const torch::Tensor& depth, const torch::Tensor& noise);

/// Ours: what the autoencoder did not bring back, r = x - made, is added again where it is small and left
/// away where it is large: made + r exp(-(r/d)^2 / 2) with d = 0.3 (1 - strength) / strength. Textures, which
/// a bottleneck blurs, come back; a trigger that it does not know stands out and stays away. Strength 0 gives
/// @p x, strength 1 @p made.
torch::Tensor withDetails(const torch::Tensor& made, const torch::Tensor& x, double strength);

struct TrainedAutoencoder
{
    models::NamedTensors weights;
    std::vector<double> losses; ///< mean squared error of each epoch, pixels in [0,1]
};

/// Trains it to give images of [0,1] back from noised ones, at depths drawn uniformly from 0 .. noise.
/// @param bytes uint8 [N,C,H,W] on the CPU. @param checkpoint before every batch, in images of all epochs.
/// Deterministic for a seed and a device. @throws whatever @p checkpoint throws.
TrainedAutoencoder
trainAutoencoder(const torch::Tensor& bytes, const RobustAutoencoderSpec& spec, torch::Device device,
                 const std::function<void(std::int64_t done, std::int64_t total)>& checkpoint);

/// Noised to a depth of strength * noise and brought back in one step (what SDEdit, Meng et al. 2022, does
/// with a diffusion model in many), with details as withDetails() says. @param size C, H and W of the images.
/// @param weights of trainAutoencoder(), copied.
/// @param seed of the noise. @throws Error when a weight is missing or of another shape.
std::unique_ptr<const RobustVariation> autoencoderVariation(const models::NamedTensors& weights,
                                                            const RobustAutoencoderSpec& spec,
                                                            torch::IntArrayRef size, torch::Device device,
                                                            std::uint64_t seed);

} // namespace assay::backdoor
