#pragma once

#include "backend/protocol/figure.h"

#include <vector>

namespace assay::widgets {

/// One bar in plot coordinates. Not finite where the layer has no value.
struct BarRect
{
    double left = 0, right = 0;
    double bottom = 0, top = 0; ///< bottom is where the bar starts (the stack below it), top may be lower
};

/// Places the bars of all Bars layers of a figure: layers with one stack name stand on each other in order,
/// stacks and unstacked layers stand side by side within 0.76 of the spacing of x. Negative values stack
/// downwards. @returns per layer (empty for other kinds) one rectangle per mark. Pure.
std::vector<std::vector<BarRect>> layoutBars(const protocol::Figure& figure);

} // namespace assay::widgets
