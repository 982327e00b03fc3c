#pragma once

#include "backend/protocol/json.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::engine {

/// What becomes of a plugin file when an engine starts.
enum class PluginState {
    Active,      ///< it is loaded
    Disabled,    ///< the user switched it off
    NotAllowed,  ///< it came from outside and its hash was not allowed
    Quarantined, ///< it crashed an engine while it was loaded
    Failed,      ///< it is no plugin of this engine, or says in an error why it cannot be loaded
};

/// "active", "disabled", "not-allowed", "quarantined", "failed".
const char* name(PluginState state);

/// One plugin file that was found, loaded or not.
struct PluginRecord
{
    std::filesystem::path file;
    std::string id, name, version, author, licence, summary;
    std::vector<std::string> studies; ///< ids announced by the metadata
    std::vector<std::string> attacks; ///< likewise
    std::string sha256;               ///< of the file; empty when it cannot be read
    bool own = false;                 ///< came with the application
    bool loaded = false;              ///< in this engine, now
    /// At the start of this engine, or, after something was changed, at the start of the next.
    PluginState state = PluginState::Failed;
    std::string problem; ///< when it is not active: the sentence that says why and how to mend it
    bool operator==(const PluginRecord&) const = default;

    /// The next start of the engine changes whether it is loaded.
    bool changesAtStart() const { return loaded != (state == PluginState::Active); }
};

/// The entry of docs/protocol.md.
Json toJson(const PluginRecord& record);
/// @throws Error when @p json is no such entry.
PluginRecord pluginFromJson(const Json& json);

/// Reads id, name and all else that a plugin says of itself into @p record. It lies in the file as data: none
/// of the plugin's code runs.
/// @throws Error when the file is no plugin, incomplete, or built for another engine. What was read by then
/// stays in @p record.
void readPluginMetadata(PluginRecord& record);

} // namespace assay::engine
