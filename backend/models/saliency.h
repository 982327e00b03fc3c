#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <optional>
#include <string>

namespace assay::models {

/// The last tap of @p model that is an image of more than one pixel: the target layer of Grad-CAM. Absent in
/// a multi-layer perceptron and in a graph from outside. @param x at least one image, float32 [n,C,H,W].
std::optional<std::string> lastSpatialTap(const Model& model, const torch::Tensor& x);

/// Grad-CAM (Selvaraju et al. 2017) of the logit of class @p y: the channels of lastSpatialTap() weighted by
/// the mean gradient of the logit, rectified, scaled to 0 .. 255 per image, then resized bilinearly. All 0
/// where nothing speaks for the class.
/// @param x float32 [n,C,H,W] in [0,1]; @param y int64 [n] on the CPU. @param check called before each chunk
/// from worker threads; may throw.
/// @returns float32 [n,H,W] on the CPU. @throws Error when the model has no such tap.
torch::Tensor gradCam(const Model& model, const torch::Tensor& x, const torch::Tensor& y,
                      const std::function<void()>& check = {});

} // namespace assay::models
