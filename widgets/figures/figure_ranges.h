#pragma once

#include "widgets/figures/bars_layout.h"

namespace assay::widgets {

struct Range
{
    double low = 0;
    double high = 1;
    bool operator==(const Range&) const = default;
};

struct FigureRanges
{
    Range x, y, colour;
};

/// Axis ranges that show everything: the fixed limits where the figure has them, else the data with a little
/// air, zero included where bars stand on it. Never empty or infinite; positive on log axes. Pure.
FigureRanges rangesOf(const protocol::Figure& figure, const std::vector<std::vector<BarRect>>& bars);

} // namespace assay::widgets
