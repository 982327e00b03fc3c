#pragma once

#include "backend/models/files/pickle.h"

#include <optional>
#include <string>
#include <string_view>

namespace assay::models {

/// Looks a name up as the pickle asks for it: GLOBAL "torch._utils" "_rebuild_tensor_v2".
/// @returns a value of kind Type, or nothing for a name that is not known.
std::optional<PickleValue> findPickleType(std::string_view module, std::string_view name);

/// What calling @p type with @p arguments (a tuple) makes; no code is run, only the known types' data noted.
/// @throws std::invalid_argument saying what does not fit ("a tensor without a shape").
PickleValue makePickled(const PickleValue& type, const PickleValue& arguments, Pickle& pickle);

/// The storage that a persistent id ("storage", type, key, location, elements[, view]) names.
/// @throws std::invalid_argument likewise.
PickleValue makePickledStorage(const PickleValue& id, Pickle& pickle);

} // namespace assay::models
