#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "mlp": fully connected layers with ReLU on the flattened image.
/// Options: widths (one to eight hidden layers, default [256, 128]).
/// Taps: hidden1 .. hiddenN, then features (the last hidden layer).
std::shared_ptr<Network> makeMlp(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
