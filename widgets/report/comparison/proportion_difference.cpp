#include "widgets/report/comparison/proportion_difference.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

Interval scoreInterval(double count, double total)
{
    constexpr double z = 1.959963984540054;
    const double share = count / total;
    const double centre = (share + z * z / (2 * total)) / (1 + z * z / total);
    const double half =
        z / (1 + z * z / total) * std::sqrt(share * (1 - share) / total + z * z / (4 * total * total));
    // At the ends the formula gives 0 and 1 but for rounding.
    return {count <= 0 ? 0 : std::max(0.0, centre - half), count >= total ? 1 : std::min(1.0, centre + half)};
}

Interval differenceInterval(double countA, double totalA, double countB, double totalB)
{
    const double a = countA / totalA, b = countB / totalB;
    const Interval ofA = scoreInterval(countA, totalA), ofB = scoreInterval(countB, totalB);
    return {b - a - std::hypot(b - ofB.low, ofA.high - a), b - a + std::hypot(ofB.high - b, a - ofA.low)};
}

} // namespace assay::widgets
