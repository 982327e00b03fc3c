#pragma once

#include "backend/data/dataset.h"
#include "backend/models/model.h"

#include <string>

namespace assay::transfer {

/// @throws Error when the model has no network, expects images of another size or tells other numbers of
/// classes apart.
void requireFit(const models::Model& model, const data::DatasetInfo& info);

/// SHA-256 over the bytes of a tensor, hex: for cache keys.
std::string tensorDigest(const torch::Tensor& tensor);

} // namespace assay::transfer
