#pragma once

#include "backend/protocol/json.h"

#include <filesystem>
#include <string>

namespace assay::attacks {

/// What a workspace remembers of a scripted attack that was imported: ATTACKS/NAME.json. The script stays
/// where it is.
struct AttackCard
{
    std::string name;  ///< of the id, after kScriptPrefix
    std::string title; ///< empty: the script's own
    std::filesystem::path file;
    std::string sha256; ///< of the file when it was imported; empty in a card written by hand
};

Json toJson(const AttackCard& card);
/// A relative `file` counts from the card's folder. @throws Error when it cannot be read, naming the field.
AttackCard readAttackCard(const std::filesystem::path& file);

} // namespace assay::attacks
