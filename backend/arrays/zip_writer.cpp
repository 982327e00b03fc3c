#include "backend/arrays/zip_writer.h"

#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"

#include <zlib.h>

namespace assay::arrays {

namespace {

constexpr std::uint64_t kMaxArchive = 0xffffffff - (1 << 20); // the directory still has to fit
constexpr std::uint32_t kMaxWritten = 65534;
constexpr int kVersion = 20;            // of the format: deflate
constexpr std::uint32_t kDate = 0x0021; // 1 January 1980, the first there is

void append(std::string& out, std::uint64_t value, int count)
{
    for (int i = 0; i < count; ++i)
        out += static_cast<char>(value >> (8 * i));
}

std::string deflated(std::string_view bytes)
{
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

} // namespace

ZipWriter::ZipWriter(const std::filesystem::path& file)
    : m_name(file.string())
    , m_file(QString::fromStdString(m_name))
{
    if (!m_file.open(QIODevice::WriteOnly))
        throwNotWritten(m_file);
}

void ZipWriter::write(std::string_view bytes)
{
    if (m_file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size()))
        throwNotWritten(m_file);
    m_at += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view bytes, bool deflate)
{
    if (bytes.size() > kMaxArchive || m_at + bytes.size() > kMaxArchive || m_entries == kMaxWritten)
        throw Error("would exceed 4 GiB or 65534 entries", m_name, "Write the data in several files.");
    const std::string packed = deflate ? deflated(bytes) : std::string();
    const std::string_view data = deflate ? std::string_view(packed) : bytes;
    std::string common; // what the local header and the directory share
    append(common, kVersion, 2);
    append(common, 1 << 11, 2); // names are UTF-8
    append(common, deflate ? 8 : 0, 2);
    append(common, 0, 2);
    append(common, kDate, 2);
    append(common, crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()), 4);
    append(common, data.size(), 4);
    append(common, bytes.size(), 4);
    append(common, name.size(), 2);
    append(common, 0, 2);
    append(m_directory, 0x02014b50, 4);
    append(m_directory, kVersion, 2);
    m_directory += common;
    append(m_directory, 0, 10); // no comment, first disk, no attributes
    append(m_directory, m_at, 4);
    m_directory += name;
    ++m_entries;
    std::string header;
    append(header, 0x04034b50, 4);
    write(header + common + name);
    write(data);
}

void ZipWriter::commit()
{
    std::string end;
    append(end, 0x06054b50, 4);
    append(end, 0, 4);
    append(end, m_entries, 2);
    append(end, m_entries, 2);
    append(end, m_directory.size(), 4);
    append(end, m_at, 4);
    append(end, 0, 2);
    write(m_directory);
    write(end);
    commitWhole(m_file);
}

} // namespace assay::arrays
