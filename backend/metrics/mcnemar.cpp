#include "backend/metrics/mcnemar.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::metrics {

double fairTail(std::int64_t k, std::int64_t n)
{
    double sum = 0;
    for (std::int64_t i = std::max<std::int64_t>(k, 0); i <= n; ++i)
        sum += std::exp(std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(i) + 1) -
                        std::lgamma(static_cast<double>(n - i) + 1) -
                        static_cast<double>(n) * std::numbers::ln2);
    return std::min(1.0, sum);
}

PairedRates mcnemar(const torch::Tensor& first, const torch::Tensor& second)
{
    if (first.sizes() != second.sizes())
        throw Error("two classifiers can be compared on the same images only");
    PairedRates r{.n = first.numel()};
    r.firstOnly = first.logical_and(second.logical_not()).sum().item<std::int64_t>();
    r.secondOnly = second.logical_and(first.logical_not()).sum().item<std::int64_t>();
    r.p = std::min(1.0, 2 * fairTail(std::max(r.firstOnly, r.secondOnly), r.firstOnly + r.secondOnly));
    return r;
}

} // namespace assay::metrics
