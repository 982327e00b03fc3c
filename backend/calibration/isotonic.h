#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::calibration {

/// A function that never falls, straight between its points and level outside them.
struct IsotonicFunction
{
    std::vector<double> x; ///< ascending, all different; at least one
    std::vector<double> y; ///< not falling

    double at(double value) const;
};

/// The never-falling function with the least squares to (x, y), exactly: pool adjacent violators (Ayer et al.
/// 1955) in O(N log N). Equal x are first made one point, their mean. A pooled block becomes two points, its
/// first and last x, and the function is straight between blocks (as scikit-learn's; others jump).
/// @throws Error for no points or lengths that differ.
IsotonicFunction fitIsotonic(std::span<const double> x, std::span<const double> y);

} // namespace assay::calibration
