#include "widgets/figures/evidence_formats.h"

#include "backend/protocol/error.h"
#include "widgets/figures/figure_export.h"

#include <QIODevice>

namespace assay::widgets {

namespace {

QByteArray escaped(QByteArray text)
{
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
}

QByteArray unescaped(QByteArray text)
{
    return text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
}

} // namespace

QByteArray embedInSvg(const QByteArray& svg, const QByteArray& text)
{
    if (text.size() > kMostEvidence)
        throw Error("the evidence is larger than 4 MiB", "SVG export",
                    "Export a figure of a run with a smaller specification");
    const qsizetype root = svg.indexOf("<svg");
    const qsizetype end = root < 0 ? -1 : svg.indexOf('>', root);
    if (end < 0)
        throw Error("the drawing could not be encoded", "SVG export", "Choose another format");
    QByteArray result = svg;
    return result.insert(end + 1,
                         "\n<metadata id=\"" + Evidence::key() + "\">" + escaped(text) + "</metadata>");
}

std::optional<QByteArray> readFromSvg(QIODevice& file)
{
    // Editors may move the element, so more than the beginning is looked at, but not a file without end.
    const QByteArray start = file.read(4 * kMostEvidence);
    if (!start.contains("<svg"))
        return std::nullopt;
    for (qsizetype at = start.indexOf("<metadata"); at >= 0; at = start.indexOf("<metadata", at + 9)) {
        const QByteArray tag = start.mid(at, 1024);
        const qsizetype end = tag.indexOf('>');
        if (end < 0)
            continue;
        const qsizetype open = at + end;
        const QByteArray attributes = tag.left(end);
        if (!attributes.contains("\"" + Evidence::key() + "\"") &&
            !attributes.contains("'" + Evidence::key() + "'"))
            continue;
        const qsizetype close = start.indexOf("</metadata", open);
        if (close < 0 || close - open > 2 * kMostEvidence)
            return std::nullopt;
        return unescaped(start.mid(open + 1, close - open - 1)).trimmed();
    }
    return std::nullopt;
}

} // namespace assay::widgets
