#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace assay::models {

/// The directory of a zip file (PKWARE's APPNOTE 6.3, zip64 included) that lies in memory, read for PyTorch's
/// files: entries stored or deflated, in one part, not encrypted. Nothing is ever written to disk.
///
/// The file is hostile until parsed: each entry's range is checked against the file, its local header and all
/// other entries (none may overlap), names must be plain relative paths and different from each other, what
/// is unpacked has exactly the announced size, which deflate's best ratio must be able to reach, and all of
/// the archive together at most kMaxRatio times the file's.
class ZipArchive
{
public:
    struct Entry
    {
        std::string name;
        std::span<const std::uint8_t> data; ///< as it lies in the file
        std::uint64_t bytes = 0;            ///< unpacked
        std::uint32_t crc = 0;              ///< CRC-32 of the unpacked bytes, as announced
        bool deflated = false;
    };

    static constexpr std::uint64_t kMaxRatio = 16; ///< weights hardly shrink; small archives get 64 MiB

    /// @param file must outlive the archive. @param where names it in messages.
    /// @throws Error for anything malformed, in one sentence.
    ZipArchive(std::span<const std::uint8_t> file, std::string where);

    /// In the order of the directory.
    const std::vector<Entry>& entries() const { return m_entries; }
    const Entry* find(const std::string& name) const; ///< nullptr when absent

    /// Unpacks @p entry (or copies it) to @p to, which must have entry.bytes.
    /// @throws Error when the data is damaged, its checksum included, or has another size.
    void unpack(const Entry& entry, std::span<std::uint8_t> to) const;

    /// Whether the bytes of a stored entry have the announced checksum. PyTorch can be told not to compute
    /// any (torch.serialization.set_crc32_options), so a difference alone proves no damage.
    static bool checksumFits(const Entry& entry);

    /// Whether a file that begins with @p head may be a zip archive.
    static bool looksLike(std::span<const std::uint8_t> head);

private:
    struct Directory
    {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::uint64_t count = 0;
    };

    [[noreturn]] void fail(const std::string& what) const;
    Directory findDirectory() const;
    void readDirectory64(std::size_t end, Directory& directory) const;
    /// Reads the directory's record at @p position, moves it on. @returns the offset of the local header.
    std::uint64_t readEntry(std::span<const std::uint8_t> directory, std::size_t& position);
    void locate(Entry& entry, std::uint64_t offset, std::uint64_t storedBytes) const;
    void checkName(const std::string& name) const;
    void checkOverlaps(const std::vector<std::uint64_t>& offsets) const;
    void checkTotal() const;

    std::span<const std::uint8_t> m_file;
    std::span<const std::uint8_t> m_body; ///< what lies before the directory
    std::string m_where;
    std::vector<Entry> m_entries;
    std::map<std::string, std::size_t> m_index;
};

} // namespace assay::models
