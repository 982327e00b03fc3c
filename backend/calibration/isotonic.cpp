#include "backend/calibration/isotonic.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <string>
#include <utility>

namespace assay::calibration {

namespace {

/// Neighbouring points that share one value.
struct Block
{
    double first = 0;
    double last = 0;
    double sum = 0;
    double weight = 0;

    double value() const { return sum / weight; }
};

/// Points of equal x as one block, ascending.
std::vector<Block> mergedTies(std::span<const double> x, std::span<const double> y)
{
    std::vector<std::pair<double, double>> points(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        points[i] = {x[i], y[i]};
    std::sort(points.begin(), points.end());
    std::vector<Block> blocks;
    for (const auto& [place, value] : points) {
        if (blocks.empty() || blocks.back().last != place)
            blocks.push_back({.first = place, .last = place});
        blocks.back().sum += value;
        blocks.back().weight += 1;
    }
    return blocks;
}

} // namespace

IsotonicFunction fitIsotonic(std::span<const double> x, std::span<const double> y)
{
    if (x.size() != y.size() || x.empty())
        throw Error("an isotonic fit needs pairs; given were " + std::to_string(x.size()) + " and " +
                    std::to_string(y.size()) + " values");
    std::vector<Block> pooled;
    for (Block block : mergedTies(x, y)) {
        while (!pooled.empty() && pooled.back().value() >= block.value()) {
            block.first = pooled.back().first;
            block.sum += pooled.back().sum;
            block.weight += pooled.back().weight;
            pooled.pop_back();
        }
        pooled.push_back(block);
    }
    IsotonicFunction function;
    for (const Block& block : pooled) {
        function.x.push_back(block.first);
        function.y.push_back(block.value());
        if (block.last != block.first) {
            function.x.push_back(block.last);
            function.y.push_back(block.value());
        }
    }
    return function;
}

double IsotonicFunction::at(double value) const
{
    const auto above = static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), value) - x.begin());
    if (above == x.size())
        return y.back();
    if (above == 0 || x[above] == value)
        return y[above];
    const double share = (value - x[above - 1]) / (x[above] - x[above - 1]);
    // Rounding must not lead past the ends: the function would fall there.
    return std::clamp(y[above - 1] + share * (y[above] - y[above - 1]), y[above - 1], y[above]);
}

} // namespace assay::calibration
