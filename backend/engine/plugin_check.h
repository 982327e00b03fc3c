#pragma once

#include "backend/engine/plugin_record.h"

#include <filesystem>
#include <vector>

namespace assay::engine {

/// What the next start of an engine makes of the plugins: loads them in a process of its own, so that one
/// that crashes, hangs or ends the process does no harm here. Such a one is set aside and the rest is tried
/// again. Takes as long as starting an engine does.
/// @param program assay-cli
/// @returns the records of that process; loaded there, not here.
/// @throws Error when the program cannot be started or does not answer.
std::vector<PluginRecord> checkPlugins(const std::filesystem::path& program);

} // namespace assay::engine
