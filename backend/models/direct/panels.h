#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::models::direct {

/// Rounded up to a multiple of kChannelBlock.
std::int64_t padded(std::int64_t numbers);

/// @p matrix with rows of a padded length, the rest zero.
torch::Tensor withPaddedRows(const torch::Tensor& matrix, std::int64_t length);

/// As kernels take it: a matrix in panels of columns, zero columns added. See kPanel.
torch::Tensor inPanels(const torch::Tensor& matrix);

} // namespace assay::models::direct
