#pragma once

#include "backend/models/formats/model_format.h"

namespace assay::models {

/// Weights without a network: what torch.save made of a state_dict or of a checkpoint with one (.pth, .pt),
/// and safetensors without a card of ours. The architecture and its options are found by the names and shapes
/// of the tensors; what they cannot tell is asked for. details of an import:
/// {"tensors": count, "types": {"float32": count, ..}, "missing": [..], "misshaped": [..], "unexpected":
/// [..], "input": as of probeInput()}.
extern const ModelFormat kStateDictFormat;

} // namespace assay::models
