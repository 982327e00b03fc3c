#include "backend/arrays/zip_archive.h"

#include "backend/arrays/little_endian.h"
#include "backend/arrays/zip_directory.h"
#include "backend/protocol/error.h"

#include <zlib.h>

#include <algorithm>

namespace assay::arrays {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kStep = std::size_t(1) << 30; // zlib counts in 32 bits

std::uint32_t checksumOf(Bytes bytes)
{
    return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

Error damaged(const ZipEntry& entry, const std::string& where, const std::string& what)
{
    return Error("the entry '" + entry.name.substr(0, 200) + "' " + what, where, "Fetch the file again.");
}

/// Raw deflate, output bounded by the caller's buffer.
class Inflater
{
public:
    explicit Inflater(Bytes packed)
        : m_packed(packed)
    {
        if (inflateInit2(&m_stream, -MAX_WBITS) != Z_OK)
            throw std::bad_alloc();
    }
    ~Inflater() { inflateEnd(&m_stream); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    bool ended() const { return m_ended; }

    /// Fills as much of @p out as there is. @returns bytes written.
    std::size_t fill(std::span<std::uint8_t> out)
    {
        std::size_t done = 0;
        while (done < out.size() && !m_ended && !m_damaged) {
            feed();
            const std::size_t room = std::min(out.size() - done, kStep);
            m_stream.next_out = out.data() + done;
            m_stream.avail_out = static_cast<uInt>(room);
            const int code = inflate(&m_stream, Z_NO_FLUSH);
            done += room - m_stream.avail_out;
            m_ended = code == Z_STREAM_END;
            // Z_BUF_ERROR: no progress, as the packed bytes are used up.
            m_damaged = code != Z_OK && code != Z_STREAM_END;
        }
        return done;
    }

private:
    void feed()
    {
        if (m_stream.avail_in > 0 || m_packed.empty())
            return;
        const std::size_t step = std::min(m_packed.size(), kStep);
        m_stream.next_in = const_cast<Bytef*>(m_packed.data());
        m_stream.avail_in = static_cast<uInt>(step);
        m_packed = m_packed.subspan(step);
    }

    z_stream m_stream{};
    Bytes m_packed;
    bool m_ended = false;
    bool m_damaged = false;
};

} // namespace

ZipArchive::ZipArchive(const std::filesystem::path& file)
    : m_file(std::make_shared<const MappedFile>(file))
    , m_entries(readZipDirectory(m_file->bytes(), m_file->name()))
{
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        m_index[m_entries[i].name] = i;
}

bool ZipArchive::recognises(Bytes head)
{
    if (head.size() < 4)
        return false;
    const std::uint64_t magic = littleEndian(head, 0, 4);
    return magic == 0x04034b50 || magic == 0x06054b50; // the second: an archive without entries
}

const ZipEntry* ZipArchive::find(std::string_view name) const
{
    const auto it = m_index.find(name);
    return it == m_index.end() ? nullptr : &m_entries[it->second];
}

Bytes ZipArchive::packed(const ZipEntry& entry) const
{
    return m_file->bytes().subspan(entry.offset, entry.packed);
}

std::string_view ZipArchive::stored(const ZipEntry& entry, Check check) const
{
    if (!entry.isStored)
        throw Error("the entry '" + entry.name.substr(0, 200) + "' is compressed", name(),
                    "Save the archive without compression.");
    const Bytes bytes = packed(entry);
    if (check == Check::Checksum && checksumOf(bytes) != entry.checksum)
        throw damaged(entry, name(), "is damaged: its checksum is wrong");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::uint8_t> ZipArchive::read(const ZipEntry& entry, std::uint64_t maxBytes) const
{
    if (entry.bytes > maxBytes)
        throw Error("the entry '" + entry.name.substr(0, 200) + "' has " + std::to_string(entry.bytes) +
                        " bytes; at most " + std::to_string(maxBytes) + " are allowed",
                    name());
    if (entry.isStored) {
        const std::string_view bytes = stored(entry);
        return {bytes.begin(), bytes.end()};
    }
    Inflater inflater(packed(entry));
    std::vector<std::uint8_t> result(entry.bytes);
    const std::size_t got = inflater.fill(result);
    std::uint8_t extra = 0;
    if (got == result.size() && inflater.fill({&extra, 1}) != 0)
        throw damaged(entry, name(), "unpacks to more than the bytes it announces");
    if (!inflater.ended())
        throw damaged(entry, name(), "is damaged: it cannot be unpacked");
    if (got < result.size())
        throw damaged(entry, name(), "unpacks to fewer than the bytes it announces");
    if (checksumOf(result) != entry.checksum)
        throw damaged(entry, name(), "is damaged: its checksum is wrong");
    return result;
}

std::vector<std::uint8_t> ZipArchive::head(const ZipEntry& entry, std::size_t count) const
{
    const Bytes bytes = packed(entry);
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, entry.bytes));
    if (entry.isStored)
        return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
    std::vector<std::uint8_t> result(count);
    result.resize(Inflater(bytes).fill(result));
    return result;
}

} // namespace assay::arrays
