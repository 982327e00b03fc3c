#pragma once

#include "backend/models/model.h"

#include <ATen/core/Generator.h>

namespace assay::models {

/// Sets every weight from @p generator (CPU) in module order: tensors of two or more dimensions Kaiming
/// uniform for ReLU (He et al. 2015, fan-in), biases zero, batch norm the identity with empty statistics.
/// Deterministic for a generator state; LibTorch's global generator is neither read nor advanced.
void initialise(Network& network, at::Generator generator);

/// Trainable numbers of a network.
std::int64_t parameterCount(const Network& network);

} // namespace assay::models
