#include "backend/metrics/calibration_bins.h"

#include "backend/metrics/score_checks.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace assay::metrics {

namespace {

constexpr int kMostBins = 10000;

/// Running sums that do not gather rounding over a million terms (Neumaier 1974).
std::vector<double> runningSums(std::span<const double> values)
{
    std::vector<double> sums(values.size() + 1, 0.0);
    double sum = 0, lost = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double next = sum + values[i];
        lost += std::abs(sum) >= std::abs(values[i]) ? (sum - next) + values[i] : (values[i] - next) + sum;
        sum = next;
        sums[i + 1] = sum + lost;
    }
    return sums;
}

} // namespace

void checkBinCount(int bins)
{
    if (bins < 1 || bins > kMostBins)
        throw Error("a diagram of " + std::to_string(bins) + " bins is asked for; it must have 1 to " +
                    std::to_string(kMostBins));
}

std::int64_t equalWidthBin(double confidence, int bins)
{
    const double guess = std::ceil(confidence * bins) - 1;
    std::int64_t bin =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(guess), 0, static_cast<std::int64_t>(bins) - 1);
    // The product is rounded, the borders decide.
    while (bin > 0 && confidence <= widthBorder(bin, bins))
        --bin;
    while (bin < bins - 1 && confidence > widthBorder(bin + 1, bins))
        ++bin;
    return bin;
}

SortedConfidences::SortedConfidences(std::span<const double> confidence,
                                     std::span<const std::uint8_t> correct)
{
    checkConfidences(confidence, correct);
    const std::size_t n = confidence.size();
    // Sorted as pairs: a sort of positions alone would miss the cache at every comparison.
    std::vector<std::pair<double, std::int64_t>> pairs(n);
    for (std::size_t i = 0; i < n; ++i)
        pairs[i] = {confidence[i], static_cast<std::int64_t>(i)};
    std::sort(pairs.begin(), pairs.end());
    m_confidence.resize(n);
    m_correct.resize(n);
    m_order.resize(n);
    m_correctSums.assign(n + 1, 0);
    for (std::size_t i = 0; i < n; ++i) {
        m_confidence[i] = pairs[i].first;
        m_order[i] = pairs[i].second;
        m_correct[i] = correct[static_cast<std::size_t>(pairs[i].second)];
        m_correctSums[i + 1] = m_correctSums[i] + m_correct[i];
    }
    m_confidenceSums = runningSums(m_confidence);
}

std::vector<ReliabilityBin> SortedConfidences::bins(Binning binning, int bins) const
{
    checkBinCount(bins);
    const std::int64_t n = size();
    std::vector<ReliabilityBin> result;
    result.reserve(static_cast<std::size_t>(bins));
    std::int64_t first = 0;
    double lower = binning == Binning::EqualWidth ? 0 : m_confidence.front();
    for (std::int64_t b = 0; b < bins; ++b) {
        const std::int64_t cut = ((b + 1) * n + bins - 1) / bins;
        const double upper = binning == Binning::EqualWidth ? widthBorder(b + 1, bins)
                                                            : m_confidence[static_cast<std::size_t>(cut - 1)];
        const std::int64_t last =
            std::upper_bound(m_confidence.begin() + first, m_confidence.end(), upper) - m_confidence.begin();
        result.push_back(bin(lower, upper, first, last));
        first = last;
        lower = upper;
    }
    return result;
}

ReliabilityBin SortedConfidences::bin(double lower, double upper, std::int64_t first, std::int64_t last) const
{
    const auto from = static_cast<std::size_t>(first), to = static_cast<std::size_t>(last);
    ReliabilityBin result{.lower = lower, .upper = upper, .first = first, .count = last - first};
    result.accuracy = wilson(m_correctSums[to] - m_correctSums[from], result.count);
    // Held between its samples, which rounding of the sums could leave in a bin of nearly equal ones.
    result.confidence =
        result.empty()
            ? std::numeric_limits<double>::quiet_NaN()
            : std::clamp((m_confidenceSums[to] - m_confidenceSums[from]) / static_cast<double>(result.count),
                         m_confidence[from], m_confidence[to - 1]);
    return result;
}

} // namespace assay::metrics
