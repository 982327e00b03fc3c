#include "widgets/figures/bars_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace assay::widgets {

namespace {

using protocol::AxisScale;
using protocol::LayerKind;

/// Smallest distance of two different x; 1 for a single one and for categories.
double spacingOf(const protocol::Figure& figure, bool log)
{
    if (figure.x.scale == AxisScale::Category)
        return 1;
    std::set<double> positions;
    for (const auto& layer : figure.layers)
        if (layer.kind == LayerKind::Bars)
            for (const double x : layer.x)
                if (std::isfinite(x) && (!log || x > 0))
                    positions.insert(log ? std::log10(x) : x);
    double spacing = std::numeric_limits<double>::infinity();
    for (auto it = positions.begin(); it != positions.end() && std::next(it) != positions.end(); ++it)
        spacing = std::min(spacing, *std::next(it) - *it);
    return std::isfinite(spacing) ? spacing : 1;
}

/// Slot of each Bars layer beside the others, -1 for other kinds; @p count becomes the number of slots.
std::vector<int> slotsOf(const protocol::Figure& figure, int& count)
{
    std::vector<int> slotOf(figure.layers.size(), -1);
    std::map<std::string, int> byStack;
    count = 0;
    for (std::size_t i = 0; i < figure.layers.size(); ++i) {
        const auto& layer = figure.layers[i];
        if (layer.kind != LayerKind::Bars)
            continue;
        if (layer.stack.empty())
            slotOf[i] = count++;
        else if (const auto [at, isNew] = byStack.try_emplace(layer.stack, count); isNew)
            slotOf[i] = count++;
        else
            slotOf[i] = at->second;
    }
    return slotOf;
}

} // namespace

std::vector<std::vector<BarRect>> layoutBars(const protocol::Figure& figure)
{
    constexpr double kGroupShare = 0.76;
    constexpr double kSlotShare = 0.92;
    const bool log = figure.x.scale == AxisScale::Log;
    int slotCount = 0;
    const std::vector<int> slotOf = slotsOf(figure, slotCount);
    const double group = kGroupShare * spacingOf(figure, log);
    const double slotWidth = group / std::max(1, slotCount);
    const double width = slotCount > 1 ? slotWidth * kSlotShare : slotWidth;
    const auto place = [log](double v) { return log ? std::pow(10.0, v) : v; };

    // Height reached so far per (slot, x), upwards and downwards.
    std::map<std::pair<int, double>, std::pair<double, double>> heights;
    std::vector<std::vector<BarRect>> result(figure.layers.size());
    for (std::size_t i = 0; i < figure.layers.size(); ++i) {
        const auto& layer = figure.layers[i];
        if (slotOf[i] < 0)
            continue;
        const std::size_t marks = std::min(layer.x.size(), layer.y.size());
        for (std::size_t m = 0; m < marks; ++m) {
            const double x = log ? std::log10(layer.x[m]) : layer.x[m];
            const double centre = x - group / 2 + slotWidth * (slotOf[i] + 0.5);
            double base = 0;
            if (!layer.stack.empty() && std::isfinite(layer.y[m])) {
                auto& [up, down] = heights[{slotOf[i], layer.x[m]}];
                double& reached = layer.y[m] < 0 ? down : up;
                base = reached;
                reached += layer.y[m];
            }
            result[i].push_back(
                {place(centre - width / 2), place(centre + width / 2), base, base + layer.y[m]});
        }
    }
    return result;
}

} // namespace assay::widgets
