#pragma once

#include <filesystem>
#include <string>

namespace assay::engine {

/// What the user said about plugin files, and what experience showed. Kept per user, never in a workspace: a
/// workspace may come from somebody else.
///   plugins-allowed.json       {"SHA-256": "file name when it was allowed"}
///   plugins-disabled.json      {"id": "file name when it was switched off"}
///   plugins-crashed/SHA-256.txt  the path of a plugin that crashed the process while it was loaded, and in
///                                the next line how
class PluginTrust
{
public:
    explicit PluginTrust(std::filesystem::path configFolder);

    bool isAllowed(const std::string& hash) const;
    bool hasCrashed(const std::string& hash) const;
    /// What the note of a crash says of it: "it aborted (SIGABRT)"; empty when there is none.
    std::string crashOf(const std::string& hash) const;
    bool isDisabled(const std::string& id) const;

    /// Allows the file as it is now and forgets that it crashed. @returns its hash.
    /// @throws Error when the file cannot be read or the list not written.
    std::string allow(const std::filesystem::path& file) const;
    /// Switches a plugin off or on, whatever file it lies in. @throws Error when the list cannot be written.
    void setDisabled(const std::string& id, const std::filesystem::path& file, bool disabled) const;

    /// How long a plugin may take to load.
    static constexpr unsigned kLoadSeconds = 30;

    /// For the time a plugin's code is loaded. A fatal signal, an exit from within, or more than kLoadSeconds
    /// leave a note from which hasCrashed() knows at the next start; being killed from outside leaves none.
    /// One at a time.
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
