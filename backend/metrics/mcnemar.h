#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::metrics {

/// P(X >= k) of a binomial with @p n trials of probability 1/2. 1 for k <= 0.
double fairTail(std::int64_t k, std::int64_t n);

/// Two classifiers, or one under two attacks, on the same images.
struct PairedRates
{
    std::int64_t n = 0;
    std::int64_t firstOnly = 0;  ///< right by the first alone
    std::int64_t secondOnly = 0; ///< right by the second alone
    /// Probability of a difference as large or larger if both were equally good: McNemar's test by the exact
    /// binomial, two-sided. 1 where nothing differs.
    double p = 1;
    double difference() const
    {
        return n > 0 ? static_cast<double>(firstOnly - secondOnly) / static_cast<double>(n) : 0;
    }
};

/// @param first,second bool [n] on the CPU: whether each image is right. McNemar 1947.
/// @throws Error when the lengths differ.
PairedRates mcnemar(const torch::Tensor& first, const torch::Tensor& second);

} // namespace assay::metrics
