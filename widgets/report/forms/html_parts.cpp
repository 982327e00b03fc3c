#include "widgets/report/forms/html_parts.h"

#include "backend/protocol/csv.h"
#include "widgets/figures/plot_renderer.h"
#include "widgets/figures/table_model.h"
#include "widgets/gallery/grid_pixels.h"
#include "widgets/report/forms/report_gallery.h"
#include "widgets/report/forms/report_words.h"
#include "widgets/report/report_markdown.h"
#include "widgets/report/run_traces.h"

#include <QCoreApplication>
#include <QImage>

#include <algorithm>

namespace assay::widgets {

namespace {

/// Drawings larger than this are put in once, on white, instead of once for light and once for dark.
constexpr qsizetype kLargeDrawing = 1 << 20;
constexpr int kMostRows = 5000;
constexpr int kTileMinPx = 84;
constexpr double kMostHeightMm = 135, kLeastWidthMm = 60;

struct HtmlWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::HtmlReport)
};

/// Drawings lie on the page, whose dark paper report.css names.
Theme darkPage()
{
    Theme theme = Theme::dark();
    theme.plotBackground = QColor(QStringLiteral("#16191d"));
    return theme;
}

QString escaped(const QString& text)
{
    return text.toHtmlEscaped();
}

QString file(const QString& name, const QString& words, const QByteArray& type, const QByteArray& bytes)
{
    return QStringLiteral("<a download=\"%1\" href=\"%2\">%3</a>")
        .arg(escaped(name), dataUri(type, bytes), escaped(words));
}

QString captionHtml(const ContentItem& item, const QString& files)
{
    return QStringLiteral("<figcaption><span class=\"label\">%1.</span> %2 <span "
                          "class=\"files\">%3</span></figcaption>\n")
        .arg(escaped(item.label), markdownInlineHtml(item.caption), files);
}

QString panelHtml(const ContentItem& item, const ContentPanel& panel, const ExportOptions& options)
{
    const QByteArray light = renderSvg(*panel.figure, options);
    const bool large = light.size() > kLargeDrawing;
    QString html = QStringLiteral("<div class=\"panel%1\">").arg(large ? " bright" : "");
    if (!panel.letter.isEmpty())
        html += QStringLiteral("<span class=\"letter\">(%1)</span>").arg(panel.letter);
    html += QStringLiteral("<picture>");
    if (!large)
        html += QStringLiteral("<source media=\"(prefers-color-scheme: dark)\" srcset=\"%1\">")
                    .arg(dataUri("image/svg+xml", renderSvg(*panel.figure, options, darkPage())));
    const QString alternative =
        item.label + QStringLiteral(": ") + QString::fromStdString(panel.figure->title);
    return html + QStringLiteral("<img src=\"%1\" alt=\"%2\"></picture></div>\n")
                      .arg(dataUri("image/svg+xml", light), escaped(alternative));
}

QString numbersName(const ContentItem& item, const QString& letter, const char* suffix)
{
    return item.anchor + letter + QLatin1String(suffix);
}

/// The attributes of an image, "Label: Coat", under it: one below the other where the tile is narrow.
QString attributesHtml(const protocol::ImageGrid& grid, std::size_t index)
{
    QStringList words;
    for (const protocol::ImageAttribute& attribute : grid.attributes) {
        const std::int32_t code = index < attribute.codes.size() ? attribute.codes[index] : -1;
        if (code < 0 || std::size_t(code) >= attribute.values.size())
            continue;
        const std::string& name = attribute.title.empty() ? attribute.name : attribute.title;
        words << escaped(QStringLiteral("%1: %2").arg(
            QString::fromStdString(name), QString::fromStdString(attribute.values[std::size_t(code)])));
    }
    const bool narrow = grid.variants.size() <= 3;
    return QStringLiteral("<div>%1</div>")
        .arg(words.join(narrow ? QStringLiteral("<br>") : QStringLiteral(" · ")));
}

QString rowsHtml(const QVector<TraceRow>& rows)
{
    QString html = QStringLiteral("<table><tbody>\n");
    for (const TraceRow& row : rows)
        html += QStringLiteral("<tr><td>%1</td><td>%2%3%4</td></tr>\n")
                    .arg(escaped(row.name), QLatin1String(row.code ? "<code>" : ""), escaped(row.value),
                         QLatin1String(row.code ? "</code>" : ""));
    return html + QStringLiteral("</tbody></table>\n");
}

/// Square and tall figures are not drawn as wide as the text: one screen shows the whole of them.
double usualWidth(const ContentItem& item, double textMm)
{
    const double aspect = item.panels.front().figure->aspect;
    return item.panels.size() == 1 && aspect > 0 ? std::max(kLeastWidthMm, kMostHeightMm * aspect) : textMm;
}

} // namespace

QString dataUri(const QByteArray& type, const QByteArray& bytes)
{
    return QStringLiteral("data:%1;base64,%2").arg(QLatin1String(type), QLatin1String(bytes.toBase64()));
}

QString figureHtml(const ContentItem& item, ExportOptions figures, double textMm)
{
    const double share = item.panels.size() > 1 ? 1.0 / item.columns : 1;
    const double width = std::min(item.widthMm > 0 ? item.widthMm : usualWidth(item, textMm), textMm);
    QString html =
        QStringLiteral(
            "<figure id=\"%1\">\n<div class=\"panels\" style=\"grid-template-columns: repeat(%2, 1fr); "
            "max-width: %3%\">\n")
            .arg(item.anchor)
            .arg(item.columns)
            .arg(100 * width / textMm, 0, 'f', 1);
    QString files;
    for (const ContentPanel& panel : item.panels) {
        figures.widthMm = std::max(30.0, width * share);
        figures.heightMm =
            std::max(20.0, figures.widthMm / (panel.figure->aspect > 0 ? panel.figure->aspect : 1.6));
        html += panelHtml(item, panel, figures);
        const QString letter = panel.letter.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(panel.letter);
        files += file(numbersName(item, panel.letter, ".csv"), HtmlWords::tr("Data%1 as CSV").arg(letter),
                      "text/csv;charset=utf-8", figureCsv(*panel.figure));
    }
    return html + QStringLiteral("</div>\n") + captionHtml(item, files) + QStringLiteral("</figure>\n");
}

QString tableHtml(const ContentItem& item)
{
    TableModel model;
    model.setTable(item.table);
    const int columns = model.columnCount();
    const int rows = std::min(model.rowCount(), kMostRows);
    QString html =
        QStringLiteral("<figure id=\"%1\">\n<div class=\"scroll\"><table class=\"sortable\"><thead><tr>")
            .arg(item.anchor);
    const auto classOf = [&](int column) {
        return QLatin1String(item.table->columns[std::size_t(column)].isText() ? "" : " class=\"n\"");
    };
    for (int c = 0; c < columns; ++c)
        html += QStringLiteral("<th scope=\"col\"%1><button type=\"button\">%2</button></th>")
                    .arg(classOf(c), escaped(model.headerData(c, Qt::Horizontal).toString()));
    html += QStringLiteral("</tr></thead><tbody>\n");
    for (int r = 0; r < rows; ++r) {
        html += QStringLiteral("<tr>");
        for (int c = 0; c < columns; ++c) {
            const QModelIndex cell = model.index(r, c);
            const bool text = item.table->columns[std::size_t(c)].isText();
            const QString exact = text
                                      ? QString()
                                      : QStringLiteral(" data-v=\"%1\"")
                                            .arg(escaped(model.data(cell, TableModel::ExactRole).toString()));
            html += QStringLiteral("<td%1%2>%3</td>")
                        .arg(classOf(c), exact, escaped(model.data(cell).toString()));
        }
        html += QStringLiteral("</tr>\n");
    }
    html += QStringLiteral("</tbody></table></div>\n");
    const QString left =
        model.rowCount() > rows
            ? HtmlWords::tr(" The first %1 of %2 rows; the file has all.").arg(rows).arg(model.rowCount())
            : QString();
    return html +
           captionHtml(item, escaped(left) + file(numbersName(item, {}, ".csv"), HtmlWords::tr("Data as CSV"),
                                                  "text/csv;charset=utf-8",
                                                  QByteArray::fromStdString(protocol::toCsv(*item.table)))) +
           QStringLiteral("</figure>\n");
}

QString galleryHtml(const ContentItem& item)
{
    const protocol::ImageGrid& grid = *item.grid;
    const GridPixels pixels(item.grid, {});
    const std::size_t shown = std::min(grid.count(), std::size_t(item.most));
    const int scale = std::max(1, kTileMinPx / int(std::max(1u, grid.width)));
    QString html = QStringLiteral("<figure id=\"%1\">\n<div class=\"tiles\">\n").arg(item.anchor);
    for (std::size_t i = 0; i < shown; ++i) {
        html += QStringLiteral("<div class=\"tile\"><div class=\"variants\">");
        for (std::size_t v = 0; v < grid.variants.size(); ++v) {
            const QString words =
                QStringLiteral("%1, %2").arg(grid.ids[i]).arg(QString::fromStdString(grid.variants[v]));
            html += QStringLiteral("<img src=\"%1\" width=\"%2\" height=\"%3\" alt=\"%4\" title=\"%4\">")
                        .arg(dataUri("image/png", pngOf(pixels.image(int(i), int(v)))))
                        .arg(grid.width * unsigned(scale))
                        .arg(grid.height * unsigned(scale))
                        .arg(escaped(words));
        }
        html += QStringLiteral("</div>%1</div>\n").arg(attributesHtml(grid, i));
    }
    html += QStringLiteral("</div>\n");
    QStringList variants;
    for (const std::string& variant : grid.variants)
        variants << QString::fromStdString(variant);
    QString words;
    if (variants.size() > 1)
        words += HtmlWords::tr("From left to right: %1. ").arg(variants.join(QStringLiteral(", ")));
    if (shown < grid.count())
        words += HtmlWords::tr("%1 of %2 images.").arg(shown).arg(grid.count());
    return html + captionHtml(item, escaped(words)) + QStringLiteral("</figure>\n");
}

QString problemHtml(const ContentItem& item)
{
    return QStringLiteral("<p class=\"problem\" role=\"note\">%1</p>\n").arg(escaped(item.text));
}

QString appendixHtml(const ReportContent& content)
{
    if (content.runs.isEmpty())
        return {};
    QString html = QStringLiteral("<section class=\"appendix\" id=\"appendix\">\n<h2>%1</h2>\n")
                       .arg(escaped(appendixTitle()));
    for (const QString& notice : content.notices)
        html += QStringLiteral("<p class=\"problem\">%1</p>\n").arg(escaped(notice));
    for (const RunTrace& trace : content.runs) {
        html += QStringLiteral("<h3>%1</h3>\n").arg(escaped(traceHeading(trace)));
        html += rowsHtml(traceRows(trace));
        html += QStringLiteral("<h4>%1</h4>\n<div class=\"parameters\">\n")
                    .arg(escaped(HtmlWords::tr("Parameters")));
        for (const TraceRow& row : parameterRows(trace))
            html += QStringLiteral("<p><span>%1</span><code>%2</code></p>\n")
                        .arg(escaped(row.name), escaped(row.value));
        html += QStringLiteral("</div>\n<h4>%1</h4>\n<pre>%2</pre>\n")
                    .arg(escaped(commandTitle()), escaped(trace.command));
    }
    return html + QStringLiteral("</section>\n");
}

} // namespace assay::widgets
