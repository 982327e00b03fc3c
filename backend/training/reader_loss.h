#pragma once

#include "backend/models/generative/attribute_reader.h"
#include "backend/training/row_learning.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <functional>

namespace assay::training {

/// What a batch of training images is shown as. @param x float32 [b,3,S,S] on the CPU. @param rows int64 [b]:
/// which they are.
using Disguise =
    std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& rows, at::Generator draws)>;

/// What an AttributeReader lowers: the sum over the attributes of the mean cross-entropy; unknown values have
/// no part in it. @param network outlives the loss. @param bytes uint8 [N,3,S,S] on the CPU. @param truth
/// int64 [attributes,N] on the CPU, -1 unknown.
RowLoss readerLoss(models::AttributeReader& network, torch::Tensor bytes, torch::Tensor truth,
                   torch::Device device, Disguise disguise);

/// Bright, pale, grey, with channels, blocks and tones shuffled: what makes an embedding keep what schemes of
/// encryption by blocks keep. Half of the images stay as they are. @param block the side of the blocks.
torch::Tensor roughened(const torch::Tensor& x, std::int64_t block, at::Generator draws);

/// Embeddings of images a few at a time: float32 [n,d] on the CPU, not centred. @param x float32 [n,3,S,S] in
/// [0,1] on the CPU.
torch::Tensor embeddingsOf(models::AttributeReader& network, const torch::Tensor& x, torch::Device device);

} // namespace assay::training
