#include "backend/engine/importing/file_stamp.h"

#include "backend/engine/files.h"

#include <algorithm>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

/// A class a folder is the deepest layout that lists need to notice; contents are compared when it is opened.
constexpr std::uint64_t kMostEntries = 200000;

std::int64_t modifiedAt(const fs::path& path)
{
    std::error_code code;
    const auto time = fs::last_write_time(path, code);
    return code ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count());
}

FileStamp folderStamp(const fs::path& folder, int depth)
{
    FileStamp stamp{0, modifiedAt(folder)};
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        if (++stamp.bytes >= kMostEntries)
            break;
        if (depth > 0 && entry.is_directory(code)) {
            const FileStamp inner = folderStamp(entry.path(), depth - 1);
            stamp.bytes += inner.bytes;
            stamp.modified = std::max(stamp.modified, inner.modified);
        }
    }
    return stamp;
}

} // namespace

std::optional<FileStamp> stampOf(const fs::path& location)
{
    std::error_code code;
    if (fs::is_directory(location, code))
        return folderStamp(location, 1);
    if (!fs::exists(location, code))
        return std::nullopt;
    return FileStamp{fs::file_size(location, code), modifiedAt(location)};
}

Json toJson(const FileStamp& stamp)
{
    return {{"bytes", stamp.bytes}, {"modified", stamp.modified}};
}

std::optional<FileStamp> stampFromJson(const Json& json)
{
    if (!json.is_object() || !json.contains("bytes") || !json.contains("modified") ||
        !json["bytes"].is_number_integer() || !json["modified"].is_number_integer())
        return std::nullopt;
    return FileStamp{json["bytes"].get<std::uint64_t>(), json["modified"].get<std::int64_t>()};
}

std::string FileHashes::of(const fs::path& file)
{
    const auto stamp = stampOf(file);
    if (stamp) {
        const std::lock_guard lock(m_mutex);
        const auto it = m_known.find(file.string());
        if (it != m_known.end() && it->second.first == *stamp)
            return it->second.second;
    }
    const std::string hash = sha256OfFile(file);
    if (stamp) {
        const std::lock_guard lock(m_mutex);
        m_known[file.string()] = {*stamp, hash};
    }
    return hash;
}

} // namespace assay::engine
