#include "backend/metrics/statistics.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace assay::metrics {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

} // namespace

double mean(std::span<const double> values)
{
    if (values.empty())
        return kNaN;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(std::span<const double> values, double q)
{
    if (!(q >= 0 && q <= 1))
        throw Error("a quantile is asked for at " + std::to_string(q) + "; it must be from 0 to 1");
    if (values.empty())
        return kNaN;
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const double position = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> ranks(std::span<const double> values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]])
            ++last;
        const double shared = static_cast<double>(first + last) / 2 + 1;
        for (std::size_t i = first; i <= last; ++i)
            result[order[i]] = shared;
        first = last + 1;
    }
    return result;
}

double pearson(std::span<const double> x, std::span<const double> y)
{
    if (x.size() != y.size())
        throw Error("a correlation needs pairs; given were " + std::to_string(x.size()) + " and " +
                    std::to_string(y.size()) + " values");
    if (x.size() < 2)
        return kNaN;
    const double mx = mean(x);
    const double my = mean(y);
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    if (xx == 0 || yy == 0)
        return kNaN;
    return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y)
{
    return pearson(ranks(x), ranks(y));
}

} // namespace assay::metrics
