#pragma once

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

} // namespace assay::training
