#pragma once

#include "backend/attacks/scripted/script_attack.h"
#include "backend/attacks/scripted/script_verdicts.h"

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace assay::attacks {

/// One attack that was found in a folder, usable or not.
struct ScriptRecord
{
    std::filesystem::path entry; ///< in the folder: the script, or the card of one that was imported
    std::filesystem::path file;  ///< the script
    std::string name;            ///< of the id that it has or would have, after kScriptPrefix
    std::string id;              ///< in the registry; empty when it is not there
    std::string title;           ///< empty when it cannot be used
    std::string problem;         ///< why it cannot be used: one sentence
    std::string warning;         ///< what is doubtful about one that can, or that it has changed
    std::string sha256;          ///< of the script as it was read; empty when it cannot be used
    bool isImported() const { return entry != file; }
};

/// The scripted attacks of some folders, in a registry for as long as this lives: scripts (`*.pt`) and cards
/// of imported ones (`*.json`). Nothing in a folder keeps it from being made: what cannot be used is a
/// record. Safe from any thread.
class ScriptedAttacks
{
public:
    /// Opens what is in @p folders, in that order and then by name; folders that are not there are empty. Of
    /// two of one name the first counts.
    /// @param verdicts see ScriptVerdicts.
    ScriptedAttacks(AttackRegistry& registry, std::vector<std::filesystem::path> folders,
                    std::filesystem::path verdicts = {});
    ~ScriptedAttacks();
    ScriptedAttacks(const ScriptedAttacks&) = delete;
    ScriptedAttacks& operator=(const ScriptedAttacks&) = delete;

    std::vector<ScriptRecord> records() const;
    /// Tries a script from anywhere, whatever is known of it. @throws Error as openScriptAttack().
    ScriptAttack inspect(const std::filesystem::path& file);
    /// Looks at the folders again: what is new, changed, mended or gone. Costs a listing when nothing is.
    /// Runs that use an attack go on with it as it was. @returns whether anything is different.
    bool refresh();
    /// Opens one more script or card, or one again that has changed. @returns its record.
    ScriptRecord open(const std::filesystem::path& entry);
    /// Takes the attack of @p entry out of the registry, if it is there. Runs that use it go on.
    void close(const std::filesystem::path& entry);

private:
    struct Stamp
    {
        std::uint64_t bytes = 0;
        std::int64_t modified = 0;
        bool operator==(const Stamp&) const = default;
    };
    struct Known
    {
        ScriptRecord record;
        Stamp entry, file;  ///< when it was opened
        bool taken = false; ///< another one has its name
    };
    static Stamp stampOf(const std::filesystem::path& file);
    ScriptRecord openHeld(const std::filesystem::path& entry); ///< with m_opening held
    void closeHeld(const std::filesystem::path& entry);
    void enter(Known& known, AttackEntry attack, const std::string& before);
    std::vector<Known> known() const;
    std::string idOf(const std::filesystem::path& entry) const;

    AttackRegistry& m_registry;
    std::vector<std::filesystem::path> m_folders;
    ScriptVerdicts m_verdicts;
    std::mutex m_opening;       ///< held while scripts are tried: one at a time
    mutable std::mutex m_mutex; ///< guards m_known
    std::vector<Known> m_known; ///< in the order of the folders
};

} // namespace assay::attacks
