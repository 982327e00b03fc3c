#pragma once

#include <filesystem>
#include <string>

namespace assay::engine {

/// What the user said about plugin files, and what experience showed. Kept per user, never in a workspace: a
/// workspace may come from somebody else.
///   plugins-allowed.json       {"SHA-256": "file name when it was allowed"}
///   plugins-crashed/SHA-256.txt  the path of a plugin that crashed the process while it was loaded
class PluginTrust
{
public:
    explicit PluginTrust(std::filesystem::path configFolder);

    bool isAllowed(const std::string& hash) const;
    bool hasCrashed(const std::string& hash) const;

    /// Allows the file as it is now and forgets that it crashed. @returns its hash.
    /// @throws Error when the file cannot be read or the list not written.
    std::string allow(const std::filesystem::path& file) const;

    /// For the time a plugin's code is loaded. A fatal signal, or an exit from within, leaves a note from
    /// which hasCrashed() knows at the next start; being killed from outside leaves none. One at a time.
    class LoadGuard
    {
    public:
        LoadGuard(const PluginTrust& trust, const std::filesystem::path& file, const std::string& hash);
        ~LoadGuard();
        LoadGuard(const LoadGuard&) = delete;
        LoadGuard& operator=(const LoadGuard&) = delete;
    };

private:
    std::filesystem::path m_folder;
};

} // namespace assay::engine
