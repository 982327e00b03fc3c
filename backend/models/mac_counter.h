#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assay::models {

/// One operator that multiplies with a matrix or filter, as it was run.
struct CountedOperator
{
    std::string kind;                 ///< "convolution" or "matrix product"
    std::vector<std::int64_t> weight; ///< shape of its second factor; of a fully connected layer [out,in]
    std::vector<std::int64_t> output; ///< shape of what it gives
    std::int64_t macs = 0;            ///< multiply-adds, of the whole batch
};

/// Runs @p forward and counts the multiply-adds of its convolutions and matrix products, in the order they
/// are run, from the shapes of their operands. Works for any network that LibTorch executes in the calling
/// thread: built in, TorchScript, or a graph. Additions of biases, normalisation and activations are not
/// counted, as in published tables.
std::vector<CountedOperator> countOperators(const std::function<void()>& forward);

} // namespace assay::models
