#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/forms/report_gallery.h"

#include <qcustomplot.h>

#include <QTextLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr double kSmallPt = 6.5;

struct PlacedLines
{
    PdfLines lines;
    double left = 0;
};

double cellLeft(const GallerySheet& sheet, int column)
{
    return column * (sheet.cellWidthMm + kCellGapMm) * kUnitsPerMm;
}

double sheetLeft(const GallerySheet& sheet, const PdfStyle& style)
{
    const double width = sheet.columns * (sheet.cellWidthMm + kCellGapMm) - kCellGapMm;
    return std::max(0.0, (style.width - width * kUnitsPerMm) / 2);
}

/// Names of the variants above each cell of a row.
PdfPiece variantHead(const QStringList& names, const GallerySheet& sheet, const PdfStyle& style)
{
    QVector<PlacedLines> heads;
    double height = 0;
    for (int column = 0; column < sheet.columns; ++column) {
        for (int v = 0; v < names.size(); ++v) {
            const double x = cellLeft(sheet, column) + v * (sheet.imageWidthMm + kVariantGapMm) * kUnitsPerMm;
            heads.append({pdfLines(names[v], style.font(kSmallPt), sheet.imageWidthMm * kUnitsPerMm,
                                   Qt::AlignHCenter, style),
                          x});
            height = std::max(height, heads.last().lines.height);
        }
    }
    PdfPiece piece;
    piece.flow.height = height + 0.5 * kUnitsPerMm;
    piece.paint = [heads, left = sheetLeft(sheet, style), ink = style.theme.text](QCPPainter& painter,
                                                                                  const QRectF& place) {
        painter.setPen(ink);
        for (const PlacedLines& head : heads)
            head.lines.layout->draw(&painter,
                                    QPointF(place.left() + left + head.left,
                                            place.bottom() - head.lines.height - 0.5 * kUnitsPerMm));
    };
    return piece;
}

PdfPiece galleryRow(const ContentItem& item, const GallerySheet& sheet, int first, const PdfStyle& style)
{
    QVector<PlacedLines> captions;
    double below = 0;
    const int count = std::min(sheet.columns, sheet.images - first);
    for (int i = 0; i < count; ++i) {
        captions.append({pdfLines(sheetCaption(*item.grid, first + i), style.font(kSmallPt),
                                  sheet.cellWidthMm * kUnitsPerMm, Qt::AlignLeft, style),
                         cellLeft(sheet, i)});
        below = std::max(below, captions.last().lines.height);
    }
    const double images = sheet.imageHeightMm * kUnitsPerMm, step = 0.6 * kUnitsPerMm;
    PdfPiece piece;
    piece.flow.height = images + step + below;
    piece.paint = [=, grid = item.grid, left = sheetLeft(sheet, style),
                   theme = style.theme](QCPPainter& painter, const QRectF& place) {
        const QSizeF size(sheet.imageWidthMm * kUnitsPerMm, images);
        for (int i = 0; i < count; ++i) {
            for (int v = 0; v < int(grid->variants.size()); ++v) {
                const QPointF at(place.left() + left + cellLeft(sheet, i) +
                                     v * (size.width() + kVariantGapMm * kUnitsPerMm),
                                 place.top());
                const QImage image = sheetImage(*grid, first + i, v);
                if (!image.isNull())
                    painter.drawImage(QRectF(at, size), image);
                // White images have an edge, too; missing ones show their place.
                painter.setPen(QPen(theme.plotAxis, 0.06 * kUnitsPerMm));
                painter.setBrush(Qt::NoBrush);
                painter.drawRect(QRectF(at, size));
            }
            painter.setPen(theme.mutedText);
            captions[i].lines.layout->draw(
                &painter, QPointF(place.left() + left + captions[i].left, place.top() + images + step));
        }
    };
    return piece;
}

} // namespace

PdfPieces pdfGallery(const ContentItem& item, const PdfStyle& style)
{
    PdfPieces pieces;
    const GallerySheet sheet = gallerySheet(*item.grid, item.most, style.width / kUnitsPerMm);
    const QStringList variants = sheetVariants(*item.grid);
    if (!variants.isEmpty()) {
        pieces << variantHead(variants, sheet, style);
        pieces.last().flow.keepWithNext = true;
    }
    for (int first = 0; first < sheet.images; first += sheet.columns) {
        pieces << galleryRow(item, sheet, first, style);
        pieces.last().flow.gap = first > 0 ? 2 * kUnitsPerMm : 0;
        pieces.last().flow.repeats = variants.isEmpty() ? -1 : 0;
    }
    if (pieces.isEmpty())
        return pieces;
    pieces.last().flow.keepWithNext = true;
    if (!sheet.note.isEmpty()) {
        append(pieces,
               pdfText(QStringLiteral("<p>%1</p>").arg(sheet.note.toHtmlEscaped()), style,
                       {.pt = 7.5, .muted = true, .centred = true}),
               1.5 * kUnitsPerMm);
        pieces.last().flow.keepWithNext = true;
    }
    append(pieces, pdfCaption(item.label, item.caption, style), 1.8 * kUnitsPerMm);
    return pieces;
}

} // namespace assay::widgets
