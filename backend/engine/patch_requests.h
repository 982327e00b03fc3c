#pragma once

#include "backend/engine/engine.h"
#include "backend/protocol/message.h"

#include <optional>

namespace assay::engine {

/// Answers patch.keep and patch.remove; nullopt for others. @throws Error.
std::optional<protocol::Reply> answerPatches(Engine& engine, const protocol::Request& request);

} // namespace assay::engine
