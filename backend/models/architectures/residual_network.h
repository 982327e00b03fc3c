#pragma once

#include "backend/models/architectures/layers.h"

#include <vector>

namespace assay::models {

/// What tells the residual networks of He et al. 2016 apart.
struct ResidualPlan
{
    std::vector<std::int64_t> widths; ///< of the groups; each group after the first halves the sides
    std::vector<std::int64_t> blocks; ///< per group, as many as widths
    /// 1x1, 3x3 (which takes the stride, as in torchvision), 1x1 to four times the width; else two 3x3.
    bool bottleneck = false;
    bool largeStem = false; ///< 7x7 of stride 2 and 3x3 pooling of stride 2; else 3x3
    /// Faster for narrow networks; wide ones (64 channels up) are 5 to 10 % faster without, also in
    /// gradients.
    bool channelsLast = false;
    const char* shortcut = "downsample";
    const char* head = "fc";
};

/// Names: conv1, bn1, layer1.0.conv1, layer1.0.bn1, ..., layer2.0.SHORTCUT.0, ..., HEAD.
/// Taps: stem, layer1 .. layerN, features.
std::shared_ptr<Network> makeResidualNetwork(BuiltinNetwork::Maker maker, const Json& options,
                                             const InputSpec& input, std::int64_t classes,
                                             const ResidualPlan& plan);

} // namespace assay::models
