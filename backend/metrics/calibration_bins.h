#pragma once

#include "backend/metrics/rates.h"

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

/// Where bins of confidence end.
/// EqualWidth: B bins (b/B, (b+1)/B], the first of which also holds 0 (Guo et al. 2017, section 2).
/// EqualMass: bin b ends at the ceil((b+1) N / B)-th smallest confidence, and holds what is above the end of
/// the bin before it up to and including its own (the first also its lower end, the smallest confidence).
/// Equal confidences therefore always share a bin, whatever the order of the samples; where that takes a
/// later bin's samples, or where there are fewer samples than bins, that bin is empty and has lower == upper.
enum class Binning { EqualWidth, EqualMass };

/// @throws Error unless 1 <= bins <= 10000.
void checkBinCount(int bins);

/// Bin of EqualWidth that @p confidence falls in, for bins 0 .. bins-1: the same borders, compared the same
/// way.
std::int64_t equalWidthBin(double confidence, int bins);

/// b / B: the upper border of bin b - 1 of EqualWidth.
inline double widthBorder(std::int64_t b, int bins)
{
    return static_cast<double>(b) / bins;
}

/// The samples whose confidence lies in (lower, upper].
struct ReliabilityBin
{
    double lower = 0;
    double upper = 0;
    std::int64_t first = 0; ///< of its samples in SortedConfidences::order()
    std::int64_t count = 0;
    double confidence = 0; ///< mean of its samples; NaN when empty
    Rate accuracy;         ///< with Wilson's 95 % interval; NaN when empty

    bool empty() const { return count == 0; }
    double gap() const
    {
        return accuracy.value - confidence;
    } ///< below 0 where overconfident; NaN when empty
};

/// Confidences in ascending order with running sums: sorted once, so that any binning costs a search per bin
/// and none of the samples is looked at again. Immutable; safe from any thread.
class SortedConfidences
{
public:
    /// @param confidence in [0,1]. @param correct of the same samples, 0 or 1 (for one class of many: whether
    /// it
    ///                   is the label). @throws Error for no samples, lengths that differ, NaN or values
    ///                   outside.
    SortedConfidences(std::span<const double> confidence, std::span<const std::uint8_t> correct);

    std::int64_t size() const { return static_cast<std::int64_t>(m_confidence.size()); }
    std::span<const double> confidence() const { return m_confidence; } ///< ascending
    std::span<const std::uint8_t> correct() const { return m_correct; } ///< in that order
    std::span<const std::int64_t> order() const
    {
        return m_order;
    } ///< sample at each position; ties by sample
    double meanConfidence() const { return m_confidenceSums.back() / static_cast<double>(size()); }
    std::int64_t totalCorrect() const { return m_correctSums.back(); }

    /// Ascending bins that hold every sample exactly once; time O(bins log N). Means are within 1e-9.
    /// @throws Error unless 1 <= bins <= 10000.
    std::vector<ReliabilityBin> bins(Binning binning, int bins) const;

private:
    ReliabilityBin bin(double lower, double upper, std::int64_t first, std::int64_t last) const;

    std::vector<double> m_confidence;
    std::vector<std::uint8_t> m_correct;
    std::vector<std::int64_t> m_order;
    std::vector<double> m_confidenceSums;    ///< of the first i, i = 0 .. N
    std::vector<std::int64_t> m_correctSums; ///< of the first i
};

} // namespace assay::metrics
