#pragma once

#include "backend/models/files/pickle.h"
#include "backend/protocol/finding.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::models {

/// The tensors of a checkpoint by name; the indices are those of Pickle::tensors.
struct FoundStateDict
{
    std::vector<std::pair<std::string_view, std::size_t>> tensors; ///< in the order of the dict
    protocol::Findings findings; ///< where it was found and what was left out
};

/// Finds the state_dict in what torch.save wrote: the whole, the entry of a usual name (state_dict,
/// model_state_dict, model, net, ...; also inside each other), or the only entry that is a dict of tensors.
/// @throws Error when there is none, or when several could be meant, naming them.
FoundStateDict findStateDict(const Pickle& pickle, const std::string& where);

} // namespace assay::models
