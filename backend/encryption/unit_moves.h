#pragma once

#include "backend/encryption/device_tables.h"

#include <torch/types.h>

#include <memory>

namespace assay::encryption {

/// Both directions of the schemes that move whole values, for gradients, which go the way back.
struct UnitMoves
{
    CipherTables tables;
    DeviceTableCache devices;
};

/// @param images float32 [n, values] on any device. @returns moved and inverted (1 - v) values; where
/// gradients are recorded, differentiable any number of times.
torch::Tensor moveUnitValues(const std::shared_ptr<const UnitMoves>& moves, const torch::Tensor& images);

} // namespace assay::encryption
