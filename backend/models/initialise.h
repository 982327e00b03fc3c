#pragma once

#include "backend/models/model.h"

#include <ATen/core/Generator.h>

namespace assay::models {

/// Sets every weight from @p generator (CPU) in module order: tensors of two or more dimensions Kaiming
/// uniform for ReLU (He et al. 2015, fan-in), biases zero, batch norm the identity with empty statistics.
/// Deterministic for a generator state; LibTorch's global generator is neither read nor advanced.
void initialise(Network& network, at::Generator generator);

/// Weights and buffers under their saved names, in module order; shares storage. Constants that the card
/// holds (input normalisation) and counters of batches are not among them.
std::vector<std::pair<std::string, torch::Tensor>> persistentTensors(const Network& network);

/// Trainable numbers of a network.
std::int64_t parameterCount(const Network& network);

/// A new network of the same structure with copied weights, in eval mode and frozen.
/// @returns nullptr when the network cannot make another() of its kind.
std::shared_ptr<Network> deepCopy(const Network& network);

} // namespace assay::models
