#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace assay::data {

/// A constant of a corruption at its levels: of clean images, then the published ones of severities 1 .. 5.
using SeverityLevels = std::array<double, 6>;

/// The constant at a real severity in [0,5]: linear between neighbouring levels, exact at whole ones.
inline double between(const SeverityLevels& levels, double severity)
{
    const auto lower = std::min<std::size_t>(static_cast<std::size_t>(severity), 4);
    const double share = severity - static_cast<double>(lower);
    return share == 0 ? levels[lower] : levels[lower] + (levels[lower + 1] - levels[lower]) * share;
}

} // namespace assay::data
