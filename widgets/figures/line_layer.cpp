#include "widgets/figures/line_layer.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr int kMostDots = 60;

} // namespace

int LineLayer::markCount() const
{
    const auto& l = layer();
    return static_cast<int>(isBand() ? std::min({l.x.size(), l.low.size(), l.high.size()})
                                     : std::min(l.x.size(), l.y.size()));
}

QRectF LineLayer::markRect(int mark) const
{
    const auto i = static_cast<std::size_t>(mark);
    const double y = isBand() ? (layer().low[i] + layer().high[i]) / 2 : layer().y[i];
    const QPointF at = place(layer().x[i], y);
    if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
        return {};
    const double radius = style().px(3.5);
    return {at.x() - radius, at.y() - radius, 2 * radius, 2 * radius};
}

void LineLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    drawBand(painter);
    if (isBand())
        return;
    drawLine(painter);
    drawDots(painter);
}

void LineLayer::drawBand(QCPPainter* painter) const
{
    const auto& l = layer();
    const std::size_t count = std::min({l.x.size(), l.low.size(), l.high.size()});
    QPolygonF upper, lower;
    const auto flush = [&] {
        std::reverse(lower.begin(), lower.end());
        if (upper.size() > 1)
            painter->drawPolygon(upper + lower);
        // A line's own band needs no hatch: the line's dashes say whose it is.
        if (upper.size() > 1 && isBand())
            hatch(painter, upper + lower, look().colour);
        upper.clear();
        lower.clear();
    };
    QColor fill = look().colour;
    fill.setAlphaF(isBand() ? 0.22F : 0.15F);
    painter->setPen(Qt::NoPen);
    painter->setBrush(fill);
    for (std::size_t i = 0; i < count; ++i) {
        const QPointF low = place(l.x[i], l.low[i]), high = place(l.x[i], l.high[i]);
        if (!std::isfinite(low.x()) || !std::isfinite(low.y()) || !std::isfinite(high.y())) {
            flush();
            continue;
        }
        upper << high;
        lower << low;
    }
    flush();
}

void LineLayer::drawLine(QCPPainter* painter) const
{
    const auto& l = layer();
    painter->setBrush(Qt::NoBrush);
    painter->setPen(linePen(restColour(), 2.0));
    QPolygonF run;
    const auto flush = [&] {
        if (run.size() > 1)
            painter->drawPolyline(run);
        run.clear();
    };
    for (int i = 0; i < markCount(); ++i) {
        const auto at = place(l.x[static_cast<std::size_t>(i)], l.y[static_cast<std::size_t>(i)]);
        if (std::isfinite(at.x()) && std::isfinite(at.y()))
            run << at;
        else
            flush();
    }
    flush();
}

void LineLayer::drawDots(QCPPainter* painter) const
{
    const bool all = markCount() <= kMostDots;
    for (int i = 0; i < markCount(); ++i) {
        const QRectF rect = markRect(i);
        const bool chosen = showsShares() && share(i) > 0;
        if (rect.isNull() || !(all || chosen || i == hot()))
            continue;
        painter->setPen(QPen(style().theme.plotBackground, style().px(1.4)));
        QColor fill = look().colour;
        if (showsShares() && !chosen) {
            fill = QColor::fromRgbF((fill.redF() + 2 * style().theme.plotBackground.redF()) / 3,
                                    (fill.greenF() + 2 * style().theme.plotBackground.greenF()) / 3,
                                    (fill.blueF() + 2 * style().theme.plotBackground.blueF()) / 3);
        }
        painter->setBrush(fill);
        drawMarker(painter, rect.center(), style().px(i == hot() ? 5 : 3.6), look().variant);
        if (chosen)
            drawShareRing(painter, rect.center(), style().px(6), i);
    }
}

void LineLayer::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const
{
    if (isBand()) {
        LayerPlottable::drawLegendIcon(painter, rect);
        return;
    }
    painter->setPen(linePen(look().colour, 2.0));
    const double more = (legendWidth() - style().px(16)) / 2;
    painter->drawLine(QPointF(rect.left() - more, rect.center().y()),
                      QPointF(rect.right() + more, rect.center().y()));
    painter->setPen(Qt::NoPen);
    painter->setBrush(look().colour);
    drawMarker(painter, rect.center(), style().px(3.2), look().variant);
}

} // namespace assay::widgets
