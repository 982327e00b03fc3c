#pragma once

#include "backend/attacks/registry.h"

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace assay::attacks {

/// One attack file that was found, usable or not.
struct ScriptRecord
{
    std::filesystem::path file;
    std::string id;      ///< in the registry; empty when it is not there
    std::string title;   ///< empty when it cannot be used
    std::string problem; ///< why it cannot be used: one sentence
    std::string warning; ///< what is doubtful about one that can
};

/// The scripted attacks of some folders, in a registry for as long as this lives. Nothing in a folder keeps
/// it from being made: what cannot be used is a record. Safe from any thread.
class ScriptedAttacks
{
public:
    /// Opens every `*.pt` of @p folders, in that order and then by name; folders that are not there are
    /// empty. Of two files of one name the first counts.
    ScriptedAttacks(AttackRegistry& registry, const std::vector<std::filesystem::path>& folders);
    ~ScriptedAttacks();
    ScriptedAttacks(const ScriptedAttacks&) = delete;
    ScriptedAttacks& operator=(const ScriptedAttacks&) = delete;

    std::vector<ScriptRecord> records() const;
    /// Opens one more file, or one again that has changed. @returns its record.
    ScriptRecord open(const std::filesystem::path& file);
    /// Takes the attack of @p file out of the registry, if it is there. Runs that use it go on.
    void close(const std::filesystem::path& file);

private:
    AttackRegistry& m_registry;
    mutable std::mutex m_mutex; ///< guards m_records
    std::vector<ScriptRecord> m_records;
};

} // namespace assay::attacks
