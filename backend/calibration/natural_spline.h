#pragma once

#include <span>
#include <vector>

namespace assay::calibration {

/// A natural cubic spline on [0,1] with evenly spaced knots: cubic between knots, twice continuously
/// differentiable, no curvature at both ends. Immutable.
class NaturalSpline
{
public:
    /// The spline of @p knots knots with the least squares to (x, y). x in [0,1]; knots >= 3, x.size() >=
    /// knots.
    /// @throws Error for other numbers, or x that do not determine it.
    static NaturalSpline fitted(std::span<const double> x, std::span<const double> y, int knots);

    double value(double x) const; ///< x in [0,1]
    double slope(double x) const;

private:
    std::vector<double> m_values;     ///< at the knots
    std::vector<double> m_curvatures; ///< second derivatives there
};

} // namespace assay::calibration
