#include "backend/engine/reporting/rate_marks.h"

#include <cstdio>

namespace assay::reporting {

std::string shortText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

std::string percentText(double fraction)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", 100 * fraction);
    return text;
}

void addRateMark(protocol::Layer& layer, double x, const metrics::Rate& rate, bool interval)
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

protocol::Axis percentScale(std::string label)
{
    return {.label = std::move(label), .unit = "%", .low = 0, .high = 100};
}

protocol::Metric rateNumber(std::string name, const metrics::Rate& rate, std::string of)
{
    return {.name = std::move(name),
            .value = rate.value,
            .rateOf = std::move(of),
            .count = static_cast<double>(rate.count),
            .denominator = static_cast<double>(rate.n),
            .low = rate.low,
            .high = rate.high,
            .interval = kWilson};
}

} // namespace assay::reporting
