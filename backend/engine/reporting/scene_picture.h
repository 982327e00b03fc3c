#pragma once

#include "backend/protocol/scene.h"

#include <torch/types.h>

#include <string>

namespace assay::reporting {

/// An image as scenes hold it: RGB of its first three channels, or grey of its first one.
/// @param image [C,H,W] on any device: uint8, or float in [0,1]; other values are clipped.
protocol::ScenePicture scenePicture(std::string name, const torch::Tensor& image);

} // namespace assay::reporting
