#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "vgg16", "vgg16_bn": configuration D of Simonyan and Zisserman 2015 as in torchvision, whose parameter
/// names they have (features.0, classifier.6): thirteen 3x3 convolutions with bias in five stages that end in
/// 2x2 pooling, 7x7 adaptive average, two hidden layers and the head; vgg16_bn with batch norm after each
/// convolution. Options: hidden (width of both hidden layers, default 4096, 1 to 16384).
/// Taps: stage1 .. stage5 (after pooling), hidden1, features (the second hidden layer). Images of 32 x 32 at
/// least.
std::shared_ptr<Network> makeVgg16(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeVgg16Bn(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
