#pragma once

#include "backend/attacks/budget.h"

#include <torch/types.h>

namespace assay::attacks {

/// Shortest steps from points onto hyperplanes inside the unit box: of all d with 0 <= point + d <= 1 and
/// <normal, point + d> = b, the one of smallest norm (Croce and Hein 2020, arXiv 1907.02044,
/// section 2.2), per row. Where the box does not reach the hyperplane, the point of the box that comes
/// closest to it.
///
/// With s = sign of the excess c = <normal, point> - b, every coordinate moves against s normal by
/// min(lambda v, room), v being 1 (L-inf) or |normal| (L2) and room what is left to the wall; lambda is found
/// from the sorted points where coordinates reach their wall. In L1 the coordinates of largest |normal| go to
/// their walls in order, the last as far as is needed.
/// @param point float32 [n,d] in [0,1]. @param normal float32 [n,d]. @param excess float32 [n]: c.
/// @returns d, float32 [n,d]. Coordinates of |normal| below 1e-8 of its largest do not move.
torch::Tensor stepToHyperplane(const torch::Tensor& point, const torch::Tensor& normal,
                               const torch::Tensor& excess, Norm norm);

} // namespace assay::attacks
