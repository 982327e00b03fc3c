#pragma once

#include "backend/models/formats/model_format.h"

namespace assay::models {

/// Networks as torch.jit.save writes them, traced or scripted: ".pt". Options of the card, all optional:
/// "output" (which part of the answer is the logits), "probabilities", "batch"; see ScriptOptions.
extern const ModelFormat kTorchScriptFormat;

} // namespace assay::models
