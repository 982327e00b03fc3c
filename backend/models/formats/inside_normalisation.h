#pragma once

#include "backend/models/formats/normalisation.h"

#include <cstdint>
#include <optional>

namespace assay::models {

/// What a network itself makes of the pixels before its first layer, measured by giving it images of one
/// colour: exact, as far as that is the same multiply-add for every pixel of a channel. Means and deviations
/// are in the units of what the network is given; of a network that takes 0..255 they are some dozens.
/// @param firstLayerInput what reaches the first layer, [N,C,H,W] or [N,C*H*W] in that order.
/// @returns nullopt when it is something else (grey values, patches, a resampling that is not plain).
std::optional<NormalisationCandidate> insideNormalisation(const TensorFunction& firstLayerInput,
                                                          std::int64_t channels, std::int64_t height,
                                                          std::int64_t width);

/// Whether @p candidate leaves pixels as they are, up to rounding.
bool isIdentity(const NormalisationCandidate& candidate);

/// Whether a network that does this to its input is made for 0..255: it divides by hundreds or subtracts
/// dozens.
bool takesBytes(const NormalisationCandidate& inside);

} // namespace assay::models
