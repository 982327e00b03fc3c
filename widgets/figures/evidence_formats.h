#pragma once

#include <QByteArray>

#include <optional>

class QIODevice;

namespace assay::widgets {

/// Most bytes of evidence that are written or read; larger ones are refused.
inline constexpr qint64 kMostEvidence = 4 << 20;

// `text` is JSON of plain ASCII. Embedding takes a file we rendered and @throws Error if the text is longer
// than kMostEvidence or the file has not the shape its renderer gives it. Reading takes any file at all and
// gives nothing for one without evidence; it holds no more than a few times kMostEvidence in memory.

/// A new Info dictionary in an incremental update, which keeps title and creator and adds /Assay-Evidence.
QByteArray embedInPdf(const QByteArray& pdf, const QByteArray& text);
std::optional<QByteArray> readFromPdf(QIODevice& file);

/// A <metadata id="Assay-Evidence"> as the first child of the root element.
QByteArray embedInSvg(const QByteArray& svg, const QByteArray& text);
std::optional<QByteArray> readFromSvg(QIODevice& file);

/// A tEXt chunk right after the header.
QByteArray embedInPng(const QByteArray& png, const QByteArray& text);
std::optional<QByteArray> readFromPng(QIODevice& file);

} // namespace assay::widgets
