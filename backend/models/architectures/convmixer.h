#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "convmixer": the isotropic network of Trockman and Kolter 2022: patch embedding, then blocks of depthwise
/// (residual) and pointwise convolution at one resolution, GELU and batch norm after each, global average,
/// linear. Options: width (default 64), depth (default 4), kernel (odd, default 5), patch (default 2). Taps:
/// embedding, block1 .. blockN, features.
std::shared_ptr<Network> makeConvmixer(const Json& options, const InputSpec& input, std::int64_t classes);

/// "convmixer_original": the same network under the parameter names of its authors' code,
/// github.com/locuslab/convmixer: the indices of one Sequential (0, 2, then 3.0.fn.0, 3.0.fn.2, 3.1, 3.3 of
/// the first block, ..., the head). Options: width (default 1536), depth (20), kernel (odd, 9), patch (7),
/// relu (0 or 1; default 0, which is GELU: the authors' ConvMixer-768/32 has ReLU). Taps as above.
std::shared_ptr<Network> makeConvmixerOriginal(const Json& options, const InputSpec& input,
                                               std::int64_t classes);

} // namespace assay::models
