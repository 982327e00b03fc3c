#include "backend/metrics/kernel_calibration.h"

#include "backend/metrics/score_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::metrics {

namespace {

constexpr std::int64_t kGridSteps = 8192;
constexpr double kSmallestBandwidth = 1.0 / 1024;

double bandwidthOf(std::span<const double> values)
{
    const double n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double value : values)
        sum += value;
    for (const double value : values)
        squares += (value - sum / n) * (value - sum / n);
    return std::max(kSmallestBandwidth, std::sqrt(squares / n) * std::pow(2 * n, -0.2));
}

/// Adds a sample's kernel to the grid; places outside [0,1] are where mirrored samples stand.
void addKernel(double place, double reach, bool correct, std::vector<double>& all, std::vector<double>& right)
{
    const auto from =
        std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil((place - reach) * kGridSteps)));
    const auto to = std::min<std::int64_t>(
        kGridSteps, static_cast<std::int64_t>(std::floor((place + reach) * kGridSteps)));
    for (std::int64_t g = from; g <= to; ++g) {
        const double u = (static_cast<double>(g) / kGridSteps - place) / reach;
        const double rest = std::max(0.0, 1 - u * u);
        const double weight = rest * rest * rest;
        all[static_cast<std::size_t>(g)] += weight;
        right[static_cast<std::size_t>(g)] += correct ? weight : 0;
    }
}

double trapezoid(const std::vector<double>& values)
{
    double sum = -(values.front() + values.back()) / 2;
    for (const double value : values)
        sum += value;
    return sum / kGridSteps;
}

} // namespace

KernelReliability kernelReliability(std::span<const double> confidence, std::span<const std::uint8_t> correct)
{
    checkConfidences(confidence, correct);
    KernelReliability result{.bandwidth = bandwidthOf(confidence)};
    const double reach = 3 * result.bandwidth;
    std::vector<double> all(kGridSteps + 1, 0.0), right(kGridSteps + 1, 0.0);
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        const double x = confidence[i];
        addKernel(x, reach, correct[i], all, right);
        if (x < reach)
            addKernel(-x, reach, correct[i], all, right);
        if (1 - x < reach)
            addKernel(2 - x, reach, correct[i], all, right);
    }
    const double mass = trapezoid(all);
    std::vector<double> gaps(all.size());
    for (std::size_t g = 0; g < all.size(); ++g) {
        const double place = static_cast<double>(g) / kGridSteps;
        result.confidence.push_back(place);
        result.density.push_back(all[g] / mass);
        result.accuracy.push_back(all[g] > 0 ? right[g] / all[g] : std::numeric_limits<double>::quiet_NaN());
        // |accuracy - confidence| density, without the division that has no value where nothing is.
        gaps[g] = std::abs(right[g] - place * all[g]) / mass;
    }
    result.error = trapezoid(gaps);
    return result;
}

} // namespace assay::metrics
