#pragma once

#include "backend/attacks/boundary.h"

#include <torch/types.h>

namespace assay::transfer {

/// How alike two models decide around a set of images.
struct Similarity
{
    double distance = 0; ///< Dist(F1,F2): along F1's non-targeted gradient, L2 in the unit of pixels
    double capped = 0;   ///< fraction of images whose class does not change up to r_max for F1 or for F2
    double randomDistance = 0; ///< the same along random directions
    double randomCapped = 0;
    double cosine = 0; ///< mean cosine between the input gradients of both models
};

/// Distances of one model along two kinds of directions: float32 and bool [N] on the CPU.
struct Probe
{
    attacks::BoundaryDistances gradient; ///< along the source's gradient
    attacks::BoundaryDistances random;
    torch::Tensor inputGradient; ///< [N,C,H,W]
};

/// Probes @p model along @p gradientDirection and @p randomDirection (unit L2 norm per image).
Probe probe(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
            const torch::Tensor& gradientDirection, const torch::Tensor& randomDirection,
            const attacks::BoundarySpec& spec, const attacks::AttackHooks& hooks = {});

/// mean_x |MinDist(F1,x) - MinDist(F2,x)| (after Tramer et al. 2017), with distances capped at r_max.
double boundaryDistance(const attacks::BoundaryDistances& first, const attacks::BoundaryDistances& second);

/// @param source,target probes over the same images and directions.
Similarity similarity(const Probe& source, const Probe& target);

} // namespace assay::transfer
