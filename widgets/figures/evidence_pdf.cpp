#include "widgets/figures/evidence_formats.h"

#include "backend/protocol/error.h"
#include "widgets/figures/figure_export.h"

#include <QIODevice>
#include <QRegularExpression>

namespace assay::widgets {

namespace {

[[noreturn]] void refuse()
{
    throw Error("the document could not be completed with its evidence", "PDF export",
                "Choose another format");
}

/// Value of a pattern's first group in @p text, e.g. the object number of /Root.
QByteArray field(const QByteArray& text, const QString& pattern)
{
    const auto match = QRegularExpression(pattern).match(QString::fromLatin1(text));
    if (!match.hasMatch())
        refuse();
    return match.captured(1).toLatin1();
}

/// A literal string: parentheses and backslashes escaped (ISO 32000-1, 7.3.4.2).
QByteArray literal(QByteArray text)
{
    return '(' + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ')';
}

/// Reads the literal string that starts at @p at; nullopt when it does not end or is too long.
std::optional<QByteArray> readLiteral(const QByteArray& pdf, qsizetype at)
{
    while (at < pdf.size() && (pdf[at] == ' ' || pdf[at] == '\n' || pdf[at] == '\r'))
        ++at;
    if (at >= pdf.size() || pdf[at] != '(')
        return std::nullopt;
    QByteArray text;
    int depth = 1;
    for (++at; at < pdf.size() && text.size() <= kMostEvidence; ++at) {
        char byte = pdf[at];
        if (byte == '\\' && at + 1 < pdf.size())
            byte = pdf[++at];
        else if (byte == '(')
            ++depth;
        else if (byte == ')' && --depth == 0)
            return text;
        text += byte;
    }
    return std::nullopt;
}

} // namespace

// An incremental update (ISO 32000-1, 7.5.6) leaves every byte of the rendered document as it is: the new
// Info object, a cross-reference section for it alone, and a trailer that points back to the old one.
QByteArray embedInPdf(const QByteArray& pdf, const QByteArray& text)
{
    if (text.size() > kMostEvidence)
        throw Error("the evidence is larger than 4 MiB", "PDF export",
                    "Export a figure of a run with a smaller specification");
    const qsizetype trailerAt = pdf.lastIndexOf("trailer");
    const qsizetype startAt = pdf.lastIndexOf("startxref");
    if (!pdf.startsWith("%PDF-") || trailerAt < 0 || startAt < trailerAt)
        refuse();
    const QByteArray trailer = pdf.mid(trailerAt, startAt - trailerAt);
    const QByteArray info = field(trailer, "/Info\\s+(\\d+)\\s+0\\s+R");
    const QByteArray root = field(trailer, "/Root\\s+(\\d+)\\s+0\\s+R");
    const QByteArray size = field(trailer, "/Size\\s+(\\d+)");
    const QByteArray previous = field(pdf.mid(startAt), "startxref\\s+(\\d+)");
    const qsizetype infoAt = pdf.lastIndexOf('\n' + info + " 0 obj");
    const qsizetype open = pdf.indexOf("<<", infoAt);
    const qsizetype close = pdf.indexOf("\nendobj", infoAt);
    const qsizetype dictionaryEnd = close < 0 ? -1 : pdf.lastIndexOf(">>", close);
    if (infoAt < 0 || open < 0 || dictionaryEnd < open)
        refuse();

    QByteArray result = pdf;
    if (!result.endsWith('\n'))
        result += '\n';
    const QByteArray objectAt = QByteArray::number(result.size()).rightJustified(10, '0');
    result += info + " 0 obj\n" + pdf.mid(open, dictionaryEnd - open) + "/" + Evidence::key() + ' ' +
              literal(text) + "\n>>\nendobj\n";
    const QByteArray crossAt = QByteArray::number(result.size());
    result += "xref\n" + info + " 1\n" + objectAt + " 00000 n \n";
    result += "trailer\n<<\n/Size " + size + "\n/Root " + root + " 0 R\n/Info " + info + " 0 R\n/Prev " +
              previous + "\n>>\nstartxref\n" + crossAt + "\n%%EOF\n";
    return result;
}

std::optional<QByteArray> readFromPdf(QIODevice& file)
{
    if (file.peek(5) != "%PDF-")
        return std::nullopt;
    // The update stands at the end.
    constexpr qint64 kTail = 2 * kMostEvidence + 65536;
    if (file.size() > kTail && !file.seek(file.size() - kTail))
        return std::nullopt;
    const QByteArray tail = file.read(kTail);
    const QByteArray key = '/' + Evidence::key();
    const qsizetype at = tail.lastIndexOf(key);
    return at < 0 ? std::nullopt : readLiteral(tail, at + key.size());
}

} // namespace assay::widgets
