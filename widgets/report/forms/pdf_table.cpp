#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/pdf_pieces.h"

#include <qcustomplot.h>

#include <QTextLayout>

#include <algorithm>
#include <numeric>

namespace assay::widgets {

namespace {

constexpr double kColumnGapMm = 3.2, kRowPaddingMm = 0.55;
constexpr double kHeavyMm = 0.28, kLightMm = 0.17; ///< rules as booktabs has them: 0.08 em and 0.05 em

/// How wide columns would like to be, and how narrow they may become.
struct ColumnNeeds
{
    QVector<double> natural, least;
    QVector<double> wrapped; ///< of numbers, their heads on a few lines
};

ColumnNeeds needsOf(const PaperTable& table, const QVector<int>& columns, const QFontMetricsF& metrics)
{
    ColumnNeeds needs;
    const double narrow = metrics.averageCharWidth() * 14, narrowHead = metrics.averageCharWidth() * 10;
    for (const int c : columns) {
        double natural = 0, values = 0;
        for (qsizetype r = 0; r < table.rows.size(); ++r) {
            const bool code = table.code.value(r) && c + 1 == table.rows[r].size();
            values = std::max(values, metrics.horizontalAdvance(table.rows[r].value(c)) * (code ? 1.2 : 1));
        }
        natural = std::max(values, metrics.horizontalAdvance(table.head.value(c)) * 1.06); // bolder
        double word = 0;
        for (const QString& part : table.head.value(c).split(QLatin1Char(' ')))
            word = std::max(word, metrics.horizontalAdvance(part) * 1.06);
        // Numbers are never wrapped; heads and texts are.
        const double least =
            table.numeric.value(c) ? std::max(values, std::min(word, narrow)) : std::min(natural, narrow);
        needs.wrapped << std::min(natural, std::max({values, word, narrowHead})) + 2;
        needs.natural << natural + 2;
        needs.least << std::min(least, natural) + 2;
    }
    return needs;
}

double sum(const QVector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Natural widths where there is room. Else the heads of numbers are wrapped first, and then the texts that
/// exceed a limit common to all are cut down to it.
QVector<double> widthsWithin(ColumnNeeds needs, const PaperTable& table, const QVector<int>& columns,
                             double room)
{
    if (sum(needs.natural) <= room)
        return needs.natural;
    for (qsizetype i = 0; i < columns.size(); ++i) {
        if (table.numeric.value(columns[i]))
            needs.natural[i] = needs.wrapped[i];
    }
    const auto at = [&](double limit) {
        QVector<double> widths;
        for (qsizetype i = 0; i < needs.natural.size(); ++i)
            widths << std::max(needs.least[i], std::min(needs.natural[i], limit));
        return widths;
    };
    double low = 0, high = room;
    for (int i = 0; i < 40; ++i) {
        const double middle = (low + high) / 2;
        (sum(at(middle)) <= room ? low : high) = middle;
    }
    return at(low);
}

/// Columns that stand beside each other, with the size of their letters.
struct ColumnGroup
{
    QVector<int> columns;
    double pt = 8.5;
    QVector<double> widths;
};

/// All columns as one group if letters of at least 6 pt do; else as many as fit beside the first, which
/// names the rows, again and again.
QVector<ColumnGroup> groupsOf(const PaperTable& table, const PdfStyle& style)
{
    const auto room = [&](qsizetype columns) {
        return style.width - double(columns - 1) * kColumnGapMm * kUnitsPerMm;
    };
    QVector<int> all(table.numeric.size());
    std::iota(all.begin(), all.end(), 0);
    ColumnNeeds needs;
    for (const double pt : {8.5, 8.0, 7.5, 7.0, 6.5, 6.0}) {
        needs = needsOf(table, all, style.metrics(style.font(pt)));
        if (sum(needs.least) <= room(all.size()))
            return {{all, pt, widthsWithin(needs, table, all, room(all.size()))}};
    }
    QVector<ColumnGroup> groups;
    for (int next = 1; next < all.size();) {
        ColumnGroup group{{0}, 7, {}};
        const QFontMetricsF metrics = style.metrics(style.font(group.pt));
        do
            group.columns << next++;
        while (next < all.size() && sum(needsOf(table, group.columns + QVector<int>{next}, metrics).least) <=
                                        room(group.columns.size() + 1));
        group.widths = widthsWithin(needsOf(table, group.columns, metrics), table, group.columns,
                                    room(group.columns.size()));
        // Two columns that do not fit even so are cut to the page.
        for (double& width : group.widths)
            width = std::min(width, room(group.columns.size()) / 2 + style.width / 4);
        groups << group;
    }
    if (groups.isEmpty())
        groups << ColumnGroup{all, 6, {style.width}};
    return groups;
}

struct PlacedCell
{
    PdfLines lines;
    double left = 0;
};

/// A row, or the head as row -1, with the rules above and below it in mm.
PdfPiece rowPiece(const PaperTable& table, int row, const ColumnGroup& group, double ruleAbove,
                  double ruleBelow, const PdfStyle& style)
{
    const bool isHead = row < 0;
    const QStringList& texts = isHead ? table.head : table.rows[row];
    const QFont font = style.font(group.pt, isHead ? QFont::DemiBold : QFont::Normal);
    const double gap = kColumnGapMm * kUnitsPerMm, padding = kRowPaddingMm * kUnitsPerMm;
    double x = 0, height = style.metrics(font).height();
    QVector<PlacedCell> cells;
    for (qsizetype i = 0; i < group.columns.size(); ++i) {
        const int c = group.columns[i];
        const Qt::Alignment side = table.numeric.value(c) ? Qt::AlignRight : Qt::AlignLeft;
        const bool code = !isHead && table.code.value(row) && c + 1 == texts.size();
        cells.append({pdfLines(texts.value(c), code ? style.mono(group.pt * 0.92) : font, group.widths[i],
                               side, style),
                      x});
        height = std::max(height, cells.last().lines.height);
        x += group.widths[i] + gap;
    }
    const double width = x - gap, left = (style.width - width) / 2;
    height += 2 * padding + (ruleAbove > 0 ? padding : 0) + (ruleBelow > 0 ? padding : 0);
    const QColor ink = style.theme.text;
    return {{height}, [=](QCPPainter& painter, const QRectF& place) {
                painter.setPen(ink);
                const double from = place.left() + std::max(0.0, left);
                const double bottom = place.bottom() - padding - (ruleBelow > 0 ? padding : 0);
                const double top = place.top() + padding + (ruleAbove > 0 ? padding : 0);
                for (const PlacedCell& cell : cells) // heads stand on their rule, rows hang from their top
                    cell.lines.layout->draw(
                        &painter, QPointF(from + cell.left, isHead ? bottom - cell.lines.height : top));
                const auto rule = [&](double y, double mm) {
                    painter.fillRect(QRectF(from, y, width, mm * kUnitsPerMm), ink);
                };
                if (ruleAbove > 0)
                    rule(place.top(), ruleAbove);
                if (ruleBelow > 0)
                    rule(place.bottom() - ruleBelow * kUnitsPerMm, ruleBelow);
            }};
}

PdfPieces groupPieces(const PaperTable& table, const ColumnGroup& group, const PdfStyle& style)
{
    PdfPieces pieces;
    const bool hasHead = !table.head.join(QString()).isEmpty();
    if (hasHead)
        pieces << rowPiece(table, -1, group, kHeavyMm, kLightMm, style);
    const qsizetype count = table.rows.size();
    for (qsizetype r = 0; r < count; ++r) {
        const bool last = r + 1 == count;
        pieces << rowPiece(table, int(r), group, !hasHead && r == 0 ? kHeavyMm : 0, last ? kHeavyMm : 0,
                           style);
        pieces.last().flow.repeats = hasHead ? 0 : -1;
        pieces.last().flow.keepWithNext = !last && (r == 0 || r + 2 == count);
    }
    if (hasHead)
        pieces.first().flow.keepWithNext = true;
    return pieces;
}

} // namespace

PdfPieces pdfTable(const PaperTable& table, const PdfStyle& style)
{
    PdfPieces pieces;
    if (table.numeric.isEmpty())
        return pieces;
    const QVector<ColumnGroup> groups = groupsOf(table, style);
    for (const ColumnGroup& group : groups)
        append(pieces, groupPieces(table, group, style), 3 * kUnitsPerMm);
    if (!table.note.isEmpty() && !pieces.isEmpty()) {
        pieces.last().flow.keepWithNext = true;
        PdfPieces note = pdfText(QStringLiteral("<p>%1</p>").arg(table.note.toHtmlEscaped()), style,
                                 {.pt = 7.5, .muted = true, .centred = true});
        append(pieces, std::move(note), 1.2 * kUnitsPerMm);
    }
    return pieces;
}

} // namespace assay::widgets
