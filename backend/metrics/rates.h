#pragma once

#include <cstdint>

namespace assay::metrics {

/// A fraction with what it is a fraction of. With n == 0 there is no rate: value, low and high are NaN.
struct Rate
{
    std::int64_t count = 0; ///< numerator
    std::int64_t n = 0;     ///< denominator
    double value = 0;       ///< count / n, a fraction 0..1
    double low = 0;         ///< Wilson interval
    double high = 0;
};

/// Wilson score interval without continuity correction (Wilson 1927).
/// @param z quantile of the normal distribution; the default gives 95 %.
/// @throws Error when count is negative or exceeds n.
Rate wilson(std::int64_t count, std::int64_t n, double z = 1.959963984540054);

} // namespace assay::metrics
