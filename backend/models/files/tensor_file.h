#pragma once

#include "backend/models/named_tensors.h"
#include "backend/protocol/finding.h"

#include <map>
#include <string>

namespace assay::models {

inline constexpr std::size_t kMaxTensorRank = 16;
inline constexpr std::size_t kLongestTensorName = 1000; ///< longer ones are cut

/// What a file of weights holds.
struct TensorFile
{
    /// In file order, contiguous, on the CPU. Some lie in the file itself, mapped: do not write to them (a
    /// write would copy the page and stay in this process), and copy what shall outlive a change of the file
    /// by somebody who does not replace it but overwrites it in place.
    NamedTensors tensors;
    std::map<std::string, std::string> metadata;
    protocol::Findings findings;
    const torch::Tensor* find(const std::string& name) const; ///< nullptr when absent
};

/// Which weights are no numbers: a Problem that names tensors with NaN, a Warning that names those with an
/// infinity (which masks of attention hold on purpose). One pass over the data, without a copy where all is
/// well.
protocol::Findings nonFiniteFindings(const NamedTensors& tensors);

} // namespace assay::models
