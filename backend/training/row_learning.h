#pragma once

#include "backend/models/model.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::training {

/// How a small network of a study learns by Adam. With the loss it determines the result to the last digit on
/// one machine and library version.
struct RowLearningSpec
{
    int epochs = 8;
    int batch = 50;
    double learningRate = 2e-3; ///< falls to 0 in equal steps
    std::uint64_t seed = 0;     ///< initial weights, order of the rows, and what the loss draws
    bool initialise = true;     ///< false: starts from the weights the network has
};

/// What is lowered: a scalar, differentiable in the network's weights.
/// @param rows int64 [b] on the CPU: which of the `count` rows. @param done 0 .. 1, the share of the training
/// that lies behind. @param draws for what the loss draws at random (on the CPU).
using RowLoss = std::function<torch::Tensor(const torch::Tensor& rows, double done, at::Generator draws)>;

/// Trains @p network, which is on its final device, on rows 0 .. count-1 in an order drawn anew for each
/// epoch. One intra-op thread on the CPU; ends in eval mode, frozen. Never touches the library's global
/// generator.
/// @param checkpoint before every batch, in rows of all epochs; may throw.
/// @returns the mean loss of each epoch. @throws Error when it is no longer finite.
std::vector<double> learnRows(models::Network& network, std::int64_t count, const RowLearningSpec& spec,
                              const RowLoss& loss,
                              const std::function<void(std::int64_t done, std::int64_t total)>& checkpoint);

} // namespace assay::training
