#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <array>
#include <memory>
#include <vector>

namespace assay::encryption {

// What is measured of images and of what encryption makes of them. Images are uint8 [n,C,H,W] on the CPU.

/// Grey images [n,1,H,W] in two colours: value v becomes (1 - v) background + v foreground, a dark colour
/// (each channel at most a half) and a pure hue, laid into a frame of background up to the next multiples of
/// @p multiple. Deterministic in the generator.
torch::Tensor tinted(const torch::Tensor& images, std::int64_t multiple, const at::Generator& generator);

/// Pearson's correlation of all pairs of neighbouring values of an image and channel, over all images at
/// once: to the right, below, and below to the right. NaN where all are the same.
std::array<double, 3> neighbourCorrelation(const torch::Tensor& images);

/// Shannon entropy in bits of the 256 values, mean over images.
double meanEntropy(const torch::Tensor& images);

/// Share of each value of a channel, float64 [C,bins]; @p bins divides 256.
torch::Tensor channelHistograms(const torch::Tensor& images, std::int64_t bins);

/// The first 64 images as one picture of eight rows, [C,8H,8W]; fewer leave black places.
torch::Tensor mosaic(const torch::Tensor& images);

/// Bytes of a picture as JPEG, for each quality. @param picture uint8 [1 or 3,H,W].
std::vector<double> jpegBytes(const torch::Tensor& picture, const std::vector<int>& qualities);

/// How different images look to a network from given ones: at each of its inner taps that are images, the
/// squared distance of the channel vectors of unit length at a place; mean over places and taps. LPIPS (Zhang
/// et al. 2018) without its learned weights, on a network of this workbench: 0 for equal images, 2 where no
/// channel answers to both. Images are brought to the network's size and channels.
class NetworkDistance
{
public:
    /// @param images float32 [n,C,H,W] in [0,1], compared with.
    NetworkDistance(std::shared_ptr<const models::Model> model, const torch::Tensor& images);
    /// Mean over the images. @param others of the same shape.
    double to(const torch::Tensor& others) const;

private:
    std::shared_ptr<const models::Model> m_model;
    std::vector<torch::Tensor> m_taps;
};

} // namespace assay::encryption
