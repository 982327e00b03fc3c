#pragma once

#include "backend/engine/plugin.h"
#include "backend/engine/plugin_trust.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::engine {

/// One plugin file that was found, loaded or not.
struct PluginRecord
{
    std::filesystem::path file;
    std::string id, name, version, author, licence, summary;
    std::vector<std::string> studies; ///< ids announced by the metadata
    bool loaded = false;
    std::string problem; ///< when not loaded: the sentence that says why and how to mend it
};

/// Finds plugins, checks their metadata before any of their code runs, and loads them. Nothing it finds keeps
/// the engine from starting: every failure is a record.
class PluginHost
{
public:
    /// @param ownFolder the application's own plugins, trusted as the application is
    /// @param otherFolders searched as well; a plugin there needs its hash allowed
    PluginHost(std::filesystem::path ownFolder, std::vector<std::filesystem::path> otherFolders,
               std::filesystem::path configFolder);

    /// The user's plugin folder and those of the environment variable ASSAY_PLUGIN_PATH (separated by
    /// colons).
    static std::vector<std::filesystem::path> defaultFolders();

    /// Loads everything found into @p registries, in the order of the folders and then by name.
    void loadInto(Registries& registries);

    const std::vector<PluginRecord>& records() const { return m_records; }
    /// Id of the plugin that brought a study; empty for a study registered by hand.
    std::string pluginOf(const std::string& studyId) const;

private:
    void load(const std::filesystem::path& file, bool own, Registries& registries);

    std::filesystem::path m_ownFolder;
    std::vector<std::filesystem::path> m_otherFolders;
    PluginTrust m_trust;
    std::vector<PluginRecord> m_records;
};

} // namespace assay::engine
