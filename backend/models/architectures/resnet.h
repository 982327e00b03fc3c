#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "resnet": the residual network of He et al. 2016 in its form for small images: 3x3 stem without pooling,
/// one group of basic blocks per width, each group after the first halving the sides, global average, linear.
/// Options: widths (one to four, default [16, 32, 64]), blocks (per group, default 1 each).
/// Parameter names are torchvision's (conv1, bn1, layer1.0.conv1, layer2.0.downsample.0, ..., fc), so that
/// its checkpoints for small images fit by name. Taps: stem, layer1 .. layerN, features.
std::shared_ptr<Network> makeResnet(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
