#include "backend/arrays/zip_directory.h"

#include "backend/arrays/little_endian.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <optional>
#include <set>

namespace assay::arrays {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kEndMagic = 0x06054b50;
constexpr std::uint32_t kEnd64Magic = 0x06064b50;
constexpr std::uint32_t kLocator64Magic = 0x07064b50;
constexpr std::uint32_t kEntryMagic = 0x02014b50;
constexpr std::uint32_t kLocalMagic = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kMaxComment = 65535;
constexpr std::uint64_t kMaxEntries = 200'000;
constexpr std::uint64_t kBestRatio = 1032; // of deflate: 258 bytes from two bits
constexpr std::uint32_t kIn64 = 0xffffffff;
constexpr std::uint16_t kExtra64 = 1;
constexpr int kStored = 0;
constexpr int kDeflated = 8;

struct Directory
{
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
};

/// An entry with the stretch of the file that it takes, local header included.
struct Placed
{
    ZipEntry entry;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

class Reader
{
public:
    Reader(Bytes file, const std::string& where)
        : m_file(file)
        , m_where(where)
    {}

    std::vector<ZipEntry> entries()
    {
        const Directory directory = findDirectory();
        std::vector<Placed> placed;
        placed.reserve(directory.entries); // bounded by the directory's bytes
        std::uint64_t at = directory.offset;
        for (std::uint64_t i = 0; i < directory.entries; ++i)
            at = readEntry(at, directory, placed);
        checkOverlap(placed);
        std::vector<ZipEntry> result;
        for (Placed& one : placed) {
            if (!one.entry.name.ends_with('/'))
                result.push_back(std::move(one.entry));
        }
        return result;
    }

private:
    [[noreturn]] void fail(const std::string& what) const { throw Error(what, m_where, "Fetch it again."); }
    [[noreturn]] void fail(const std::string& entry, const std::string& what) const
    {
        throw Error("the entry '" + entry.substr(0, 200) + "' " + what, m_where);
    }

    std::uint64_t number(std::uint64_t offset, int count) const
    {
        return littleEndian(m_file, offset, count);
    }
    bool has(std::uint64_t offset, std::uint64_t count) const
    {
        return offset <= m_file.size() && count <= m_file.size() - offset;
    }

    Directory findDirectory() const
    {
        const std::uint64_t end = findEnd();
        Directory directory{
            .offset = number(end + 16, 4), .bytes = number(end + 12, 4), .entries = number(end + 10, 2)};
        if (number(end + 4, 2) != number(end + 6, 2))
            fail("the archive is one part of several");
        if (directory.offset == kIn64 || directory.bytes == kIn64 || directory.entries == 0xffff)
            readEnd64(end, directory);
        if (!has(directory.offset, directory.bytes) || directory.offset + directory.bytes > end)
            fail("the archive's directory lies outside the file");
        if (directory.entries > kMaxEntries)
            fail("the archive announces " + std::to_string(directory.entries) + " entries; " +
                 std::to_string(kMaxEntries) + " are allowed");
        if (directory.entries > directory.bytes / kEntryBytes)
            fail("the archive announces more entries than its directory can hold");
        return directory;
    }

    std::uint64_t findEnd() const
    {
        if (m_file.size() < kEndBytes)
            fail("is no ZIP archive: it is too short");
        const std::uint64_t last = m_file.size() - kEndBytes;
        const std::uint64_t first = last > kMaxComment ? last - kMaxComment : 0;
        for (std::uint64_t at = last + 1; at-- > first;) {
            if (number(at, 4) == kEndMagic && number(at + 20, 2) == m_file.size() - at - kEndBytes)
                return at;
        }
        fail("is no ZIP archive or was cut off: it has no directory at its end");
    }

    void readEnd64(std::uint64_t end, Directory& directory) const
    {
        if (end < kLocatorBytes || number(end - kLocatorBytes, 4) != kLocator64Magic)
            return; // 65535 entries are also possible without zip64; the bounds are checked by the caller
        const std::uint64_t at = number(end - kLocatorBytes + 8, 8);
        if (!has(at, kEnd64Bytes) || number(at, 4) != kEnd64Magic)
            fail("the archive's zip64 directory lies outside the file");
        directory = {
            .offset = number(at + 48, 8), .bytes = number(at + 40, 8), .entries = number(at + 32, 8)};
    }

    /// Reads the entry at @p at. @returns where the next one begins.
    std::uint64_t readEntry(std::uint64_t at, const Directory& directory, std::vector<Placed>& placed)
    {
        const std::uint64_t end = directory.offset + directory.bytes;
        if (end - at < kEntryBytes || number(at, 4) != kEntryMagic)
            fail("the archive's directory is damaged");
        const std::uint64_t nameBytes = number(at + 28, 2);
        const std::uint64_t extraBytes = number(at + 30, 2);
        const std::uint64_t total = kEntryBytes + nameBytes + extraBytes + number(at + 32, 2);
        if (end - at < total)
            fail("the archive's directory is damaged");
        Placed one;
        ZipEntry& entry = one.entry;
        entry.name.assign(reinterpret_cast<const char*>(m_file.data()) + at + kEntryBytes, nameBytes);
        checkName(entry.name);
        entry.checksum = static_cast<std::uint32_t>(number(at + 16, 4));
        entry.packed = number(at + 20, 4);
        entry.bytes = number(at + 24, 4);
        one.begin = number(at + 42, 4);
        read64(at + kEntryBytes + nameBytes, extraBytes, one);
        checkMethod(at, entry);
        placeData(directory, one);
        placed.push_back(std::move(one));
        return at + total;
    }

    void checkName(const std::string& name)
    {
        if (name.empty())
            fail("the archive has an entry without a name");
        bool bad = name.front() == '/';
        for (const char c : name)
            bad = bad || c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20;
        for (std::size_t begin = 0; begin <= name.size();) {
            const std::size_t slash = std::min(name.find('/', begin), name.size());
            bad = bad || std::string_view(name).substr(begin, slash - begin) == "..";
            begin = slash + 1;
        }
        if (bad)
            throw Error("an entry has a name that leads out of the archive or is not portable", m_where,
                        "Do not use archives from this source.");
        if (!m_names.insert(name).second)
            fail(name, "is there twice");
    }

    /// Sizes and offset that did not fit 32 bits stand in an extra field, only those, in this order.
    void read64(std::uint64_t at, std::uint64_t bytes, Placed& one) const
    {
        std::vector<std::uint64_t*> wanted;
        for (std::uint64_t* value : {&one.entry.bytes, &one.entry.packed, &one.begin}) {
            if (*value == kIn64)
                wanted.push_back(value);
        }
        if (wanted.empty())
            return;
        const std::uint64_t end = at + bytes;
        while (end - at >= 4) {
            const std::uint64_t id = number(at, 2);
            const std::uint64_t length = number(at + 2, 2);
            at += 4;
            if (length > end - at)
                break;
            if (id == kExtra64 && length >= 8 * wanted.size()) {
                for (std::uint64_t* value : wanted) {
                    *value = number(at, 8);
                    at += 8;
                }
                return;
            }
            at += length;
        }
        fail(one.entry.name, "lacks its 64 bit sizes");
    }

    void checkMethod(std::uint64_t at, ZipEntry& entry) const
    {
        if (number(at + 8, 2) & 1)
            throw Error("the entry '" + entry.name.substr(0, 200) + "' is encrypted", m_where,
                        "Save the archive without a password.");
        const std::uint64_t method = number(at + 10, 2);
        if (method != kStored && method != kDeflated)
            throw Error("the entry '" + entry.name.substr(0, 200) + "' is packed by method " +
                            std::to_string(method) + "; only stored (0) and deflated (8) are read",
                        m_where);
        entry.isStored = method == kStored;
        if (entry.isStored && entry.packed != entry.bytes)
            fail(entry.name, "is stored, but announces two different sizes");
        if (!entry.isStored && entry.bytes / kBestRatio > entry.packed)
            fail(entry.name, "announces " + std::to_string(entry.bytes) + " bytes from " +
                                 std::to_string(entry.packed) + ", more than deflate can hold");
    }

    void placeData(const Directory& directory, Placed& one) const
    {
        const std::string& name = one.entry.name;
        if (!has(one.begin, kLocalBytes) || number(one.begin, 4) != kLocalMagic)
            fail(name, "has no local header where the directory says");
        const std::uint64_t nameBytes = number(one.begin + 26, 2);
        one.entry.offset = one.begin + kLocalBytes + nameBytes + number(one.begin + 28, 2);
        if (!has(one.entry.offset, one.entry.packed) ||
            one.entry.offset + one.entry.packed > directory.offset)
            fail(name, "reaches beyond the data of the archive");
        const std::string_view local(reinterpret_cast<const char*>(m_file.data()) + one.begin + kLocalBytes,
                                     nameBytes);
        if (local != name)
            fail(name, "has another name in its local header");
        one.end = one.entry.offset + one.entry.packed;
    }

    void checkOverlap(const std::vector<Placed>& placed) const
    {
        std::vector<const Placed*> sorted;
        for (const Placed& one : placed)
            sorted.push_back(&one);
        std::ranges::sort(sorted, {}, &Placed::begin);
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            if (sorted[i]->begin < sorted[i - 1]->end)
                fail(sorted[i]->entry.name, "shares bytes with '" + sorted[i - 1]->entry.name + "'");
        }
    }

    Bytes m_file;
    const std::string& m_where;
    std::set<std::string> m_names;
};

} // namespace

std::vector<ZipEntry> readZipDirectory(Bytes file, const std::string& where)
{
    return Reader(file, where).entries();
}

} // namespace assay::arrays
