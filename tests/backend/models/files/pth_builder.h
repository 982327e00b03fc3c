#pragma once

#include <QByteArray>

#include <optional>
#include <vector>

namespace assay::test {

/// One entry of a hand-made zip archive; what is set besides name and data is a lie of the directory.
struct ZipItem
{
    QByteArray name;
    QByteArray data;
    bool deflated = false;
    std::optional<quint64> bytes = {};
    std::optional<quint64> packed = {};
    std::optional<quint64> offset = {};
    std::optional<quint32> crc = {};
    std::optional<quint16> method = {};
    quint16 flags = 0;
    std::optional<QByteArray> localName = {};
};

/// @param zip64 writes sizes and offsets, and the directory's place, in zip64 fields.
QByteArray zipOf(const std::vector<ZipItem>& items, bool zip64 = false);

// Parts of a pickle of protocol 2.
QByteArray pickleText(const QByteArray& text);
QByteArray pickleInt(qint64 value);
QByteArray pickleGlobal(const QByteArray& module, const QByteArray& name);
QByteArray pickleTuple(const std::vector<qint64>& values);
QByteArray pickleStorage(const QByteArray& type, const QByteArray& key, qint64 elements);
QByteArray pickleTensor(const QByteArray& storage, qint64 offset, const std::vector<qint64>& sizes,
                        const std::vector<qint64>& strides);
/// A dict of names and values.
QByteArray pickleDict(const std::vector<std::pair<QByteArray, QByteArray>>& items);
QByteArray pickleOf(const QByteArray& body);

/// A file of torch.save: the pickle of @p body and storages "0", "1", ... with these bytes.
QByteArray pthOf(const QByteArray& body, const std::vector<QByteArray>& storages, bool deflated = false);

/// {"w": float32 [2,3] of 0..5} in a storage of 24 bytes.
QByteArray smallPth(bool deflated = false);
QByteArray smallBody();
QByteArray floats(const std::vector<float>& values);

} // namespace assay::test
