#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "resnet18", "resnet34", "resnet50": the residual networks of He et al. 2016 as in torchvision, whose
/// parameter names they have: 7x7 stem of stride 2, 3x3 pooling, four groups of blocks. In resnet50 the
/// stride is in the 3x3 convolution of a bottleneck (torchvision's, "v1.5"), not in its first. Options: width
/// (of the first group, default 64; 1 to 512). Taps: stem (after pooling), layer1 .. layer4, features.
std::shared_ptr<Network> makeResnet18(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeResnet34(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeResnet50(const Json& options, const InputSpec& input, std::int64_t classes);

/// "resnet18_cifar": the form for 32x32 images of github.com/kuangliu/pytorch-cifar, whose parameter names it
/// has (layer2.0.shortcut.0, linear): 3x3 stem without pooling. Its files name the head "linear".
/// Options and taps as above. Differs: averages over all that is left of the image, where the original pools
/// 4x4, which is the same for 32x32 and makes other sizes possible.
std::shared_ptr<Network> makeResnet18Cifar(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
