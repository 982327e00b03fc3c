#pragma once

#include <torch/types.h>

namespace assay::attacks {

// The geometry of the L1 ball cut with the box [0,1] (Croce and Hein 2021, arXiv 2103.01208, section 2): what
// looks like a corner of the ball mostly lies outside the box, so that projecting onto the ball and clipping
// afterwards, as Ball::project() does, ends far inside.

/// Of eps, what nearestInL1Box() keeps to, so that rounded sums stay inside.
inline constexpr double kL1BoxShrink = 1 - 1e-6;

/// The nearest point, in L2, of { z : ||z - centre||_1 <= eps, 0 <= z <= 1 }, per image [n,C,H,W].
///
/// With y = position - centre and r_i the room between centre_i and the wall on y_i's side, the Lagrangian
/// 1/2 ||d - y||^2 + lambda ||d||_1 over the box falls apart into coordinates, each of which is solved by
/// |d_i| = min(max(|y_i| - lambda, 0), r_i) on y_i's side. Its sum falls from lambda = 0 on, linearly between
/// the points where a coordinate leaves its wall, |y_i| - r_i, and where it reaches zero, |y_i|. lambda is 0
/// if the sum is within eps there, else where it is eps: found from these 2 d points in order.
/// Coordinates that d does not move are the centre's, to the bit. eps is taken kL1BoxShrink times.
/// @param position any values. @param centre in [0,1]. No host round trip.
torch::Tensor nearestInL1Box(const torch::Tensor& position, const torch::Tensor& centre, double eps);

/// The same by tensor operators, lambda from the sorted points: what devices other than the CPU run. There an
/// image's sum is brought to eps by Newton steps kept between bounds, each a pass over its pixels.
torch::Tensor nearestInL1BoxByOperators(const torch::Tensor& position, const torch::Tensor& centre,
                                        double eps);

/// The same of one image of @p count numbers, in place.
void moveIntoL1Box(float* position, const float* centre, std::int64_t count, double eps);

/// e/||e||_1 with e the signs of @p gradient [n,C,H,W] where its size is largest: at k of the d entries, one
/// at least, ties included; zero where the gradient is.
/// @param entries float64 [n]: k of each image, need not be whole: what is between counts as the next one up.
torch::Tensor sparseSigns(const torch::Tensor& gradient, const torch::Tensor& entries);

} // namespace assay::attacks
