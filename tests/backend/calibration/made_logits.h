#pragma once

#include "backend/metrics/draws.h"

#include <torch/types.h>

#include <cmath>
#include <cstdint>

namespace assay::test {

/// Logits of an overconfident classifier with labels: labels are drawn from softmax(z), the logits told are
/// @p sharpness z plus a constant per class.
struct MadeLogits
{
    torch::Tensor logits; ///< float64 [N,C]
    torch::Tensor labels; ///< int64 [N]
};

inline MadeLogits madeLogits(std::int64_t n, std::int64_t classes, double sharpness = 2,
                             std::uint64_t seed = 1)
{
    metrics::Draws draws(seed);
    const auto uniform = [&] { return (static_cast<double>(draws.below(1 << 30)) + 0.5) / (1 << 30); };
    MadeLogits made{torch::empty({n, classes}, torch::kFloat64), torch::empty({n}, torch::kInt64)};
    auto z = made.logits.accessor<double, 2>();
    for (std::int64_t i = 0; i < n; ++i) {
        double total = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
            z[i][k] = 2 * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
            total += std::exp(z[i][k]);
        }
        double left = uniform() * total;
        std::int64_t label = 0;
        while (label + 1 < classes && (left -= std::exp(z[i][label])) > 0)
            ++label;
        made.labels[i] = label;
        for (std::int64_t k = 0; k < classes; ++k)
            z[i][k] = sharpness * z[i][k] + 0.1 * static_cast<double>(k);
    }
    return made;
}

} // namespace assay::test
