#pragma once

#include "backend/protocol/image_grid.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::transfer {

/// How many images of this size with three variants fit half a frame.
std::size_t imagesThatFit(std::int64_t channels, std::int64_t height, std::int64_t width);

/// Fills size, ids, variants and pixels: clean, perturbation (ten times enlarged around mid-grey) and altered
/// image.
/// @param ids int64 [n]; @param clean uint8 [n,C,H,W]; @param altered float [n,C,H,W] in [0,1]; all on the
/// CPU. Of more than three channels the first three are shown, of two the first.
void fillTriples(protocol::ImageGrid& grid, const torch::Tensor& ids, const torch::Tensor& clean,
                 const torch::Tensor& altered, std::string alteredName);

/// A class per image. @param values int64 [n] on the CPU.
protocol::ImageAttribute classAttribute(std::string name, std::string title,
                                        const std::vector<std::string>& classes, const torch::Tensor& values);

} // namespace assay::transfer
