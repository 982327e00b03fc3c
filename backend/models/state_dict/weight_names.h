#pragma once

#include "backend/models/named_tensors.h"
#include "backend/protocol/finding.h"

namespace assay::models {

/// Weights under the names that our architectures use, and what was done to get there.
struct CanonicalWeights
{
    NamedTensors tensors;
    protocol::Findings findings; ///< one for each kind of change
};

/// Leaves out what wrappers put before every name ("module." of DataParallel, "_orig_mod." of torch.compile,
/// "model.", "net.", "network."; also several of them), and gives tensors of other tools their usual names:
/// - torchvision's older DenseNet files (norm.1 for norm1),
/// - torchvision's vision transformer as timm's (class_token for cls_token, ...),
/// - timm's VGG as torchvision's (pre_logits.fc1 for classifier.0, of which the 7x7 kernels become rows).
/// Names that are already usual stay. Tensors are shared, not copied.
CanonicalWeights canonicalWeights(NamedTensors tensors);

} // namespace assay::models
