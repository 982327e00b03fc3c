#pragma once

#include "backend/arrays/npy.h"
#include "backend/arrays/zip_archive.h"

#include <map>
#include <optional>

namespace assay::arrays {

/// Arrays by name: a NPZ archive, a folder of .npy files, or a single .npy file (its stem is the name).
/// Immutable, safe from any thread.
class ArrayBundle
{
public:
    /// Reads names only. Entries of an archive that do not end in .npy are ignored.
    /// @throws Error naming the file; also for a folder of more than 10000 files.
    explicit ArrayBundle(const std::filesystem::path& location);

    std::vector<std::string> names() const; ///< sorted
    bool has(const std::string& name) const { return m_files.contains(name) || m_entries.contains(name); }
    /// Cheap: reads the first 64 KiB. @throws Error naming file and array, also when it is absent.
    NpyHeader header(const std::string& name) const;
    /// @throws Error also when the values take more than @p maxBytes, before they are allocated.
    NpyArray array(const std::string& name, std::uint64_t maxBytes) const;
    /// Every file of the bundle, sorted: what a hash of the data is made of.
    std::vector<std::filesystem::path> files() const;

private:
    std::string where(const std::string& name) const;

    std::filesystem::path m_location;
    std::optional<ZipArchive> m_archive;
    std::map<std::string, const ZipEntry*> m_entries;
    std::map<std::string, std::filesystem::path> m_files;
};

} // namespace assay::arrays
