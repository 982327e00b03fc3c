#include "backend/arrays/npy_text.h"

#include "backend/protocol/error.h"

#include <QString>
#include <QStringDecoder>

#include <algorithm>

namespace assay::arrays {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kMaxTexts = 4'000'000;

std::string fromBytes(Bytes item)
{
    while (!item.empty() && item.back() == 0)
        item = item.first(item.size() - 1);
    const QByteArrayView raw(item.data(), static_cast<qsizetype>(item.size()));
    QStringDecoder decode(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decode(raw);
    return (decode.hasError() ? QString::fromLatin1(raw) : text).toStdString();
}

std::string fromUtf32(Bytes item, bool bigEndian, const std::string& where)
{
    std::u32string text(item.size() / 4, U'\0');
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (std::size_t b = 0; b < 4; ++b)
            text[i] |= static_cast<char32_t>(item[4 * i + (bigEndian ? 3 - b : b)]) << (8 * b);
        if (text[i] > 0x10ffff || (text[i] >= 0xd800 && text[i] <= 0xdfff))
            throw Error("a text has an invalid character", where, "Save the array again with numpy.save.");
    }
    text.erase(text.find_last_not_of(U'\0') + 1);
    return QString::fromUcs4(text.data(), static_cast<qsizetype>(text.size())).toStdString();
}

} // namespace

std::vector<std::string> readNpyTexts(Bytes values, const NpyHeader& header, const std::string& where)
{
    const std::int64_t count = header.count();
    if (count > kMaxTexts)
        throw Error("holds " + std::to_string(count) + " texts; at most 4000000 are read", where);
    const auto size = static_cast<std::size_t>(header.itemBytes);
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const Bytes item = values.subspan(static_cast<std::size_t>(i) * size, size);
        texts.push_back(header.kind == 'S' ? fromBytes(item) : fromUtf32(item, header.bigEndian, where));
    }
    if (!header.fortranOrder || header.shape.size() < 2)
        return texts;
    throw Error("holds texts in Fortran order, which are not read", where,
                "Save it with numpy.ascontiguousarray.");
}

} // namespace assay::arrays
