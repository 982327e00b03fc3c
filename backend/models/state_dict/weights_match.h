#pragma once

#include "backend/models/model.h"

#include <string>
#include <vector>

namespace assay::models {

/// How the tensors of a file compare with those that a network has. Counters of batches are ignored.
struct WeightsMatch
{
    struct Misfit
    {
        std::string name;
        std::string found;    ///< "[5x17]", or "complex"
        std::string expected; ///< "[5x16]"
    };
    std::vector<std::string> missing;    ///< in module order
    std::vector<Misfit> misshaped;       ///< in module order
    std::vector<std::string> unexpected; ///< in alphabetical order

    bool fits() const { return missing.empty() && misshaped.empty() && unexpected.empty(); }
    std::size_t faults() const { return missing.size() + misshaped.size() + unexpected.size(); }
    /// "missing a, b; of another shape c [5x17] instead of [5x16]; unexpected d", each list cut after eight
    /// names; empty when all fits.
    std::string sentence() const;
    /// {"missing": [..], "misshaped": [{"name", "found", "expected"}], "unexpected": [..]}, each list cut
    /// after 1000 names.
    Json details() const;
};

WeightsMatch matchWeights(const Network& network, const NamedTensors& tensors);

} // namespace assay::models
