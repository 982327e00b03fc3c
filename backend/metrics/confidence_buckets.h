#pragma once

#include "backend/metrics/calibration_bins.h"

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace assay::metrics {

/// Confidences counted in narrow buckets instead of sorted, for diagrams that follow a slider: a pass over
/// the samples to make it, and another for each binning, which looks only at the samples of those buckets
/// that a bin ends in. A million samples take a few milliseconds; O(N), but O(N log N) where nearly all of
/// them are within a millionth of the range of confidences. Immutable; safe from any thread.
class ConfidenceBuckets
{
public:
    /// Arguments and errors are those of SortedConfidences, except that the confidences must outlive it.
    ConfidenceBuckets(std::span<const double> confidence, std::span<const std::uint8_t> correct);

    std::int64_t size() const { return static_cast<std::int64_t>(m_confidence.size()); }
    double meanConfidence() const { return m_sum / static_cast<double>(size()); }
    std::int64_t totalCorrect() const { return m_correctCount; }

    /// What SortedConfidences::bins() gives: the same borders, positions, counts and rates to the last bit,
    /// and means within 1e-9. @throws Error unless 1 <= bins <= 10000.
    std::vector<ReliabilityBin> bins(Binning binning, int bins) const;

private:
    struct Bucket
    {
        std::uint32_t count = 0;
        std::uint32_t correct = 0;
        double sum = 0; ///< of the confidences
    };
    struct Sample
    {
        double confidence = 0;
        std::uint8_t correct = 0;
    };
    /// A sample by its number in ascending order within its bucket.
    struct Rank
    {
        std::int64_t bucket = 0;
        std::int64_t within = 0;
    };
    /// The samples of those buckets that are looked into, ascending.
    using Opened = std::map<std::int64_t, std::vector<Sample>>;

    void fill();
    /// Does not fall with @p place; -1 below the least confidence, m_buckets.size() above the largest.
    std::int64_t bucketOf(double place) const;
    /// @param wanted buckets, ascending; others than those there are do no harm.
    Opened opened(std::span<const std::int64_t> wanted) const;
    /// Where the last samples of the bins of EqualMass are.
    std::vector<Rank> massRanks(int bins) const;
    /// @param ends buckets that the upper borders are in. @param lower of the first bin.
    std::vector<ReliabilityBin> binsUpTo(std::span<const double> uppers, std::span<const std::int64_t> ends,
                                         const Opened& samples, double lower) const;

    std::span<const double> m_confidence;
    std::span<const std::uint8_t> m_correct;
    std::vector<std::uint16_t> m_bucketOf; ///< of each sample
    std::vector<Bucket> m_buckets;         ///< by ascending confidence
    double m_least = 1;
    double m_largest = 0;
    std::uint64_t m_bucketsPerStep = 0; ///< of the scale, times 2^32
    double m_sum = 0;
    std::int64_t m_correctCount = 0;
};

} // namespace assay::metrics
