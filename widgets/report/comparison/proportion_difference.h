#pragma once

namespace assay::widgets {

/// Two ends of an interval.
struct Interval
{
    double low = 0;
    double high = 0;
    bool excludes(double value) const { return value < low || value > high; }
};

/// Wilson's score interval of @p count of @p total (95 %, without continuity correction; Wilson 1927). Needs
/// total > 0 and count in [0, total]. The window's own: it knows nothing of the engine's metrics.
Interval scoreInterval(double count, double total);

/// Newcombe's hybrid score interval (95 %) of countB/totalB - countA/totalA: Newcombe 1998, "Interval
/// estimation for the difference between independent proportions", method 10, made of the two Wilson
/// intervals. It holds for independent samples; needs what scoreInterval() needs. Pure.
Interval differenceInterval(double countA, double totalA, double countB, double totalB);

} // namespace assay::widgets
