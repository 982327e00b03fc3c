#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>

namespace assay::data {

/// The fixed division of a set that comes without one: about 20 % of the samples are for testing, chosen by
/// a hash of their number (SplitMix64), so that the same file always gives the same two splits.
bool isTestSample(std::uint64_t index);

/// The ids (int64, ascending) of the training and the test samples of @p count.
std::pair<torch::Tensor, torch::Tensor> hashSplit(std::int64_t count);

/// The same from flags: 1 where a sample is for testing. @param test bool [N].
std::pair<torch::Tensor, torch::Tensor> splitByFlags(const torch::Tensor& test);

} // namespace assay::data
