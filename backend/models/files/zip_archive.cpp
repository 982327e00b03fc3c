#include "backend/models/files/zip_archive.h"

#include "backend/models/files/printable.h"
#include "backend/protocol/error.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace assay::models {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kDirectoryBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint64_t kMaxEntries = 200'000;
constexpr std::size_t kMaxName = 4096;
constexpr std::uint64_t kMaxDeflateRatio = 1032;
constexpr std::uint64_t kSmallTotal = std::uint64_t(64) << 20;
constexpr const char* kFetchAgain = "Fetch the file again, or save it again with torch.save";

/// A little-endian number at @p at, which must lie inside.
template <class Number>
Number number(Bytes bytes, std::size_t at)
{
    Number value = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;)
        value = static_cast<Number>(std::uint64_t(value) << 8 | bytes[at + i]);
    return value;
}

std::uint32_t crcOf(Bytes bytes)
{
    return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), bytes.data(), bytes.size()));
}

std::string shown(const std::string& name)
{
    return "'" + printable(name) + "'";
}

/// Ends an inflate stream on every way out.
struct Inflater
{
    z_stream stream = {};
    bool ready = inflateInit2(&stream, -MAX_WBITS) == Z_OK; // no zlib header inside a zip
    ~Inflater() { inflateEnd(&stream); }
};

} // namespace

void ZipArchive::fail(const std::string& what) const
{
    throw Error("the zip archive " + what, m_where, kFetchAgain);
}

bool ZipArchive::looksLike(Bytes head)
{
    return head.size() >= 4 && number<std::uint32_t>(head, 0) == kLocalHeader;
}

ZipArchive::ZipArchive(Bytes file, std::string where)
    : m_file(file)
    , m_where(std::move(where))
{
    const Directory directory = findDirectory();
    if (directory.count > kMaxEntries)
        fail("announces " + std::to_string(directory.count) + " entries; " + std::to_string(kMaxEntries) +
             " are allowed");
    if (directory.count > directory.size / kDirectoryBytes)
        fail("announces " + std::to_string(directory.count) + " entries in a directory of " +
             std::to_string(directory.size) + " bytes");
    const Bytes records = m_file.subspan(directory.offset, directory.size);
    m_body = m_file.first(directory.offset);
    std::vector<std::uint64_t> offsets;
    std::size_t position = 0;
    for (std::uint64_t i = 0; i < directory.count; ++i)
        offsets.push_back(readEntry(records, position));
    checkOverlaps(offsets);
    checkTotal();
}

ZipArchive::Directory ZipArchive::findDirectory() const
{
    if (m_file.size() < kEndBytes)
        fail("is cut off: it has only " + std::to_string(m_file.size()) + " bytes");
    const std::size_t last = m_file.size() - kEndBytes;
    const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
    for (std::size_t at = last + 1; at-- > first;) {
        if (number<std::uint32_t>(m_file, at) != kEnd ||
            at + kEndBytes + number<std::uint16_t>(m_file, at + 20) != m_file.size())
            continue;
        Directory directory{.offset = number<std::uint32_t>(m_file, at + 16),
                            .size = number<std::uint32_t>(m_file, at + 12),
                            .count = number<std::uint16_t>(m_file, at + 10)};
        std::size_t end = at;
        if (at >= kLocatorBytes && number<std::uint32_t>(m_file, at - kLocatorBytes) == kEnd64Locator)
            readDirectory64(at - kLocatorBytes, directory);
        if (directory.offset > end || directory.size > end - directory.offset)
            fail("announces a directory outside the file");
        return directory;
    }
    fail("has no directory at its end; it is cut off");
}

void ZipArchive::readDirectory64(std::size_t locator, Directory& directory) const
{
    const auto at = number<std::uint64_t>(m_file, locator + 8);
    if (locator < kEnd64Bytes || at > locator - kEnd64Bytes || number<std::uint32_t>(m_file, at) != kEnd64)
        fail("has a damaged zip64 directory");
    directory = {.offset = number<std::uint64_t>(m_file, at + 48),
                 .size = number<std::uint64_t>(m_file, at + 40),
                 .count = number<std::uint64_t>(m_file, at + 32)};
}

std::uint64_t ZipArchive::readEntry(Bytes directory, std::size_t& position)
{
    if (directory.size() - position < kDirectoryBytes ||
        number<std::uint32_t>(directory, position) != kDirectoryEntry)
        fail("has a damaged directory");
    const Bytes record = directory.subspan(position);
    const std::size_t nameBytes = number<std::uint16_t>(record, 28);
    const std::size_t extraBytes = number<std::uint16_t>(record, 30);
    const std::size_t total = kDirectoryBytes + nameBytes + extraBytes + number<std::uint16_t>(record, 32);
    if (total > record.size())
        fail("has a damaged directory");
    position += total;

    Entry entry;
    entry.name.assign(record.begin() + kDirectoryBytes, record.begin() + kDirectoryBytes + nameBytes);
    checkName(entry.name);
    const auto method = number<std::uint16_t>(record, 10);
    if (number<std::uint16_t>(record, 8) & kEncrypted)
        fail("is encrypted at " + shown(entry.name));
    if (method != 0 && method != Z_DEFLATED)
        fail("packs " + shown(entry.name) + " with the unknown method " + std::to_string(method));
    entry.deflated = method != 0;
    entry.crc = number<std::uint32_t>(record, 16);
    std::uint64_t storedBytes = number<std::uint32_t>(record, 20);
    entry.bytes = number<std::uint32_t>(record, 24);
    std::uint64_t offset = number<std::uint32_t>(record, 42);

    // zip64: an extra field holds those of the three that are all ones, in this order.
    Bytes extra = record.subspan(kDirectoryBytes + nameBytes, extraBytes);
    while (extra.size() >= 4) {
        const std::size_t size = number<std::uint16_t>(extra, 2);
        if (size > extra.size() - 4)
            break; // other tools' padding; nothing of ours is in it
        if (number<std::uint16_t>(extra, 0) == kExtra64) {
            Bytes field = extra.subspan(4, size);
            for (std::uint64_t* value : {&entry.bytes, &storedBytes, &offset}) {
                if (*value != std::numeric_limits<std::uint32_t>::max())
                    continue;
                if (field.size() < 8)
                    fail("has a damaged zip64 field at " + shown(entry.name));
                *value = number<std::uint64_t>(field, 0);
                field = field.subspan(8);
            }
        }
        extra = extra.subspan(4 + size);
    }
    locate(entry, offset, storedBytes);
    if (!m_index.emplace(entry.name, m_entries.size()).second)
        fail("holds " + shown(entry.name) + " twice");
    m_entries.push_back(std::move(entry));
    return offset;
}

void ZipArchive::checkName(const std::string& name) const
{
    const bool odd = name.empty() || name.size() > kMaxName || name.front() == '/' ||
                     name.find('\\') != std::string::npos || name.find('\0') != std::string::npos ||
                     name.find(':') != std::string::npos ||
                     ("/" + name + "/").find("/../") != std::string::npos;
    if (odd)
        fail("holds an entry of the name " + shown(name) + ", which points out of it");
}

void ZipArchive::locate(Entry& entry, std::uint64_t offset, std::uint64_t storedBytes) const
{
    if (offset > m_body.size() || m_body.size() - offset < kLocalBytes ||
        number<std::uint32_t>(m_body, offset) != kLocalHeader)
        fail("announces " + shown(entry.name) + " where it does not lie");
    const Bytes local = m_body.subspan(offset);
    const std::size_t nameBytes = number<std::uint16_t>(local, 26);
    const std::size_t header = kLocalBytes + nameBytes + number<std::uint16_t>(local, 28);
    if (header > local.size() || nameBytes != entry.name.size() ||
        std::memcmp(local.data() + kLocalBytes, entry.name.data(), nameBytes) != 0)
        fail("announces " + shown(entry.name) + " where it does not lie");
    if (storedBytes > local.size() - header)
        fail("announces " + std::to_string(storedBytes) + " bytes for " + shown(entry.name) +
             ", more than the file has");
    if (!entry.deflated && entry.bytes != storedBytes)
        fail("announces two sizes for " + shown(entry.name) + ": " + std::to_string(storedBytes) + " and " +
             std::to_string(entry.bytes) + " bytes");
    if (entry.deflated && entry.bytes / kMaxDeflateRatio > storedBytes)
        fail("announces that " + std::to_string(storedBytes) + " bytes of " + shown(entry.name) +
             " unpack to " + std::to_string(entry.bytes) + ", which cannot be");
    entry.data = local.subspan(header, storedBytes);
}

void ZipArchive::checkOverlaps(const std::vector<std::uint64_t>& offsets) const
{
    std::vector<std::size_t> order(offsets.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return offsets[a] < offsets[b]; });
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
        const Entry& entry = m_entries[order[i]];
        const std::uint8_t* end = entry.data.data() + entry.data.size();
        if (end > m_file.data() + offsets[order[i + 1]])
            fail("lays " + shown(entry.name) + " over " + shown(m_entries[order[i + 1]].name));
    }
}

void ZipArchive::checkTotal() const
{
    const std::uint64_t allowed = std::max<std::uint64_t>(kSmallTotal, m_file.size() * kMaxRatio);
    std::uint64_t total = 0; // cannot overflow: each is at most 1032 times its part of the file
    for (const Entry& entry : m_entries)
        total += entry.bytes;
    if (total > allowed)
        fail("unpacks to " + std::to_string(total) + " bytes, more than " + std::to_string(kMaxRatio) +
             " times its size");
}

const ZipArchive::Entry* ZipArchive::find(const std::string& name) const
{
    const auto it = m_index.find(name);
    return it == m_index.end() ? nullptr : &m_entries[it->second];
}

bool ZipArchive::checksumFits(const Entry& entry)
{
    return crcOf(entry.data) == entry.crc;
}

void ZipArchive::unpack(const Entry& entry, std::span<std::uint8_t> to) const
{
    if (!entry.deflated) {
        std::copy(entry.data.begin(), entry.data.end(), to.begin());
    } else {
        constexpr std::size_t kStep = std::size_t(1) << 30; // zlib counts in 32 bits
        Inflater inflater;
        z_stream& stream = inflater.stream;
        std::uint8_t spare = 0; // a byte more than announced shows here
        std::size_t in = 0;
        std::size_t out = 0;
        int status = inflater.ready ? Z_OK : Z_MEM_ERROR;
        while (status == Z_OK) {
            const std::size_t input = std::min(kStep, entry.data.size() - in);
            const std::size_t output = std::min(kStep, to.size() - out);
            stream.next_in = const_cast<std::uint8_t*>(entry.data.data() + in);
            stream.avail_in = static_cast<uInt>(input);
            stream.next_out = output > 0 ? to.data() + out : &spare;
            stream.avail_out = static_cast<uInt>(std::max<std::size_t>(output, 1));
            status = inflate(&stream, Z_NO_FLUSH);
            in += input - stream.avail_in;
            if (output == 0 && stream.avail_out == 0)
                fail("unpacks " + shown(entry.name) + " to more than the announced " +
                     std::to_string(entry.bytes) + " bytes");
            out += output == 0 ? 0 : output - stream.avail_out;
        }
        if (status != Z_STREAM_END)
            fail("holds damaged data in " + shown(entry.name));
        if (out != to.size())
            fail("unpacks " + shown(entry.name) + " to " + std::to_string(out) + " bytes and announced " +
                 std::to_string(entry.bytes));
    }
    if (crcOf(Bytes(to)) != entry.crc && entry.deflated)
        fail("holds damaged data in " + shown(entry.name) + ": its checksum differs");
}

} // namespace assay::models
