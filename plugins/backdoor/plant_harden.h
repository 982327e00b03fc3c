#pragma once

#include "backend/engine/run_context.h"

#include <torch/types.h>

namespace assay::backdoor {

/// The images that @p chosen (bool [N]) names, perturbed by PGD within an L-infinity ball of @p eps so that
/// @p surrogate no longer sees their class, rounded to 8 bits; the others unchanged. The first half of a
/// label-consistent poisoning (Turner et al. 2019, section 4.2).
/// @param images uint8 [N,C,H,W], @param labels int64 [N], both on the CPU. @returns uint8 [N,C,H,W], a copy.
torch::Tensor hardenedImages(engine::RunContext& context, const models::Model& surrogate,
                             const torch::Tensor& images, const torch::Tensor& labels,
                             const torch::Tensor& chosen, double eps, int steps);

} // namespace assay::backdoor
