#pragma once

#include "backend/models/formats/model_format.h"

namespace assay::models {

/// TensorFlow.js graph models: model.json and its weight shards beside it. Classifiers only; detectors and
/// the like are opened with tfjs::openTfjs(). Options of the card: "output" (name of the logits), "batch".
extern const ModelFormat kTfjsFormat;

} // namespace assay::models
