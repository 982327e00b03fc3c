#pragma once

#include "backend/calibration/calibrator.h"

#include <array>

namespace assay::calibration {

/// Ensemble temperature scaling (Zhang et al. 2020, Mix-n-Match):
/// p = a1 softmax(z / T) + a2 softmax(z) + a3 / C, weights >= 0 that sum to 1. T is that of temperature
/// scaling for the same loss; the weights are then the exact minimum: of the mean square, a convex parabola
/// over a triangle, by solving on its inside, edges and corners; of the likelihood by a search that starts at
/// (1,0,0). a1 + a2 is at least 1e-6, without which all classes would be equal: so the order of the classes
/// is that of the logits.
CalibratorKind ensembleTemperatureKind();

/// The point of the triangle {a >= 0, sum a = 1} where a' Q a - 2 c' a is least. @param q symmetric, positive
/// semidefinite, row-major. Of equally good ones the one met first: corners, edges, inside.
std::array<double, 3> leastOnTriangle(const std::array<double, 9>& q, const std::array<double, 3>& c);

} // namespace assay::calibration
