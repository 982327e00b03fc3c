#pragma once

#include "backend/models/architectures/guess.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/state_dict/weights_match.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::models {

/// The network that a file's weights belong to, as far as it can be told.
struct ArchitectureChoice
{
    ArchitectureGuess guess;          ///< architecture empty: none is known that has such tensors
    InputSpec input;                  ///< of the network: pixels as they are, sizes given, known or proposed
    std::int64_t classes = 0;         ///< given, or of the last layer; 0: unknown
    std::shared_ptr<Network> network; ///< with arbitrary weights; nullptr when it cannot be made
    WeightsMatch match;               ///< when there is a network
    std::string problem;              ///< why there is none, in a sentence of the architecture
    std::vector<std::string> others;  ///< architectures that fit as well
};

/// Compares @p tensors with every architecture whose guesser recognises them, or with the one that
/// @p corrections names, and takes the one with the fewest faults; of equals the first guess.
ArchitectureChoice chooseArchitecture(const NamedTensors& tensors, const ModelCorrections& corrections);

} // namespace assay::models
