#include "widgets/figures/evidence_formats.h"

#include "backend/protocol/error.h"
#include "widgets/figures/figure_export.h"

#include <QIODevice>
#include <QtEndian>

#include <array>

namespace assay::widgets {

namespace {

const QByteArray kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr qsizetype kHeaderEnd = 8 + 12 + 13; // signature and IHDR

/// CRC-32 of PNG, ISO 3309.
quint32 crc32(const QByteArray& bytes)
{
    static const auto table = [] {
        std::array<quint32, 256> t{};
        for (quint32 n = 0; n < 256; ++n) {
            quint32 c = n;
            for (int k = 0; k < 8; ++k)
                c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            t[n] = c;
        }
        return t;
    }();
    quint32 crc = 0xFFFFFFFFu;
    for (const char byte : bytes)
        crc = table[(crc ^ static_cast<quint8>(byte)) & 0xFF] ^ (crc >> 8);
    return crc ^ 0xFFFFFFFFu;
}

QByteArray bigEndian(quint32 value)
{
    QByteArray bytes(4, Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

} // namespace

QByteArray embedInPng(const QByteArray& png, const QByteArray& text)
{
    if (text.size() > kMostEvidence)
        throw Error("the evidence is larger than 4 MiB", "PNG export",
                    "Export a figure of a run with a smaller specification");
    if (!png.startsWith(kSignature) || png.size() < kHeaderEnd || png.mid(12, 4) != "IHDR")
        throw Error("the picture could not be encoded", "PNG export", "Choose a smaller size or resolution");
    const QByteArray body = "tEXt" + Evidence::key() + '\0' + text;
    QByteArray chunk = bigEndian(static_cast<quint32>(body.size() - 4)) + body + bigEndian(crc32(body));
    QByteArray result = png;
    return result.insert(kHeaderEnd, chunk);
}

std::optional<QByteArray> readFromPng(QIODevice& file)
{
    if (file.read(8) != kSignature)
        return std::nullopt;
    // A picture of ours has a few hundred chunks at most; the bound ends walks through hostile files.
    for (int chunk = 0; chunk < 100000; ++chunk) {
        const QByteArray head = file.read(8);
        if (head.size() < 8)
            return std::nullopt;
        const qint64 length = qFromBigEndian<quint32>(head.constData());
        const QByteArray type = head.mid(4);
        if (type == "IEND")
            return std::nullopt;
        if (type != "tEXt" || length > kMostEvidence + 64) {
            if (!file.seek(file.pos() + length + 4))
                return std::nullopt;
            continue;
        }
        const QByteArray body = file.read(length);
        const QByteArray sum = file.read(4);
        if (body.size() < length || sum.size() < 4)
            return std::nullopt;
        if (body.startsWith(Evidence::key() + '\0') &&
            qFromBigEndian<quint32>(sum.constData()) == crc32(type + body))
            return body.mid(Evidence::key().size() + 1);
    }
    return std::nullopt;
}

} // namespace assay::widgets
