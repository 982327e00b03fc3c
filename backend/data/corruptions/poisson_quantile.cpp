#include "backend/data/corruptions/poisson_quantile.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::data {

namespace {

constexpr double kExactBelow = 16;
constexpr int kMostCounts = 200; ///< far beyond 1 - 2^-53 of a mean of 16

double poissonBySum(double mean, double normal)
{
    const double quantile = 0.5 * std::erfc(-normal / std::numbers::sqrt2);
    double probability = std::exp(-mean);
    double sum = probability;
    int count = 0;
    while (sum < quantile && count < kMostCounts) {
        ++count;
        probability *= mean / count;
        sum += probability;
    }
    return count;
}

} // namespace

double poissonQuantile(double mean, double normal)
{
    if (mean < kExactBelow)
        return poissonBySum(mean, normal);
    const double square = normal * normal;
    const double value = mean + std::sqrt(mean) * normal + 1.0 / 3 + square / 6 -
                         (normal / 36 + square * normal / 72) / std::sqrt(mean);
    return std::max(0.0, std::floor(value));
}

} // namespace assay::data
