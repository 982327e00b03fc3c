#pragma once

#include "backend/metrics/bootstrap.h"

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

// How well a number tells two kinds of samples apart. High means positive in all that follows.

/// Scores of both kinds in ascending order: sorted once, so that every threshold and every resample is one
/// pass. Immutable; safe from any thread.
class SortedScores
{
public:
    /// @param scores any real numbers, infinities too. @param positive of the same samples, 0 or 1.
    /// @throws Error for lengths that differ and for NaN.
    SortedScores(std::span<const double> scores, std::span<const std::uint8_t> positive);

    std::span<const double> scores() const { return m_scores; } ///< ascending
    std::span<const std::uint8_t> positive() const { return m_positive; }
    std::int64_t positives() const { return m_positives; }
    std::int64_t negatives() const { return static_cast<std::int64_t>(m_scores.size()) - m_positives; }

private:
    std::vector<double> m_scores;
    std::vector<std::uint8_t> m_positive;
    std::int64_t m_positives = 0;
};

/// AUROC: the chance that a positive sample has a higher score than a negative one, equal scores counting one
/// half (Mann & Whitney 1947). NaN when there is only one kind.
/// @param ascending sorted; @param positive in that order. @param counts how often each is taken; empty:
/// once.
double auroc(std::span<const double> ascending, std::span<const std::uint8_t> positive,
             std::span<const std::uint32_t> counts = {});
double auroc(const SortedScores& sorted);

/// Percentile bootstrap of the AUROC: positives and negatives are drawn anew apart from each other, so that
/// no resample lacks either. NaN when there is only one kind. Deterministic for a seed.
/// @throws Error for numbers of the specification out of range.
Interval aurocInterval(const SortedScores& sorted, const BootstrapSpec& spec = {});

/// What a threshold does: samples of at least this score are flagged.
struct RocPoint
{
    double threshold = 0; ///< +infinity in the first point, where nothing is flagged
    std::int64_t truePositives = 0;
    std::int64_t falsePositives = 0;
    double tpr = 0; ///< of the positives; NaN without any
    double fpr = 0; ///< of the negatives; NaN without any
};

/// One point for each different score, from the highest threshold to the lowest, after the point that flags
/// nothing. Equal scores cannot be told apart by a threshold and enter together.
std::vector<RocPoint> rocCurve(const SortedScores& sorted);

/// The largest TPR among the points whose FPR is at most @p fpr: what a threshold can reach, nothing is
/// interpolated. NaN when there is only one kind.
double tprAtFpr(const std::vector<RocPoint>& curve, double fpr);

/// F1 = 2 TP / (2 TP + FP + FN) of the positives; 0 when nothing is found.
double f1Score(const RocPoint& point, std::int64_t positives);
/// The point of the largest F1, the highest threshold of equals.
RocPoint bestF1(const std::vector<RocPoint>& curve, std::int64_t positives);

} // namespace assay::metrics
