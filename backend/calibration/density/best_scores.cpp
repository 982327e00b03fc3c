#include "backend/calibration/density/best_scores.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace assay::calibration {

namespace {

constexpr std::size_t kSpare = 64;
constexpr std::size_t kLanes = 32; ///< scores that are compared at once
constexpr std::size_t kGroup = 8;

bool better(const Candidate& a, const Candidate& b)
{
    return a.score != b.score ? a.score > b.score : a.index < b.index;
}

/// Four numbers in one register, on any machine: at the optimisation that we build with, GCC makes no vectors
/// of a loop like the one below, which is most of what scan() does.
using Floats = float __attribute__((vector_size(16)));
using Flags = std::int32_t __attribute__((vector_size(16)));

Floats loaded(const float* from)
{
    Floats values;
    std::memcpy(&values, from, sizeof values);
    return values;
}

/// Whether any of kLanes differences is above @p threshold.
bool anyAbove(const float* scores, const float* penalties, float threshold)
{
    Flags above = {};
    for (std::size_t i = 0; i < kLanes; i += 4)
        above |= loaded(scores + i) - loaded(penalties + i) > threshold;
    return (above[0] | above[1] | above[2] | above[3]) != 0;
}

/// The largest of kGroup differences.
float largestOf(const float* scores, const float* penalties)
{
    float largest = scores[0] - penalties[0];
    for (std::size_t i = 1; i < kGroup; ++i)
        largest = std::max(largest, scores[i] - penalties[i]);
    return largest;
}

} // namespace

BestScores::BestScores(std::int64_t k)
    : m_k(static_cast<std::size_t>(k))
    , m_capacity(2 * m_k + kSpare)
{
    m_items.reserve(m_capacity);
}

void BestScores::scan(std::span<const float> scores, std::span<const float> penalties, std::int64_t first)
{
    if (m_items.empty())
        guessThreshold(scores, penalties);
    for (std::size_t at = 0; at < scores.size(); at += kLanes) {
        const std::size_t end = std::min(scores.size(), at + kLanes);
        if (end == at + kLanes && !anyAbove(&scores[at], &penalties[at], m_threshold))
            continue;
        for (std::size_t i = at; i < end; ++i) {
            const float score = scores[i] - penalties[i];
            if (!(score > m_threshold))
                continue;
            m_items.push_back({score, static_cast<std::int32_t>(first + static_cast<std::int64_t>(i))});
            if (m_items.size() == m_capacity)
                keepBest();
        }
    }
}

/// k groups of scores have a largest score that is at least the k-th of those: so has the k-th of all scores.
/// That spares most of the candidates of the first scores, where nothing is known yet.
void BestScores::guessThreshold(std::span<const float> scores, std::span<const float> penalties)
{
    const std::size_t groups = scores.size() / kGroup;
    if (groups < m_k)
        return;
    std::vector<float> largest(groups);
    for (std::size_t g = 0; g < groups; ++g)
        largest[g] = largestOf(&scores[g * kGroup], &penalties[g * kGroup]);
    const auto last = largest.begin() + static_cast<std::ptrdiff_t>(m_k) - 1;
    std::nth_element(largest.begin(), last, largest.end(), std::greater<>());
    // Just below, since equal scores may be among the best.
    m_threshold = std::nextafter(*last, -std::numeric_limits<float>::infinity());
}

void BestScores::keepBest()
{
    // A later one of the same score as the k-th has a higher index: it would lose.
    const auto last = m_items.begin() + static_cast<std::ptrdiff_t>(m_k) - 1;
    std::nth_element(m_items.begin(), last, m_items.end(), better);
    m_threshold = last->score;
    m_items.resize(m_k);
}

std::span<const Candidate> BestScores::finished()
{
    if (m_items.size() > m_k)
        keepBest();
    std::sort(m_items.begin(), m_items.end(), better);
    return m_items;
}

} // namespace assay::calibration
