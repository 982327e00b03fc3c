#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// Logits float32 [N,K] of @p x (float32 [N,C,H,W] in [0,1] on any device), in chunks over worker threads,
/// in inference mode; the result is on the model's device. N may be 0.
torch::Tensor logitsChunked(const Model& model, const torch::Tensor& x);

/// argmax class per image, int64 [N] on the CPU. Ties go to the lowest class.
torch::Tensor predict(const Model& model, const torch::Tensor& x);

/// Fraction of @p images whose predicted class is the label.
/// @param images uint8 [N,C,H,W] 0..255 or float32 in [0,1]. @param labels int64 [N].
/// @throws Error when N is 0 or the lengths differ.
double accuracy(const Model& model, const torch::Tensor& images, const torch::Tensor& labels);

} // namespace assay::models
