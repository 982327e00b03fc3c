#pragma once

#include "backend/data/dataset.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <string>

namespace assay::medlocker {

// Maps of what matters in an image, float32 [n,H,W] on the CPU, 0 .. 255: what exceeds a threshold is
// protected.

/// models::gradCam() of the surrogate for the classes @p y.
/// @throws Error when it has no layer for that (a multi-layer perceptron, a graph from outside).
torch::Tensor surrogateMaps(const models::Model& surrogate, const torch::Tensor& x, const torch::Tensor& y,
                            const std::function<void()>& check = {});

/// 255 inside of every box of the test split's samples @p ids, 0 outside; pixels that a box touches count.
/// @throws Error when the data set has no boxes.
torch::Tensor boxMaps(const data::Dataset& dataset, const torch::Tensor& ids);

/// From a folder with a grey picture ID.png for each sample, or a NPZ file with `masks` [N,H,W] (uint8
/// 0..255, bool, or reals in [0,1]) and the sample ids `ids` [N]. Pictures of another size are resized.
/// @throws Error naming the first sample without a mask.
torch::Tensor fileMaps(const std::string& location, const torch::Tensor& ids, std::int64_t height,
                       std::int64_t width);

} // namespace assay::medlocker
