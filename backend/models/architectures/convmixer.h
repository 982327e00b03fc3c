#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "convmixer": the isotropic network of Trockman and Kolter 2022: patch embedding, then blocks of depthwise
/// (residual) and pointwise convolution at one resolution, GELU and batch norm after each, global average,
/// linear. Options: width (default 64), depth (default 4), kernel (odd, default 5), patch (default 2). Taps:
/// embedding, block1 .. blockN, features.
std::shared_ptr<Network> makeConvmixer(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
