#pragma once

#include "backend/engine/plugin.h"
#include "backend/engine/plugin_record.h"
#include "backend/engine/plugin_trust.h"

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace assay::engine {

/// Finds plugins, checks their metadata before any of their code runs, and loads them. Nothing it finds keeps
/// the engine from starting: every failure is a record. What is allowed or switched on or off holds from the
/// next start on: code that ran once is not taken out of a process. Safe from any thread once loadInto()
/// returned.
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

    std::vector<PluginRecord> records() const;
    /// The record of a file. @throws Error when there is no such plugin.
    PluginRecord record(const std::filesystem::path& file) const;
    const PluginTrust& trust() const { return m_trust; }
    /// Takes over what the next start will make of the plugins (checkPlugins()): states and problems, and
    /// files that were not there when this engine started. What is loaded here stays as it is.
    void foresee(const std::vector<PluginRecord>& next);

    /// Id of the plugin that brought a study; empty for a study registered by hand.
    std::string pluginOf(const std::string& studyId) const;

private:
    PluginRecord load(const std::filesystem::path& file, bool own, Registries& registries);

    std::filesystem::path m_ownFolder;
    std::vector<std::filesystem::path> m_otherFolders;
    PluginTrust m_trust;
    mutable std::mutex m_mutex; ///< guards m_records
    std::vector<PluginRecord> m_records;
};

} // namespace assay::engine
