#pragma once

#include "backend/arrays/mapped_file.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::arrays {

/// One file inside an archive.
struct ZipEntry
{
    std::string name;           ///< relative, '/' between folders, no ".." in it
    std::uint64_t packed = 0;   ///< bytes in the archive
    std::uint64_t bytes = 0;    ///< bytes when unpacked
    std::uint64_t offset = 0;   ///< of the packed bytes in the archive
    std::uint32_t checksum = 0; ///< CRC-32 of the unpacked bytes
    bool isStored = false;      ///< kept as it is, else deflated
};

/// Reads ZIP archives (APPNOTE 6.3: stored and deflated entries, zip64; no encryption, one disk), as .npz and
/// .pth files are. Hostile until parsed: the constructor checks every offset and size against the file, that
/// no two entries share bytes or a name, that local headers agree with the directory, that no name leads out
/// of the archive, and that no entry announces more than deflate can hold (1032 bytes from each packed one).
/// Immutable, safe from any thread.
class ZipArchive
{
public:
    /// Reads the directory only. Folders are left out. @throws Error naming the file and the entry.
    explicit ZipArchive(const std::filesystem::path& file);

    /// Whether a file that begins with @p head may be an archive.
    static bool recognises(std::span<const std::uint8_t> head);

    /// In the order of the directory.
    const std::vector<ZipEntry>& entries() const { return m_entries; }
    const ZipEntry* find(std::string_view name) const; ///< nullptr when absent
    const std::string& name() const { return m_file->name(); }
    /// What stored() points into; hold it to keep the bytes alive.
    std::shared_ptr<const MappedFile> file() const { return m_file; }

    enum class Check { Checksum, None };
    /// The bytes of an entry in the mapped file, valid as long as file(). @throws Error when the entry is
    /// deflated or its checksum is wrong (compared on each call unless @p check is None).
    std::string_view stored(const ZipEntry& entry, Check check = Check::Checksum) const;

    /// The unpacked bytes of a stored or deflated entry, its length and checksum compared with what is
    /// announced. @throws Error when damaged, or longer than @p maxBytes (before anything is allocated).
    std::vector<std::uint8_t> read(const ZipEntry& entry, std::uint64_t maxBytes) const;

    /// At most the first @p count unpacked bytes, unchecked.
    std::vector<std::uint8_t> head(const ZipEntry& entry, std::size_t count) const;

private:
    std::span<const std::uint8_t> packed(const ZipEntry& entry) const;

    std::shared_ptr<const MappedFile> m_file; ///< shared with tensors that point into it
    std::vector<ZipEntry> m_entries;
    std::map<std::string, std::size_t, std::less<>> m_index;
};

} // namespace assay::arrays
