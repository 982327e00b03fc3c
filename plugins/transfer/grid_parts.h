#pragma once

#include "backend/engine/reporting/image_planes.h"

namespace assay::transfer {

/// Fills size, ids, variants and pixels: clean, perturbation (ten times enlarged around mid-grey) and altered
/// image.
/// @param ids int64 [n]; @param clean uint8 [n,C,H,W]; @param altered float [n,C,H,W] in [0,1]; all on the
/// CPU.
void fillTriples(protocol::ImageGrid& grid, const torch::Tensor& ids, const torch::Tensor& clean,
                 const torch::Tensor& altered, std::string alteredName);

} // namespace assay::transfer
