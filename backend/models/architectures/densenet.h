#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "densenet121": the densely connected network of Huang et al. 2017 (DenseNet-BC) as in torchvision, whose
/// parameter names it has (features.denseblock1.denselayer1.norm1, features.transition1.conv, classifier).
/// Options: growth (default 32), stem (channels after the first convolution, 64), blocks (four layer counts,
/// [6, 12, 24, 16]), which also make DenseNet-161, 169 and 201. Taps: stem (after pooling), block1 .. block4,
/// features. Images of 29 x 29 at least. torchvision's older files say norm.1 for norm1, and so on: see
/// densenetName().
std::shared_ptr<Network> makeDensenet121(const Json& options, const InputSpec& input, std::int64_t classes);

/// The present name of a tensor in torchvision's older DenseNet files, among them those it offers for
/// download: "...denselayer1.norm.1.weight" is "...denselayer1.norm1.weight". Other names come back as they
/// are.
std::string densenetName(const std::string& saved);

} // namespace assay::models
