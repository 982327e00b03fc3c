#pragma once

#include "backend/engine/engine.h"
#include "backend/protocol/message.h"

#include <optional>

namespace assay::engine {

/// Answers import.inspect, import.add, import.remove, import.restore and model.inspect; nullopt for others.
/// @throws Error.
std::optional<protocol::Reply> answerImport(Engine& engine, const protocol::Request& request);

} // namespace assay::engine
