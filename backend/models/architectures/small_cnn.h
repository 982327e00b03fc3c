#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "small_cnn": three blocks of 3x3 convolution, batch norm, ReLU and 2x2 max pooling, then one linear layer.
/// Options: widths (three channel counts, default [16, 32, 64]).
/// Taps: block1, block2, block3, features ([N, 64 * (H/8) * (W/8)]).
std::shared_ptr<Network> makeSmallCnn(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
