#pragma once

#include <functional>
#include <span>
#include <vector>

namespace assay::calibration {

/// A smooth function of n numbers: returns its value at @p x and writes its gradient.
using Objective = std::function<double(std::span<const double> x, std::span<double> gradient)>;

/// Ends of a box; both of n numbers, or both empty for no bounds. Infinite ends are allowed.
struct Box
{
    std::vector<double> lower;
    std::vector<double> upper;
};

struct MinimiseSpec
{
    int iterations = 1000;
    double tolerance = 1e-10; ///< stops at a projected gradient whose largest part is no more
    int memory = 10;          ///< pairs of steps and gradients that stand for the curvature
};

struct Minimum
{
    std::vector<double> x;
    double value = 0;
    double gradient = 0; ///< largest part of the projected gradient there
    int iterations = 0;
    int evaluations = 0;
    bool converged =
        false; ///< the tolerance was met; not so where rounding or the iterations ended the search
};

/// Minimises in a box: L-BFGS (Liu & Nocedal 1989) on the variables that are not held by a bound, steps
/// projected onto the box (Bertsekas 1982), lengths by bisection for the weak Wolfe conditions (Lewis &
/// Overton 2013), and, where the value no longer tells by rounding, by their approximation from slopes (Hager
/// & Zhang 2005). The value of the result is at most that of the start, up to that rounding (1e-13 of
/// it). For convex functions the minimum; otherwise a local one. Deterministic.
/// @throws Error when the start is outside the box or the objective is not finite there.
Minimum minimise(const Objective& objective, std::vector<double> start, const Box& box = {},
                 const MinimiseSpec& spec = {});

} // namespace assay::calibration
