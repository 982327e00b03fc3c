#pragma once

#include <filesystem>

namespace assay::attacks {

/// What the methods of a TorchScript file make it.
enum class ScriptKind {
    Network, ///< `forward`
    Attack,  ///< `step`
    Both,
    Neither,
};

/// @param file as models::kTorchScriptFormat recognises it. A network is told without loading it. What cannot
/// be loaded counts as what its code names, so that opening it as that says what is wrong.
ScriptKind scriptKind(const std::filesystem::path& file);

} // namespace assay::attacks
