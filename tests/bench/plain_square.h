#pragma once

#include "backend/attacks/queries.h"

#include <torch/types.h>

namespace assay::bench {

/// Square Attack as its authors' AutoAttack code runs it in L2 and L1 (Andriushchenko et al. 2020; Croce and
/// Hein 2021): tensor operators one after another over the whole batch, windows shared by it, the pattern of
/// each side made once. Without the compaction of the batch, since it is for runs in which no image falls.
/// @param x float32 [N,C,H,W]. @returns what was reached after @p queries questions about each image.
torch::Tensor plainSquare(const attacks::LogitsFunction& network, const torch::Tensor& x,
                          const torch::Tensor& y, attacks::Norm norm, double eps, std::int64_t queries);

} // namespace assay::bench
