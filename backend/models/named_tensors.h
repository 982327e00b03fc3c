#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace assay::models {

/// Tensors by name, in file or module order.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

} // namespace assay::models
