#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/forms/report_panels.h"

#include <qcustomplot.h>

#include <QTextLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

/// The letter above a panel; nothing for a figure that stands alone. The caption says what each shows.
PdfLines panelLetterLines(const ContentPanel& panel, double width, const PdfStyle& style)
{
    return panel.letter.isEmpty() ? PdfLines()
                                  : pdfLines(QStringLiteral("(%1)").arg(panel.letter),
                                             style.font(8.5, QFont::Bold), width, Qt::AlignLeft, style);
}

PdfPiece panelRow(const QVector<ContentPanel>& panels, const PanelRow& row, double left,
                  const PdfStyle& style)
{
    struct Placed
    {
        ContentPanel panel;
        PdfLines letter;
        double left;
    };
    QVector<Placed> placed;
    double above = 0;
    for (int i = 0; i < row.count; ++i) {
        const double x = left + i * (row.panelWidthMm + kPanelGapMm) * kUnitsPerMm;
        const ContentPanel& panel = panels[row.first + i];
        placed.append({panel, panelLetterLines(panel, row.panelWidthMm * kUnitsPerMm, style), x});
        above = std::max(above, placed.last().letter.height);
    }
    const double height = row.heightMm * kUnitsPerMm;
    PdfPiece piece;
    piece.flow.height = above + height;
    // Drawn anew at the height it gets: letters keep their size.
    piece.flow.shrink = height * kFigureShrink;
    piece.paint = [=, options = style.figures, ink = style.theme.text](QCPPainter& painter,
                                                                       const QRectF& place) mutable {
        for (const Placed& one : placed) {
            painter.setPen(ink);
            const double x = place.left() + one.left;
            if (one.letter.layout)
                one.letter.layout->draw(&painter, QPointF(x, place.top()));
            options.widthMm = row.panelWidthMm;
            options.heightMm = (place.height() - above) / kUnitsPerMm;
            paintFigure(painter, *one.panel.figure, options, QPointF(x, place.top() + above) / kUnitsPerMm,
                        kUnitsPerMm, FigurePainting::Vector);
        }
    };
    return piece;
}

} // namespace

PdfPieces pdfFigure(const ContentItem& item, const PdfStyle& style)
{
    PdfPieces pieces;
    const PanelGrid grid = panelGrid(item, style.width / kUnitsPerMm, 0.46 * style.height / kUnitsPerMm,
                                     0.8 * style.height / kUnitsPerMm);
    const double left = (style.width - grid.widthMm * kUnitsPerMm) / 2;
    for (const PanelRow& row : grid.rows) {
        PdfPieces one{panelRow(item.panels, row, left, style)};
        append(pieces, std::move(one), 2.5 * kUnitsPerMm);
    }
    append(pieces, pdfCaption(item.label, item.caption, style), 1.8 * kUnitsPerMm);
    keepTogether(pieces);
    return pieces;
}

} // namespace assay::widgets
