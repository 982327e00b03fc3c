#pragma once

#include <torch/types.h>

namespace assay::calibration {

/// Logarithms of every class's probability p under softmax, and of 1 - p: finite for any finite logits, where
/// p and 1 - p themselves round to 0.
struct LogProbabilities
{
    torch::Tensor is;    ///< ln p, float64 [N,C]
    torch::Tensor isNot; ///< ln (1 - p)
};

/// @param logits float64 [N,C], contiguous, finite.
LogProbabilities logProbabilities(const torch::Tensor& logits);

/// Raises, by a last bit, the probability of the class of the largest logit where rounding let another equal
/// or pass it: an order that holds exactly in real numbers then holds in float64 for the top class. Both
/// float64 [N,C], contiguous; of equal logits the lowest class counts.
void keepArgmax(const torch::Tensor& probabilities, const torch::Tensor& logits);

/// Rows scaled to sum 1; a row of zeros becomes 1 / C everywhere. @param values >= 0, float64 [N,C].
torch::Tensor normalisedRows(const torch::Tensor& values);

} // namespace assay::calibration
