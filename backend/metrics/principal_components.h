#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::metrics {

/// Directions of the largest variance.
struct PrincipalComponents
{
    torch::Tensor mean;     ///< float64 [F]
    torch::Tensor axes;     ///< float64 [k,F], orthonormal rows, largest variance first
    torch::Tensor variance; ///< float64 [k], along each axis, denominator n - 1
    torch::Tensor share;    ///< float64 [k], of the total variance; 0 where nothing varies

    /// Coordinates along the axes, float64 [m,k]. @param x [m,F].
    torch::Tensor project(const torch::Tensor& x) const;
};

/// Of the rows of @p x, real [n,F] on any device; computed in float64 on the CPU by a singular value
/// decomposition of the centred rows. The sign of an axis is chosen so that its entry of largest magnitude
/// (the first of equals) is positive: the same rows give the same picture everywhere.
/// @param count axes wanted; at most min(n, F) are there.
/// @throws Error for fewer than two rows, no columns or values that are not finite.
PrincipalComponents principalComponents(const torch::Tensor& x, std::int64_t count);

} // namespace assay::metrics
