#pragma once

#include "backend/protocol/json.h"

#include <filesystem>
#include <string>

namespace assay::engine {

/// Summaries of the runs below @p runsFolder, newest first, as in docs/protocol.md. Reads no events. A run
/// that is not final and that no process writes any more is "failed": the engine ended before the run did. A
/// folder that is no run is left out; one whose summary is unreadable is listed as failed, saying so.
Json listRuns(const std::filesystem::path& runsFolder);

/// The summary of one run's folder.
Json runSummary(const std::filesystem::path& runFolder);

/// The folder of run @p id. @throws Error when the id is malformed or there is no such run.
std::filesystem::path runFolder(const std::filesystem::path& runsFolder, const std::string& id);

/// @throws Error when it cannot be deleted or is being written.
void deleteRun(const std::filesystem::path& runsFolder, const std::string& id);

/// Up to @p length (at most kMaxFilePart) bytes at @p offset of a file of the run.
/// @param size receives the file's length. @throws Error when @p file points outside the run's folder, is no
/// regular file or cannot be read.
std::string readRunFile(const std::filesystem::path& runFolder, const std::string& file, std::uint64_t offset,
                        std::uint64_t length, std::uint64_t& size);
inline constexpr std::uint64_t kMaxFilePart = std::uint64_t(16) << 20;

} // namespace assay::engine
