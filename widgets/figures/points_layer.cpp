#include "widgets/figures/points_layer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::widgets {

QRectF PointsLayer::markRect(int mark) const
{
    const auto i = static_cast<std::size_t>(mark);
    const QPointF at = place(layer().x[i], layer().y[i]);
    if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
        return {};
    // Many points get smaller, so that a cloud keeps its shape.
    const double radius = style().px(markCount() > 2000 ? 1.8 : markCount() > 300 ? 2.8 : 4.2);
    return {at.x() - radius, at.y() - radius, 2 * radius, 2 * radius};
}

QRect PointsLayer::clipRect() const
{
    const int most = static_cast<int>(std::ceil(style().px(8)));
    return LayerPlottable::clipRect().adjusted(-most, -most, most, most);
}

bool PointsLayer::isInside(const QRectF& mark) const
{
    return QRectF(LayerPlottable::clipRect()).adjusted(-1, -1, 1, 1).contains(mark.center());
}

void PointsLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    const auto& l = layer();
    painter->save();
    painter->setClipRect(LayerPlottable::clipRect(), Qt::IntersectClip);
    painter->setPen(QPen(restColour(), style().px(1.2), Qt::SolidLine, Qt::FlatCap));
    const std::size_t intervals = std::min({l.low.size(), l.high.size(), l.x.size()});
    for (std::size_t i = 0; i < intervals; ++i)
        drawInterval(painter, l.x[i], l.low[i], l.high[i], style().px(3));
    painter->restore();

    const auto drawAll = [&](bool chosen) {
        for (int i = 0; i < markCount(); ++i) {
            const QRectF rect = markRect(i);
            if (rect.isNull() || !isInside(rect) || (showsShares() && share(i) > 0) != chosen)
                continue;
            const double radius = rect.width() / 2 * (i == hot() ? 1.35 : 1.0);
            painter->setBrush(chosen ? look().colour : restColour());
            painter->setPen(markCount() > 300 ? QPen(Qt::NoPen)
                                              : QPen(style().theme.plotBackground, style().px(1.1)));
            if (isHollow()) {
                painter->setBrush(style().theme.plotBackground);
                painter->setPen(QPen(chosen ? look().colour : restColour(), style().px(1.5)));
            }
            drawMarker(painter, rect.center(), radius, look().variant);
            if (chosen)
                drawShareRing(painter, rect.center(), radius + style().px(2.4), i);
        }
    };
    drawAll(false);
    if (showsShares())
        drawAll(true);
    drawLabels(painter);
}

void PointsLayer::drawLabels(QCPPainter* painter) const
{
    constexpr qsizetype kMostLabels = 40;
    // The last layer labels the points of all of them, so that no label covers another layer's point.
    QVector<const PointsLayer*> layers;
    for (QCPAbstractPlottable* plottable : keyAxis()->plottables())
        if (const auto* points = dynamic_cast<const PointsLayer*>(plottable))
            layers << points;
    if (layers.isEmpty() || layers.last() != this)
        return;
    QVector<QRectF> places, taken;
    QStringList texts;
    for (const PointsLayer* points : layers)
        for (int i = 0; i < points->markCount(); ++i) {
            const auto mark = static_cast<std::size_t>(i);
            const auto& labels = points->layer().labels;
            const QRectF place = points->markRect(i);
            places << place;
            texts << (mark < labels.size() && isInside(place) ? QString::fromStdString(labels[mark])
                                                              : QString());
        }
    if (places.size() > kMostLabels)
        return;
    taken = places;
    painter->setFont(style().scaled(0.92));
    painter->setPen(style().theme.text);
    const QFontMetricsF metrics(painter->font());
    const QRectF area = keyAxis()->axisRect()->rect();
    for (qsizetype i = 0; i < places.size(); ++i)
        if (!places[i].isNull() && !texts[i].isEmpty())
            drawLabel(painter, places[i], texts[i], metrics, area, taken);
}

void PointsLayer::drawLabel(QCPPainter* painter, const QRectF& point, const QString& text,
                            const QFontMetricsF& metrics, const QRectF& area, QVector<QRectF>& taken) const
{
    const QSizeF size(metrics.horizontalAdvance(text), metrics.height());
    const double away = style().px(3), middle = point.center().y() - size.height() / 2;
    const double centred = point.center().x() - size.width() / 2;
    const auto& all = drawn().figure->layers;
    const bool liesOnAreas = std::any_of(all.begin(), all.end(), [](const protocol::Layer& l) {
        return l.kind == protocol::LayerKind::Bars || l.kind == protocol::LayerKind::Cells;
    });
    const double above = point.top() - size.height() - away, below = point.bottom() + away;
    std::array<QPointF, 8> corners{QPointF(point.right() + away, middle),
                                   QPointF(point.left() - away - size.width(), middle),
                                   QPointF(centred, above),
                                   QPointF(centred, below),
                                   QPointF(point.left(), above),
                                   QPointF(point.right() - size.width(), above),
                                   QPointF(point.left(), below),
                                   QPointF(point.right() - size.width(), below)};
    // Above a bar there is nothing in the way of a label.
    if (liesOnAreas)
        std::swap(corners[0], corners[2]);
    // The first place that is free, a little moved where the plot ends; a label that covers another is left
    // out.
    for (const QPointF& corner : corners) {
        QRectF box(corner, size);
        box.moveLeft(std::clamp(box.left(), area.left(), std::max(area.left(), area.right() - size.width())));
        box.moveTop(std::clamp(box.top(), area.top(), std::max(area.top(), area.bottom() - size.height())));
        if (std::any_of(taken.cbegin(), taken.cend(),
                        [&box](const QRectF& other) { return other.intersects(box); }))
            continue;
        if (liesOnAreas) {
            QColor paper = style().theme.plotBackground;
            paper.setAlphaF(0.82F);
            painter->save();
            painter->setPen(Qt::NoPen);
            painter->setBrush(paper);
            painter->drawRoundedRect(box.adjusted(-style().px(2), 0, style().px(2), 0), style().px(3),
                                     style().px(3));
            painter->restore();
        }
        painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
        taken << box;
        return;
    }
}

void PointsLayer::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const
{
    painter->setPen(isHollow() ? QPen(look().colour, style().px(1.5)) : QPen(Qt::NoPen));
    painter->setBrush(isHollow() ? style().theme.plotBackground : look().colour);
    drawMarker(painter, rect.center(), style().px(4.2), look().variant);
}

} // namespace assay::widgets
