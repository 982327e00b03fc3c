#pragma once

#include "backend/metrics/draws.h"

#include <cstdint>
#include <vector>

namespace assay::test {

/// Confidences with outcomes that are too rare for them, as of an overconfident classifier.
struct MadeConfidences
{
    std::vector<double> confidence;
    std::vector<std::uint8_t> correct;
};

/// @param steps confidences are multiples of 1 / steps: few make many equal ones, 0 and 1 among them.
inline MadeConfidences madeConfidences(std::int64_t n, std::int64_t steps, std::uint64_t seed = 1)
{
    metrics::Draws draws(seed);
    MadeConfidences made;
    for (std::int64_t i = 0; i < n; ++i) {
        const double c = static_cast<double>(draws.below(steps + 1)) / static_cast<double>(steps);
        made.confidence.push_back(c);
        made.correct.push_back(static_cast<double>(draws.below(1000000)) / 1e6 < c * c);
    }
    return made;
}

} // namespace assay::test
