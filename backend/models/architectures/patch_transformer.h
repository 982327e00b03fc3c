#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "patch_transformer": a small transformer over the patches of an image, which may be taken as a set:
/// without positions the answer does not depend on the order of the patches. The public side of NeuraCrypt
/// (Yala et al. 2021): linear embedding of each patch, class token, blocks normalised before with a
/// perceptron of twice the width, LayerNorm of the class token, linear. Options: patch (side, default 4, or
/// rows where patch_width is given), patch_width (columns; 0: as patch), stem (width of a hidden layer with
/// ReLU in the embedding; 0: none), width (96), depth (1), heads (4; must divide width), positions (1:
/// learned embedding of positions; default 0), reattention (1: attention maps mixed across heads, see
/// transformer_block.h; default 0). The image's sides must be multiples of the patch's. A set of T vectors of
/// D numbers is an image of one channel, T rows and D columns with patch 1 and patch_width D. Taps:
/// embedding, block1 .. blockN ([N, 1 + patches, width], the class token first), features.
std::shared_ptr<Network> makePatchTransformer(const Json& options, const InputSpec& input,
                                              std::int64_t classes);

} // namespace assay::models
