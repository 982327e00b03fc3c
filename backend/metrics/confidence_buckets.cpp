#include "backend/metrics/confidence_buckets.h"

#include "backend/metrics/score_checks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace assay::metrics {

namespace {

constexpr std::int64_t kBuckets = 1 << 14;

/// A whole number that does not fall with the confidence, and by about as much for each part of what is
/// missing to 1: the confidences of a network crowd there. (The bits of a float grow as its logarithm does.)
std::uint32_t scaleOf(double confidence)
{
    constexpr float kLeastRest = 0x1p-54f; // half of what a double below 1 can miss
    const float rest = std::max(static_cast<float>(1 - confidence), kLeastRest);
    return std::bit_cast<std::uint32_t>(1.0f) - std::bit_cast<std::uint32_t>(rest);
}

/// The least and the largest, four at a time: each comparison would else wait for the one before it.
std::pair<double, double> rangeOf(std::span<const double> values)
{
    constexpr std::size_t kAtOnce = 4;
    std::array<double, kAtOnce> least, largest;
    least.fill(values[0]);
    largest.fill(values[0]);
    for (std::size_t i = 0; i < values.size(); i += kAtOnce) {
        for (std::size_t k = 0; k < kAtOnce; ++k) {
            const double value = values[std::min(i + k, values.size() - 1)];
            least[k] = std::min(least[k], value);
            largest[k] = std::max(largest[k], value);
        }
    }
    return {std::ranges::min(least), std::ranges::max(largest)};
}

/// A bin that is being filled, in ascending order.
struct GrowingBin
{
    std::int64_t count = 0;
    std::int64_t correct = 0;
    double sum = 0;

    ReliabilityBin closed(double lower, double upper, std::int64_t first) const
    {
        ReliabilityBin bin{.lower = lower, .upper = upper, .first = first, .count = count};
        bin.accuracy = wilson(correct, count);
        // Held within the bin, which rounding of the sum could leave where its samples are nearly equal.
        bin.confidence = bin.empty() ? std::numeric_limits<double>::quiet_NaN()
                                     : std::clamp(sum / static_cast<double>(count), lower, upper);
        return bin;
    }
};

} // namespace

ConfidenceBuckets::ConfidenceBuckets(std::span<const double> confidence,
                                     std::span<const std::uint8_t> correct)
    : m_confidence(confidence)
    , m_correct(correct)
    , m_bucketOf(confidence.size())
    , m_buckets(kBuckets)
{
    checkConfidences(confidence, correct);
    std::tie(m_least, m_largest) = rangeOf(confidence);
    const std::uint64_t steps = scaleOf(m_largest) - scaleOf(m_least);
    m_bucketsPerStep = (static_cast<std::uint64_t>(kBuckets) << 32) / (steps + 1);
    fill();
    for (const Bucket& bucket : m_buckets) {
        m_sum += bucket.sum;
        m_correctCount += bucket.correct;
    }
}

void ConfidenceBuckets::fill()
{
    const std::uint32_t first = scaleOf(m_least);
    for (std::size_t i = 0; i < m_confidence.size(); ++i) {
        const std::uint64_t at = ((scaleOf(m_confidence[i]) - first) * m_bucketsPerStep) >> 32;
        m_bucketOf[i] = static_cast<std::uint16_t>(at);
        Bucket& bucket = m_buckets[at];
        ++bucket.count;
        bucket.correct += m_correct[i];
        bucket.sum += m_confidence[i];
    }
}

std::int64_t ConfidenceBuckets::bucketOf(double place) const
{
    if (place < m_least)
        return -1;
    if (place > m_largest)
        return kBuckets;
    return static_cast<std::int64_t>(((scaleOf(place) - scaleOf(m_least)) * m_bucketsPerStep) >> 32);
}

ConfidenceBuckets::Opened ConfidenceBuckets::opened(std::span<const std::int64_t> wanted) const
{
    Opened result;
    std::vector<std::uint8_t> open(kBuckets, 0);
    for (const std::int64_t bucket : wanted) {
        if (bucket < 0 || bucket >= kBuckets)
            continue;
        open[static_cast<std::size_t>(bucket)] = 1;
        result[bucket].reserve(m_buckets[static_cast<std::size_t>(bucket)].count);
    }
    for (std::size_t i = 0; i < m_bucketOf.size(); ++i) {
        if (open[m_bucketOf[i]])
            result[m_bucketOf[i]].push_back({m_confidence[i], m_correct[i]});
    }
    for (auto& [bucket, samples] : result) {
        if (!std::ranges::is_sorted(samples, {}, &Sample::confidence)) // many are equal ones
            std::ranges::sort(samples, {}, &Sample::confidence);
    }
    return result;
}

std::vector<ConfidenceBuckets::Rank> ConfidenceBuckets::massRanks(int bins) const
{
    std::vector<Rank> ranks;
    std::int64_t bucket = 0, below = 0;
    for (std::int64_t b = 0; b < bins; ++b) {
        const std::int64_t rank = ((b + 1) * size() + bins - 1) / bins - 1;
        while (below + m_buckets[static_cast<std::size_t>(bucket)].count <= rank)
            below += m_buckets[static_cast<std::size_t>(bucket++)].count;
        ranks.push_back({bucket, rank - below});
    }
    return ranks;
}

std::vector<ReliabilityBin> ConfidenceBuckets::bins(Binning binning, int bins) const
{
    checkBinCount(bins);
    std::vector<double> uppers(static_cast<std::size_t>(bins));
    std::vector<std::int64_t> ends(uppers.size()); // the buckets that they are in
    if (binning == Binning::EqualWidth) {
        for (std::size_t b = 0; b < uppers.size(); ++b) {
            uppers[b] = widthBorder(static_cast<std::int64_t>(b) + 1, bins);
            ends[b] = bucketOf(uppers[b]);
        }
        return binsUpTo(uppers, ends, opened(ends), 0);
    }
    const std::vector<Rank> ranks = massRanks(bins);
    std::ranges::transform(ranks, ends.begin(), &Rank::bucket);
    const Opened samples = opened(ends);
    for (std::size_t b = 0; b < uppers.size(); ++b)
        uppers[b] = samples.at(ends[b])[static_cast<std::size_t>(ranks[b].within)].confidence;
    return binsUpTo(uppers, ends, samples, m_least);
}

std::vector<ReliabilityBin> ConfidenceBuckets::binsUpTo(std::span<const double> uppers,
                                                        std::span<const std::int64_t> ends,
                                                        const Opened& samples, double lower) const
{
    std::vector<ReliabilityBin> result;
    GrowingBin growing;
    std::int64_t first = 0;
    const auto close = [&] {
        const double upper = uppers[result.size()];
        result.push_back(growing.closed(lower, upper, first));
        first += growing.count;
        lower = upper;
        growing = {};
    };
    for (std::int64_t k = 0; k < kBuckets; ++k) {
        while (result.size() < uppers.size() && ends[result.size()] < k)
            close();
        const auto open = samples.find(k);
        if (open == samples.end()) {
            const Bucket& bucket = m_buckets[static_cast<std::size_t>(k)];
            growing.count += bucket.count;
            growing.correct += bucket.correct;
            growing.sum += bucket.sum;
            continue;
        }
        for (const Sample& sample : open->second) {
            while (sample.confidence > uppers[result.size()])
                close();
            ++growing.count;
            growing.correct += sample.correct;
            growing.sum += sample.confidence;
        }
    }
    while (result.size() < uppers.size())
        close();
    return result;
}

} // namespace assay::metrics
