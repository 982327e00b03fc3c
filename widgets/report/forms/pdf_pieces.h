#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/report/forms/page_flow.h"
#include "widgets/report/report_content.h"
#include "widgets/theme/theme.h"

#include <QFont>
#include <QFontMetricsF>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <QVector>

#include <functional>

class QCPPainter;
class QPagedPaintDevice;
class QTextLayout;

namespace assay::widgets {

/// How the pages of a PDF report are set. Lengths are device units, of which there are kUnitsPerMm
/// (plot_renderer.h) to the millimetre.
struct PdfStyle
{
    QPagedPaintDevice* device = nullptr; ///< outlives all pieces
    Theme theme = Theme::print();
    double width = 0;  ///< of the text
    double height = 0; ///< of the text of a page
    ExportOptions figures; ///< but for their size

    QFont font(double pt, QFont::Weight weight = QFont::Normal) const;
    QFont mono(double pt) const;
    QFontMetricsF metrics(const QFont& font) const;
};

/// A thing that is never cut, and how it is drawn into its place on the page.
struct PdfPiece
{
    FlowPiece flow;
    std::function<void(QCPPainter& painter, const QRectF& place)> paint;
};
using PdfPieces = QVector<PdfPiece>;

/// Adds @p more to @p pieces, @p gap below what is there; FlowPiece::repeats of @p more counts from its own
/// first.
void append(PdfPieces& pieces, PdfPieces more, double gap);
void keepTogether(PdfPieces& pieces);

/// Text as HTML of the safe kind (report_markdown.h) line by line: a paragraph leaves no single line behind,
/// headings stay with what follows.
struct PdfTextOptions
{
    double pt = 9.5;
    double indent = 0; ///< on both sides
    bool muted = false;
    bool centred = false;
};
PdfPieces pdfText(const QString& html, const PdfStyle& style, const PdfTextOptions& options = {});
/// "Figure 3. " in bold before the caption.
PdfPieces pdfCaption(const QString& label, const QString& captionMarkdown, const PdfStyle& style);

/// A table of plain texts with rules above, below and under its head, which is shown again on every page.
struct PaperTable
{
    QStringList head; ///< empty: no head
    QVector<QStringList> rows;
    QVector<bool> numeric; ///< per column: to the right
    QVector<bool> code;    ///< per row: its last cell in the font for code
    QString note;          ///< below it; says how many rows were left out
};
/// The first @p most rows of @p table as people read them.
PaperTable paperTable(const protocol::Table& table, int most);
PdfPieces pdfTable(const PaperTable& table, const PdfStyle& style);

PdfPieces pdfFigure(const ContentItem& item, const PdfStyle& style);
PdfPieces pdfGallery(const ContentItem& item, const PdfStyle& style);
/// A sentence in a frame.
PdfPieces pdfProblem(const QString& sentence, const PdfStyle& style);
/// How the numbers of the runs can be made again.
PdfPieces pdfAppendix(const ReportContent& content, const PdfStyle& style);

/// @p text in lines no wider than @p width, with its height: what cells and labels are set with.
struct PdfLines
{
    std::shared_ptr<QTextLayout> layout;
    double height = 0;
    double natural = 0; ///< width of the longest line
};
PdfLines pdfLines(const QString& text, const QFont& font, double width, Qt::Alignment alignment,
                  const PdfStyle& style);

} // namespace assay::widgets
