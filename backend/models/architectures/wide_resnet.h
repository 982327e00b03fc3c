#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "wide_resnet28_10": the wide residual network of Zagoruyko and Komodakis 2016 for small images, batch norm
/// and ReLU before each convolution. Parameter names are those of the implementation that most checkpoints
/// come from (github.com/xternalz/WideResNet-pytorch; also TRADES and RobustBench): conv1,
/// block1.layer.0.bn1, block1.layer.0.convShortcut, bn1, fc. Options: depth (6 n + 4, default 28), widen
/// (default 10). Taps: stem, block1, block2, block3, features. Differs: averages over all that is left of the
/// image, where the originals pool 8x8, which is the same for 32x32 and makes other sizes possible.
std::shared_ptr<Network> makeWideResnet(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
