#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "mobilenet_v2": the network of Sandler et al. 2018 at width 1.0 as in torchvision, whose parameter names
/// it has (features.0.0, features.2.conv.0.0, classifier.1): inverted residuals (1x1 expansion, 3x3
/// depthwise, linear 1x1) with ReLU6. Options: none. Taps: features0 .. features18 (the members of
/// torchvision's `features`), features.
std::shared_ptr<Network> makeMobilenetV2(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
