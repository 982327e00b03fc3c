#pragma once

#include "plugins/patches/pod_blocks.h"

namespace assay::patches::pod {

/// A cold patch of learned shape and place on every object (Wei et al. 2023, "Physically adversarial infrared
/// patches with learnable shapes and locations"), white box: a mask over the object's box, of which the
/// squares share out a budget of covered cells. Differs: the grid is 24 x 12 for small images (60 x 30
/// there); a cell cannot be more than covered (there such cells are set to zero); sparsity is the mean of m
/// (1 - m) and aggregation that of m (1 - mean of m's 3 x 3 neighbourhood), both over the covered cells; a
/// binary mask holds at most the budget's cells, those of the highest values; and of the binary masks after
/// every fifth step each object keeps the one that hides it best.
struct ShapeAttack
{
    std::int64_t rows = 24;
    std::int64_t columns = 12;
    double budget = 0.1;    ///< share of the box's cells that the mask may cover
    double start = 2.0 / 3; ///< of the budget, shared out while the mask is learned
    int steps = 100;        ///< of the sign of the gradient's momentum
    double rate = 0.1;      ///< of a step
    double decay = 0.85;    ///< of the momentum
    double attackWeight = 20;
    double sparsityWeight = 5;
    double aggregationWeight = 0.2;
    double threshold = 0.1; ///< cells above it may be covered in the end
    float value = 0;        ///< what is covered becomes so: cold
    std::uint64_t seed = 0;
};

/// @param images float32 [N,C,H,W] in [0,1] on the CPU. @returns images with binary masks; a patch box is
/// what encloses an object's mask. Deterministic; an image's result does not depend on the others'.
Attacked attackWithShapes(const models::Detector& detector, const torch::Tensor& images,
                          const BoxLists& objects, std::int32_t category, const ShapeAttack& how,
                          const SearchCalls& calls = {});

} // namespace assay::patches::pod
