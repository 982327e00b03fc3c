#pragma once

#include "backend/models/generative/latent_diffusion.h"
#include "backend/models/generative/style_autoencoder.h"
#include "backend/training/row_learning.h"

#include <torch/types.h>

namespace assay::training {

/// What a StyleAutoencoder lowers: mean squared error of the pixels plus @p beta times the divergence of its
/// latents from the normal distribution, per pixel value; the negative evidence bound for a decoder of one
/// fixed deviation.
/// @param network outlives the loss. @param bytes uint8 [N,3,S,S] on the CPU, moved by batches.
/// @param beta 2 deviation^2 of the decoder: larger gives smoother latents and blurred images.
RowLoss generatorLoss(models::StyleAutoencoder& network, torch::Tensor bytes, torch::Device device,
                      double beta);

/// Mean latents of images, float32 [N,latent] on @p device. @param bytes as above.
torch::Tensor latentsOf(models::StyleAutoencoder& network, const torch::Tensor& bytes, torch::Device device);

/// What a LatentDiffusion lowers: the mean squared error of the noise that it finds in scaled latents at a
/// random time. One time in ten it is told nothing, so that what it is told can be exaggerated.
/// @param network outlives the loss; it was scaled to the latents. @param latents float32 [N,latent] and
/// @p told float32 [N,told], rows of length 1, on the network's device.
RowLoss diffusionLoss(models::LatentDiffusion& network, torch::Tensor latents, torch::Tensor told);

} // namespace assay::training
