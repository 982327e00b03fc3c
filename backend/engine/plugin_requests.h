#pragma once

#include "backend/engine/engine.h"
#include "backend/protocol/message.h"

#include <optional>

namespace assay::engine {

/// Answers plugin.check, plugin.allow and plugin.enable; nullopt for others. @throws Error.
std::optional<protocol::Reply> answerPlugins(Engine& engine, const protocol::Request& request);

} // namespace assay::engine
