#include "pth_builder.h"

#include <zlib.h>

namespace assay::test {

namespace {

template <class Number>
QByteArray raw(Number value)
{
    QByteArray bytes;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        bytes.append(static_cast<char>(quint64(value) >> (8 * i) & 0xff));
    return bytes;
}

QByteArray deflated(const QByteArray& data)
{
    z_stream stream = {};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    QByteArray result(static_cast<qsizetype>(deflateBound(&stream, static_cast<uLong>(data.size()))), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    deflate(&stream, Z_FINISH);
    result.truncate(static_cast<qsizetype>(stream.total_out));
    deflateEnd(&stream);
    return result;
}

struct Described
{
    quint64 bytes;
    quint64 packed;
    quint64 offset;
};

QByteArray directoryEntry(const ZipItem& item, quint32 crc, const Described& described, bool zip64)
{
    const quint32 all = 0xffffffff;
    const QByteArray extra = zip64 ? raw<quint16>(1) + raw<quint16>(24) + raw(described.bytes) +
                                         raw(described.packed) + raw(described.offset)
                                   : QByteArray();
    const auto field = [&](quint64 value) { return raw<quint32>(zip64 ? all : quint32(value)); };
    return raw<quint32>(0x02014b50) + raw<quint16>(45) + raw<quint16>(45) + raw(item.flags) +
           raw<quint16>(item.method.value_or(item.deflated ? 8 : 0)) + raw<quint32>(0) + raw(crc) +
           field(described.packed) + field(described.bytes) + raw(quint16(item.name.size())) +
           raw(quint16(extra.size())) + raw<quint16>(0) + raw<quint16>(0) + raw<quint16>(0) +
           raw<quint32>(0) + field(described.offset) + item.name + extra;
}

} // namespace

QByteArray zipOf(const std::vector<ZipItem>& items, bool zip64)
{
    QByteArray file;
    QByteArray directory;
    for (const ZipItem& item : items) {
        const QByteArray packed = item.deflated ? deflated(item.data) : item.data;
        const auto crc = static_cast<quint32>(
            crc32(0, reinterpret_cast<const Bytef*>(item.data.data()), static_cast<uInt>(item.data.size())));
        const Described described{.bytes = item.bytes.value_or(quint64(item.data.size())),
                                  .packed = item.packed.value_or(quint64(packed.size())),
                                  .offset = item.offset.value_or(quint64(file.size()))};
        directory += directoryEntry(item, item.crc.value_or(crc), described, zip64);
        const QByteArray localName = item.localName.value_or(item.name);
        file += raw<quint32>(0x04034b50) + raw<quint16>(45) + raw(item.flags) +
                raw<quint16>(item.deflated ? 8 : 0) + raw<quint32>(0) + raw(crc) +
                raw(quint32(packed.size())) + raw(quint32(item.data.size())) +
                raw(quint16(localName.size())) + raw<quint16>(0) + localName + packed;
    }
    const auto at = quint64(file.size());
    const auto size = quint64(directory.size());
    const auto count = quint64(items.size());
    file += directory;
    if (zip64) {
        const auto end = quint64(file.size());
        file += raw<quint32>(0x06064b50) + raw<quint64>(44) + raw<quint16>(45) + raw<quint16>(45) +
                raw<quint32>(0) + raw<quint32>(0) + raw(count) + raw(count) + raw(size) + raw(at);
        file += raw<quint32>(0x07064b50) + raw<quint32>(0) + raw(end) + raw<quint32>(1);
    }
    const quint32 all = 0xffffffff;
    return file + raw<quint32>(0x06054b50) + raw<quint32>(0) + raw<quint16>(zip64 ? 0xffff : quint16(count)) +
           raw<quint16>(zip64 ? 0xffff : quint16(count)) + raw<quint32>(zip64 ? all : quint32(size)) +
           raw<quint32>(zip64 ? all : quint32(at)) + raw<quint16>(0);
}

QByteArray pickleText(const QByteArray& text)
{
    return "X" + raw(quint32(text.size())) + text;
}

QByteArray pickleInt(qint64 value)
{
    return value >= 0 && value < (1 << 30) ? "J" + raw(qint32(value)) : "\x8a\x08" + raw(value);
}

QByteArray pickleGlobal(const QByteArray& module, const QByteArray& name)
{
    return "c" + module + "\n" + name + "\n";
}

QByteArray pickleTuple(const std::vector<qint64>& values)
{
    QByteArray body = "(";
    for (const qint64 value : values)
        body += pickleInt(value);
    return body + "t";
}

QByteArray pickleStorage(const QByteArray& type, const QByteArray& key, qint64 elements)
{
    return "(" + pickleText("storage") + pickleGlobal("torch", type) + pickleText(key) + pickleText("cpu") +
           pickleInt(elements) + "tQ";
}

QByteArray pickleTensor(const QByteArray& storage, qint64 offset, const std::vector<qint64>& sizes,
                        const std::vector<qint64>& strides)
{
    return pickleGlobal("torch._utils", "_rebuild_tensor_v2") + "(" + storage + pickleInt(offset) +
           pickleTuple(sizes) + pickleTuple(strides) + "\x89" + pickleGlobal("collections", "OrderedDict") +
           ")RtR";
}

QByteArray pickleDict(const std::vector<std::pair<QByteArray, QByteArray>>& items)
{
    QByteArray body = "}(";
    for (const auto& [name, value] : items)
        body += pickleText(name) + value;
    return body + "u";
}

QByteArray pickleOf(const QByteArray& body)
{
    return "\x80\x02" + body + ".";
}

QByteArray pthOf(const QByteArray& body, const std::vector<QByteArray>& storages, bool deflated)
{
    std::vector<ZipItem> items = {{.name = "x/data.pkl", .data = pickleOf(body), .deflated = deflated}};
    for (std::size_t i = 0; i < storages.size(); ++i)
        items.push_back({.name = "x/data/" + QByteArray::number(qulonglong(i)),
                         .data = storages[i],
                         .deflated = deflated});
    items.push_back({.name = "x/version", .data = "3\n"});
    return zipOf(items);
}

QByteArray floats(const std::vector<float>& values)
{
    return QByteArray(reinterpret_cast<const char*>(values.data()), qsizetype(values.size() * sizeof(float)));
}

QByteArray smallBody()
{
    return pickleDict({{"w", pickleTensor(pickleStorage("FloatStorage", "0", 6), 0, {2, 3}, {3, 1})}});
}

QByteArray smallPth(bool deflated)
{
    return pthOf(smallBody(), {floats({0, 1, 2, 3, 4, 5})}, deflated);
}

} // namespace assay::test
