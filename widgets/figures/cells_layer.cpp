#include "widgets/figures/cells_layer.h"

#include "widgets/figures/hatch.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

// Above these a cell is a pixel of a picture rather than something to read.
constexpr int kMostRectangles = 4096;
constexpr int kMostTexts = 400;

} // namespace

int CellsLayer::markCount() const
{
    const std::size_t expected = std::size_t(layer().rows) * layer().columns;
    return static_cast<int>(std::min(expected, layer().z.size()));
}

std::pair<double, double> CellsLayer::edges(int i, int count, const std::vector<double>& centres,
                                            const protocol::Axis& axis) const
{
    if (centres.size() == static_cast<std::size_t>(count) && count > 1) {
        const auto at = [&](int k) { return centres[static_cast<std::size_t>(k)]; };
        const double before = i > 0 ? at(i) - at(i - 1) : at(1) - at(0);
        const double after = i + 1 < count ? at(i + 1) - at(i) : at(count - 1) - at(count - 2);
        return {at(i) - before / 2, at(i) + after / 2};
    }
    if (axis.scale == protocol::AxisScale::Linear && axis.low && axis.high) {
        const double step = (*axis.high - *axis.low) / count;
        return {*axis.low + i * step, *axis.low + (i + 1) * step};
    }
    return {i - 0.5, i + 0.5};
}

QRectF CellsLayer::markRect(int mark) const
{
    const int columns = static_cast<int>(layer().columns);
    if (mark < 0 || mark >= markCount())
        return {};
    const auto [left, right] = edges(mark % columns, columns, layer().x, drawn().figure->x);
    const auto [low, high] =
        edges(mark / columns, static_cast<int>(layer().rows), layer().y, drawn().figure->y);
    return QRectF(place(left, high), place(right, low)).normalized();
}

QColor CellsLayer::cellColour(int mark) const
{
    const double value = layer().z[static_cast<std::size_t>(mark)];
    if (!std::isfinite(value))
        return style().theme.raised;
    if (drawn().figure->colour.scale == protocol::AxisScale::Category)
        return style().theme.category(static_cast<int>(value));
    const double span = drawn().colourHigh - drawn().colourLow;
    const double t = span > 0 ? (value - drawn().colourLow) / span : 0.5;
    return style().mapped(QString::fromStdString(layer().colourMap), t);
}

void CellsLayer::draw(QCPPainter* painter)
{
    if (markCount() == 0)
        return;
    if (markCount() > kMostRectangles)
        drawAsImage(painter);
    else
        drawCells(painter);
    painter->setAntialiasing(true);
    if (markCount() <= kMostTexts && drawn().figure->colour.scale != protocol::AxisScale::Category)
        drawTexts(painter);
    if (showsShares())
        drawShares(painter);
    if (hot() >= 0 && hot() < markCount()) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(style().theme.text, style().px(1.8)));
        painter->drawRect(markRect(hot()));
    }
}

void CellsLayer::drawAsImage(QCPPainter* painter) const
{
    const int columns = static_cast<int>(layer().columns), rows = markCount() / columns;
    QImage image(columns, rows, QImage::Format_ARGB32_Premultiplied);
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column)
            image.setPixelColor(column, rows - 1 - row, cellColour(row * columns + column));
    const QRectF all = markRect(0).united(markRect(rows * columns - 1));
    painter->setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter->drawImage(all, image);
}

void CellsLayer::drawCells(QCPPainter* painter) const
{
    painter->setPen(Qt::NoPen);
    const double gap = markRect(0).width() > style().px(10) ? style().px(1) : 0;
    const double round = gap > 0 ? style().px(2) : 0;
    painter->setAntialiasing(gap > 0);
    const bool hatched =
        style().greySafe && gap > 0 && drawn().figure->colour.scale == protocol::AxisScale::Category;
    for (int mark = 0; mark < markCount(); ++mark) {
        painter->setBrush(cellColour(mark));
        const QRectF rect = markRect(mark).adjusted(gap / 2, gap / 2, -gap / 2, -gap / 2);
        if (round > 0)
            painter->drawRoundedRect(rect, round, round);
        else
            painter->drawRect(rect);
        if (hatched && std::isfinite(layer().z[static_cast<std::size_t>(mark)]))
            drawHatch(painter, rect, static_cast<int>(layer().z[static_cast<std::size_t>(mark)]),
                      QPen(Theme::inkOn(cellColour(mark)), style().px(1), Qt::SolidLine, Qt::FlatCap),
                      style().px(6));
    }
}

void CellsLayer::drawTexts(QCPPainter* painter) const
{
    painter->setFont(style().scaled(0.9));
    const QFontMetricsF metrics(painter->font());
    QStringList texts;
    double widest = 0;
    for (int mark = 0; mark < markCount(); ++mark) {
        const auto i = static_cast<std::size_t>(mark);
        const double value = layer().z[i];
        // Two digits say enough in a cell; the tooltip and the CSV have them all.
        texts << (!std::isfinite(value)        ? QString()
                  : value == std::round(value) ? numberText(value)
                                               : QString::number(value, 'f', std::abs(value) < 10 ? 2 : 1));
        widest = std::max(widest, metrics.horizontalAdvance(texts.last()));
    }
    const QRectF first = markRect(0);
    if (first.width() < widest + style().px(5) || first.height() < metrics.height())
        return;
    for (int mark = 0; mark < markCount(); ++mark) {
        painter->setPen(Theme::inkOn(cellColour(mark)));
        painter->drawText(markRect(mark), Qt::AlignCenter | Qt::TextDontClip, texts[mark]);
    }
}

void CellsLayer::drawShares(QCPPainter* painter) const
{
    painter->setBrush(Qt::NoBrush);
    for (int mark = 0; mark < markCount(); ++mark) {
        if (share(mark) <= 0)
            continue;
        const QRectF rect =
            markRect(mark).adjusted(style().px(1), style().px(1), -style().px(1), -style().px(1));
        // A light line under the dark one reads on any cell colour.
        painter->setPen(QPen(style().theme.plotBackground, style().px(3.4)));
        painter->drawRect(rect);
        painter->setPen(QPen(style().theme.accent, style().px(1.8)));
        painter->drawRect(rect);
        const double strip = std::min(style().px(3), rect.height() / 3);
        painter->fillRect(QRectF(rect.left(), rect.bottom() - strip, rect.width() * share(mark), strip),
                          style().theme.accent);
    }
}

} // namespace assay::widgets
