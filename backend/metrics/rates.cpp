#include "backend/metrics/rates.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace assay::metrics {

Rate wilson(std::int64_t count, std::int64_t n, double z)
{
    if (count < 0 || count > n)
        throw Error("a rate of " + std::to_string(count) + " out of " + std::to_string(n) + " is impossible");
    if (n == 0) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return {.count = 0, .n = 0, .value = nan, .low = nan, .high = nan};
    }
    const double total = static_cast<double>(n);
    const double p = static_cast<double>(count) / total;
    const double z2 = z * z;
    const double scale = 1 / (1 + z2 / total);
    const double centre = (p + z2 / (2 * total)) * scale;
    const double half = z * std::sqrt(p * (1 - p) / total + z2 / (4 * total * total)) * scale;
    // At p = 0 and p = 1 the ends are exactly there; rounding must not move them past the value.
    return {.count = count,
            .n = n,
            .value = p,
            .low = count == 0 ? 0 : std::max(0.0, centre - half),
            .high = count == n ? 1 : std::min(1.0, centre + half)};
}

} // namespace assay::metrics
