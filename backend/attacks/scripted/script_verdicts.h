#pragma once

#include "backend/protocol/json.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace assay::attacks {

/// What trying a script out has shown.
struct ScriptVerdict
{
    std::string problem; ///< as Error::happened(); empty: it can be used
    std::string mend;    ///< as Error::mend()
    std::string warning; ///< what is doubtful about one that can be used
    bool operator==(const ScriptVerdict&) const = default;
};

/// Verdicts on scripts by the SHA-256 of their files, kept in a small JSON file, so that the next engine need
/// not try them again. A verdict counts for this version of the scripts' interface and of LibTorch only. A
/// file that cannot be read or written costs nothing but the time to try again. Safe from any thread; several
/// processes may use one file, of which the last writer's view wins.
class ScriptVerdicts
{
public:
    /// @param file empty: kept in memory only.
    explicit ScriptVerdicts(std::filesystem::path file = {});

    std::optional<ScriptVerdict> find(const std::string& sha256) const;
    /// Replaces what was known. Written by the next save().
    void keep(const std::string& sha256, const ScriptVerdict& verdict);
    /// Writes what is new, whole or not at all. Does nothing when nothing is.
    void save();

    /// More than these are not kept; the oldest go first.
    static constexpr std::size_t kMost = 1000;

private:
    std::filesystem::path m_file;
    mutable std::mutex m_mutex;    ///< guards what follows
    Json m_kept = Json::object();  ///< as last read, in the order in which they came
    Json m_fresh = Json::object(); ///< not written yet
};

} // namespace assay::attacks
