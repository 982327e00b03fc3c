#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::engine {

/// Where the installed (or built) program keeps what it came with, found relative to its executable so that
/// nothing has to know where it was built.
struct Installation
{
    std::filesystem::path resources; ///< share/assay beside bin; the environment's ASSAY_RESOURCES wins
    std::filesystem::path plugins;   ///< the application's own plugins
    std::filesystem::path programs;  ///< folder of the executable

    static Installation find();
};

/// Per-user folder for what is not part of any workspace, e.g. which plugins may run: XDG config home /assay.
std::filesystem::path configFolder();
/// Per-user folder for plugins from outside: XDG data home /assay/plugins.
std::filesystem::path userPluginFolder();
/// Per-user folder for scripted attacks: XDG data home /assay/attacks.
std::filesystem::path userAttackFolder();

/// The folders of a workspace. Paths only: folders are made by whoever first writes to them.
class Workspace
{
public:
    /// @param root empty: defaultRoot(). A relative path counts from the current folder.
    explicit Workspace(std::filesystem::path root = {});

    /// The demonstration workspace: XDG data home /assay/demo.
    static std::filesystem::path defaultRoot();

    const std::filesystem::path& root() const { return m_root; }
    std::filesystem::path runs() const { return m_root / "runs"; }
    std::filesystem::path models() const { return m_root / "models"; }
    std::filesystem::path data() const { return m_root / "data"; }
    std::filesystem::path attacks() const { return m_root / "attacks"; } ///< scripted attacks
    std::filesystem::path patches() const { return m_root / "patches"; } ///< kept patches
    std::filesystem::path cache() const { return m_root / "cache"; }

private:
    std::filesystem::path m_root;
};

} // namespace assay::engine
