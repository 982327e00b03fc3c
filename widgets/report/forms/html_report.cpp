#include "backend/protocol/whole_file.h"
#include "widgets/report/forms/html_parts.h"
#include "widgets/report/forms/report_words.h"
#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_markdown.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QLocale>

namespace assay::widgets {

namespace {

/// Width of the text of the page in millimetres of a 96 dpi screen: 52 rem without its sides.
constexpr double kTextMm = 210;
/// On a page that is read on a screen text is larger than in print.
constexpr double kPageFontPt = 10.5;

QByteArray resource(const char* name)
{
    QFile file(QStringLiteral(":/assay/report/") + QLatin1String(name));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the resource %s is not in the program", name);
    return file.readAll();
}

QString hashOf(const QByteArray& text)
{
    return QStringLiteral("'sha256-%1'")
        .arg(QLatin1String(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toBase64()));
}

QString itemHtml(const ContentItem& item, const ExportOptions& figures)
{
    switch (item.kind) {
    case ContentItem::Kind::Text:
        return QStringLiteral("<section class=\"note\">\n%1</section>\n").arg(markdownHtml(item.text));
    case ContentItem::Kind::Figure:
        return figureHtml(item, figures, kTextMm);
    case ContentItem::Kind::Table:
        return tableHtml(item);
    case ContentItem::Kind::Gallery:
        return galleryHtml(item);
    case ContentItem::Kind::Problem:
        break;
    }
    return problemHtml(item);
}

QString head(const ReportContent& content, const QByteArray& style, const QByteArray& script)
{
    // The page asks the network for nothing, and runs no script but its own.
    const QString policy =
        QStringLiteral("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src %1")
            .arg(hashOf(script));
    return QStringLiteral(
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"%1\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"generator\" content=\"Assay %2\">\n"
               "<link rel=\"icon\" href=\"data:,\">\n<title>%3</title>\n<style>\n%4</style>\n</head>\n")
        .arg(policy, QCoreApplication::applicationVersion().toHtmlEscaped(), content.title.toHtmlEscaped(),
             QString::fromUtf8(style));
}

} // namespace

QStringList writeHtmlReport(const ReportContent& content, const QString& path, const ReportProgress& progress)
{
    const QByteArray script = resource("report.js");
    QString html = head(content, resource("report.css"), script);
    html += QStringLiteral("<body>\n<header>\n<h1>%1</h1>\n").arg(content.title.toHtmlEscaped());
    if (!content.author.isEmpty())
        html += QStringLiteral("<p class=\"by\">%1</p>\n").arg(content.author.toHtmlEscaped());
    html += QStringLiteral("<p class=\"made\">%1</p>\n</header>\n<main>\n").arg(reportDate(content));
    const ExportOptions figures{.fontPt = kPageFontPt, .showTitle = false, .greySafe = content.greySafe};
    const int total = int(content.items.size()) + 1;
    for (int i = 0; i < int(content.items.size()); ++i) {
        progress(i, total, content.items[i].label);
        html += itemHtml(content.items[i], figures);
    }
    progress(total - 1, total, appendixTitle());
    html += appendixHtml(content);
    // In a script element nothing but "</" would end it.
    html += QStringLiteral("</main>\n<script type=\"application/json\" "
                           "id=\"assay-evidence\">%1</script>\n<script>%2</script>\n"
                           "</body>\n</html>\n")
                .arg(QString::fromUtf8(reportEvidence(content).replace('<', "\\u003c")),
                     QString::fromUtf8(script));
    writeWhole(path, html.toUtf8());
    return {path};
}

} // namespace assay::widgets
