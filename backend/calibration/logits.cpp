#include "backend/calibration/logits.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::calibration {

namespace {

/// ln of the sum of exp(z) over all classes but @p left, less @p total.
double logSumWithout(const double* z, std::int64_t classes, std::int64_t left, double total)
{
    double largest = -std::numeric_limits<double>::infinity();
    for (std::int64_t k = 0; k < classes; ++k) {
        if (k != left)
            largest = std::max(largest, z[k]);
    }
    double sum = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
        if (k != left)
            sum += std::exp(z[k] - largest);
    }
    return std::log(sum) + largest - total;
}

} // namespace

LogProbabilities logProbabilities(const torch::Tensor& logits)
{
    const torch::Tensor totals = logits.logsumexp(1).contiguous();
    LogProbabilities result{.is = (logits - totals.unsqueeze(1)).contiguous()};
    result.isNot = torch::log1p(-result.is.exp()).contiguous();
    const std::int64_t classes = logits.size(1);
    const double* z = logits.data_ptr<double>();
    for (std::int64_t i = 0; i < logits.size(0); ++i, z += classes) {
        // Only a probability above one half cancels in 1 - p, and only the largest can be.
        const std::int64_t top = std::max_element(z, z + classes) - z;
        result.isNot.data_ptr<double>()[i * classes + top] =
            std::min(0.0, logSumWithout(z, classes, top, totals.data_ptr<double>()[i]));
    }
    result.is.clamp_max_(0);
    return result;
}

void keepArgmax(const torch::Tensor& probabilities, const torch::Tensor& logits)
{
    const std::int64_t classes = logits.size(1);
    double* p = probabilities.data_ptr<double>();
    const double* z = logits.data_ptr<double>();
    for (std::int64_t i = 0; i < logits.size(0); ++i, p += classes, z += classes) {
        const std::int64_t wanted = std::max_element(z, z + classes) - z;
        const std::int64_t found = std::max_element(p, p + classes) - p;
        if (found != wanted)
            p[wanted] = std::nextafter(p[found], 2.0);
    }
}

torch::Tensor normalisedRows(const torch::Tensor& values)
{
    const torch::Tensor sums = values.sum(1, true);
    const double share = 1.0 / static_cast<double>(values.size(1));
    return torch::where(sums > 0, values / sums, torch::full_like(values, share));
}

} // namespace assay::calibration
