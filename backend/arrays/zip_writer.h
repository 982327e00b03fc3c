#pragma once

#include <QSaveFile>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace assay::arrays {

/// Writes a ZIP archive entry by entry beside the file and renames it into place on commit(); without commit
/// nothing is left. No dates: the same entries give the same bytes. At most 4 GiB and 65534 entries.
class ZipWriter
{
public:
    /// @throws Error when the file cannot be written.
    explicit ZipWriter(const std::filesystem::path& file);

    /// @throws Error when the disk is full or the archive becomes too large.
    void add(const std::string& name, std::string_view bytes, bool deflate);
    void commit();

private:
    void write(std::string_view bytes);

    std::string m_name;
    QSaveFile m_file;
    std::string m_directory;
    std::uint64_t m_at = 0;
    std::uint32_t m_entries = 0;
};

} // namespace assay::arrays
