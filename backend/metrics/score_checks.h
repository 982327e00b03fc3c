#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

namespace assay::metrics {

/// Logits or probabilities as what follows computes with: float64 [N,C], contiguous, on the CPU, without
/// gradient; a copy only where something differs. N may be 0, C is at least 2.
/// @param what "logits" or "probabilities", for messages.
/// @throws Error for another shape or element type, fewer than two classes, NaN and infinities.
torch::Tensor checkedScores(const torch::Tensor& scores, const char* what);

/// The labels of @p samples samples: int64 [N], contiguous, on the CPU. Any integer type is taken.
/// @throws Error for another shape, length or element type, or a label outside 0 .. classes-1.
torch::Tensor checkedLabels(const torch::Tensor& labels, std::int64_t samples, std::int64_t classes);

/// That @p confidence are N >= 1 numbers from 0 to 1 and @p correct as many that are 0 or 1.
/// @throws Error for anything else, NaN included.
void checkConfidences(std::span<const double> confidence, std::span<const std::uint8_t> correct);

} // namespace assay::metrics
