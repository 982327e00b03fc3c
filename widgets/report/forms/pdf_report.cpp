#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"
#include "widgets/figures/evidence_formats.h"
#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/forms/report_panels.h"
#include "widgets/report/forms/report_words.h"
#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_markdown.h"

#include <qcustomplot.h>

#include <QApplication>
#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>

namespace assay::widgets {

namespace {

struct PdfWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::PdfReport)
};

// A4; the text as wide as the first print preset has it.
constexpr double kLeftMm = 25, kTopMm = 26, kTextWidthMm = 160, kTextHeightMm = 245;
constexpr double kHeadMm = 15, kFootMm = 281; ///< baselines from the top of the page
constexpr double kResolution = 25.4 * kUnitsPerMm;

/// A piece and the part of the report it belongs to, for progress.
struct ReportPieces
{
    PdfPieces pieces;
    QVector<int> parts;

    void add(PdfPieces more, double gapMm, int part)
    {
        append(pieces, std::move(more), gapMm * kUnitsPerMm);
        parts.resize(pieces.size(), part);
    }
};

PdfPieces titlePieces(const ReportContent& content, const PdfStyle& style)
{
    QString html = QStringLiteral("<h1>%1</h1>").arg(content.title.toHtmlEscaped());
    QStringList by;
    if (!content.author.isEmpty())
        by << content.author;
    if (content.made.isValid())
        by << reportDate(content);
    PdfPieces pieces = pdfText(html, style);
    if (!by.isEmpty())
        append(pieces,
               pdfText(QStringLiteral("<p>%1</p>").arg(by.join(QStringLiteral(" · ")).toHtmlEscaped()), style,
                       {.pt = 10, .muted = true}),
               1.5 * kUnitsPerMm);
    keepTogether(pieces);
    return pieces;
}

PdfPieces itemPieces(const ContentItem& item, const PdfStyle& style)
{
    switch (item.kind) {
    case ContentItem::Kind::Text:
        return pdfText(markdownHtml(item.text), style);
    case ContentItem::Kind::Figure:
        return pdfFigure(item, style);
    case ContentItem::Kind::Gallery:
        return pdfGallery(item, style);
    case ContentItem::Kind::Table: {
        PdfPieces pieces = pdfCaption(item.label, item.caption, style);
        if (!pieces.isEmpty())
            pieces.last().flow.keepWithNext = true;
        append(pieces, pdfTable(paperTable(*item.table, item.most), style), 1.8 * kUnitsPerMm);
        return pieces;
    }
    case ContentItem::Kind::Problem:
        break;
    }
    return pdfProblem(item.text, style);
}

/// Room above an item: notes run on, headings and results stand apart.
double gapAbove(const ContentItem& item)
{
    if (item.kind != ContentItem::Kind::Text)
        return 6;
    return item.text.trimmed().startsWith(QLatin1Char('#')) ? 7 : 3.5;
}

ReportPieces reportPieces(const ReportContent& content, const PdfStyle& style)
{
    ReportPieces all;
    all.add(titlePieces(content, style), 0, 0);
    for (int i = 0; i < int(content.items.size()); ++i)
        all.add(itemPieces(content.items[i], style), i == 0 ? 8 : gapAbove(content.items[i]), i);
    all.add(pdfAppendix(content, style), 10, int(content.items.size()));
    return all;
}

void drawMargins(QCPPainter& painter, const QString& title, int page, int pages, const PdfStyle& style)
{
    const QFont font = style.font(8);
    const QFontMetricsF metrics = style.metrics(font);
    painter.setFont(font);
    painter.setPen(style.theme.mutedText);
    const double left = kLeftMm * kUnitsPerMm;
    if (page > 0) {
        const double head = kHeadMm * kUnitsPerMm;
        painter.drawText(QPointF(left, head), metrics.elidedText(title, Qt::ElideRight, style.width));
        painter.fillRect(QRectF(left, head + 1.6 * kUnitsPerMm, style.width, 0.1 * kUnitsPerMm),
                         style.theme.plotAxis);
    }
    const QString number = QStringLiteral("%1 / %2").arg(page + 1).arg(pages);
    painter.drawText(
        QPointF(left + (style.width - metrics.horizontalAdvance(number)) / 2, kFootMm * kUnitsPerMm), number);
}

void setUp(QPdfWriter& writer, const QString& title)
{
    writer.setPdfVersion(QPagedPaintDevice::PdfVersion_1_4);
    writer.setCreator(QStringLiteral("Assay %1").arg(QCoreApplication::applicationVersion()));
    writer.setTitle(title);
    writer.setPageSize(QPageSize(QPageSize::A4));
    writer.setPageMargins(QMarginsF());
    writer.setResolution(qRound(kResolution));
}

QByteArray drawn(const ReportContent& content, const ReportProgress& progress)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    setUp(writer, content.title);
    PdfStyle style;
    style.device = &writer;
    style.width = kTextWidthMm * kUnitsPerMm;
    style.height = kTextHeightMm * kUnitsPerMm;
    style.figures = printOptions(content);

    const int total = int(content.items.size()) + 1;
    progress(0, total, PdfWords::tr("Pages"));
    const ReportPieces all = reportPieces(content, style);
    QVector<FlowPiece> flow;
    for (const PdfPiece& piece : all.pieces)
        flow << piece.flow;
    const QVector<FlowPlace> places = flowPages(flow, style.height);
    const int pages = places.isEmpty() ? 1 : places.last().page + 1;

    QCPPainter painter;
    painter.begin(&writer);
    painter.setRenderHint(QPainter::LosslessImageRendering);
    drawMargins(painter, content.title, 0, pages, style);
    int page = 0, part = -1;
    for (const FlowPlace& place : places) {
        if (place.page != page) {
            writer.newPage();
            page = place.page;
            drawMargins(painter, content.title, page, pages, style);
        }
        if (all.parts[place.piece] > part) {
            part = all.parts[place.piece];
            progress(part, total, part < content.items.size() ? content.items[part].label : appendixTitle());
        }
        painter.save();
        all.pieces[place.piece].paint(painter, QRectF(kLeftMm * kUnitsPerMm, kTopMm * kUnitsPerMm + place.top,
                                                      style.width, place.height));
        painter.restore();
    }
    painter.end();
    return bytes;
}

} // namespace

QStringList writePdfReport(const ReportContent& content, const QString& path, const ReportProgress& progress)
{
    if (!qobject_cast<QApplication*>(QCoreApplication::instance()))
        throw Error("pages can be drawn only by the window program", path.toStdString(),
                    "Export the report with assay export");
    // Made in memory: a file that is there already stays until the new one is whole.
    writeWhole(path, embedInPdf(drawn(content, progress), boundedReportEvidence(content)));
    return {path};
}

} // namespace assay::widgets
