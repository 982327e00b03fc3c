#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace assay::calibration {

/// A row of the bank and how near it is: larger is nearer.
struct Candidate
{
    float score;
    std::int32_t index;
};

/// The k largest scores out of many that come in ascending order of their index. Candidates gather until
/// there are about twice as many as wanted, then the worse half goes, and only what beats the k-th is looked
/// at from then on: most scores cost no more than a comparison of several at a time.
class BestScores
{
public:
    explicit BestScores(std::int64_t k);

    /// Takes scores[i] - penalties[i] of index first + i. Scores are finite or -infinity (never kept).
    void scan(std::span<const float> scores, std::span<const float> penalties, std::int64_t first);

    /// The best, best first; of equal ones the lower index.
    std::span<const Candidate> finished();

private:
    void keepBest();
    void guessThreshold(std::span<const float> scores, std::span<const float> penalties);

    std::size_t m_k;
    std::size_t m_capacity;
    float m_threshold =
        -std::numeric_limits<float>::infinity(); ///< only what is larger can be among the best
    std::vector<Candidate> m_items;
};

} // namespace assay::calibration
