#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace assay::engine {

/// What tells cheaply that a file, or a folder's list of files, is still as it was: no content is read.
struct FileStamp
{
    std::uint64_t bytes = 0; ///< of a folder: how many entries it and its direct folders have
    std::int64_t modified =
        0; ///< nanoseconds of the file clock; of a folder the latest of it and its folders
    bool operator==(const FileStamp&) const = default;
};

/// nullopt when there is no such file or folder.
std::optional<FileStamp> stampOf(const std::filesystem::path& location);

Json toJson(const FileStamp& stamp);
/// nullopt when @p json is no stamp: cards written by hand have none.
std::optional<FileStamp> stampFromJson(const Json& json);

/// SHA-256 of files, computed once for every stamp. Safe from any thread.
class FileHashes
{
public:
    /// @throws Error when the file cannot be read.
    std::string of(const std::filesystem::path& file);

private:
    std::mutex m_mutex; ///< guards m_known; not held while a file is read
    std::map<std::string, std::pair<FileStamp, std::string>> m_known;
};

} // namespace assay::engine
