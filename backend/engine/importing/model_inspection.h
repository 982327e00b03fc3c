#pragma once

#include "backend/engine/engine.h"

#include <string>

namespace assay::engine {

/// The result of model.inspect (docs/protocol.md), the same for `assay-cli inspect --json`.
/// @param measure also images per second, on the device that runs take by default. The batch lane steps aside
/// meanwhile where it reaches a checkpoint in time; a finding says when it did not.
/// @throws Error for an unknown model, or one that cannot be loaded.
Json modelInspection(Engine& engine, const std::string& model, bool measure);

} // namespace assay::engine
