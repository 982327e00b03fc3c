#include "plugins/transfer/figure_parts.h"

#include <cstdio>

namespace assay::transfer {

std::string shortNumber(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

void addRate(protocol::Layer& layer, double x, const metrics::Rate& rate, bool interval)
{
    layer.x.push_back(x);
    layer.y.push_back(100 * rate.value);
    layer.count.push_back(static_cast<double>(rate.count));
    layer.denominator.push_back(static_cast<double>(rate.n));
    if (interval) {
        layer.low.push_back(100 * rate.low);
        layer.high.push_back(100 * rate.high);
    }
}

protocol::Axis percentAxis(std::string label)
{
    return {.label = std::move(label), .unit = "%", .low = 0, .high = 100};
}

} // namespace assay::transfer
