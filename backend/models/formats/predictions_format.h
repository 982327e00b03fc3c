#pragma once

#include "backend/models/formats/model_format.h"

namespace assay::models {

/// Answers without a network: logits or probabilities of every sample of a data set, with or without labels,
/// as NPZ, NPY or CSV (docs/data.md, "Predictions"). Its cards have no input: channels, height and width are
/// 0. Rows with a value that is no finite number are a problem, and predictions() refuses them.
/// Probabilities become their logarithm, 0 that of the smallest normal float (about -87.3).
extern const ModelFormat kPredictions;

} // namespace assay::models
