#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "vgg": a plain network without batch norm, unlike the others on purpose: 5x5 then 3x3 convolutions with
/// ReLU and 2x2 max pooling, then two linear layers. Options: widths (three channel counts, default [16, 32,
/// 32]), hidden (default 96). Taps: conv1, conv2, conv3, features (the hidden layer).
std::shared_ptr<Network> makeVgg(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
