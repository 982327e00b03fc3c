#pragma once

#include "backend/attacks/attack.h"

namespace assay::attacks {

struct BoundarySpec
{
    double rMax = 10;     ///< L2 radius at which the search ends
    int gridSteps = 50;   ///< equal steps from 0 to rMax
    int bisectSteps = 10; ///< halvings inside the first grid step that changes the class
};

struct BoundaryDistances
{
    torch::Tensor distance; ///< float32 [N] on the CPU, L2 in the unit of pixels; rMax where capped
    torch::Tensor capped;   ///< bool [N]: the class did not change up to rMax
};

/// MinDist(F,x) = min{ r > 0 : F(x + r d) != y }, per image, without clipping (Tramer et al. 2017 as used by
/// Waseda et al. 2023; see the method notes): a scan over a grid, then bisection inside the first step that
/// changes the class. A crossing back inside one grid step is missed. An image already wrong at r = 0 has
/// distance 0. @param direction [N,C,H,W] of unit L2 norm per image; a zero direction gives rMax, capped.
/// @param hooks checkpoint, and progress in images.
BoundaryDistances minDistances(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                               const torch::Tensor& direction, const BoundarySpec& spec = {},
                               const AttackHooks& hooks = {});

/// @p tensor scaled to unit L2 norm per sample; samples of norm below 1e-12 become zero.
torch::Tensor unitPerSample(const torch::Tensor& tensor);

/// Directions drawn uniformly from the unit sphere, float32 [N,C,H,W] as @p like.
torch::Tensor randomDirections(const torch::Tensor& like, at::Generator generator);

/// Cosine between the input gradients of two models, float32 [N] on the CPU; 0 where either gradient
/// vanishes.
torch::Tensor gradientCosine(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                             const torch::Tensor& y);

} // namespace assay::attacks
