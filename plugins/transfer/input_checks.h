#pragma once

#include <torch/types.h>

#include <string>

namespace assay::transfer {

/// SHA-256 over the bytes of a tensor, hex: for cache keys.
std::string tensorDigest(const torch::Tensor& tensor);

} // namespace assay::transfer
