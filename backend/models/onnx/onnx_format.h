#pragma once

#include "backend/models/formats/model_format.h"

namespace assay::models {

/// Networks in the ONNX format, computed on ATen operations: ".onnx". Options of the card, all optional:
/// "output" (the name of the output that is the logits), "probabilities", "batch"; see graph::GraphOptions.
extern const ModelFormat kOnnxFormat;

} // namespace assay::models
