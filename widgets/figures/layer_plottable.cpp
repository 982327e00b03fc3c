#include "widgets/figures/layer_plottable.h"

#include "widgets/figures/bars_layer.h"
#include "widgets/figures/boxes_layer.h"
#include "widgets/figures/cells_layer.h"
#include "widgets/figures/hatch.h"
#include "widgets/figures/line_layer.h"
#include "widgets/figures/marks_layer.h"
#include "widgets/figures/points_layer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::widgets {

LayerPlottable::LayerPlottable(QCPAxis* x, QCPAxis* y)
    : QCPAbstractPlottable(x, y)
{
    setSelectable(QCP::stNone);
}

LayerPlottable* LayerPlottable::create(protocol::LayerKind kind, QCPAxis* x, QCPAxis* y)
{
    switch (kind) {
    case protocol::LayerKind::Bars:
        return new BarsLayer(x, y);
    case protocol::LayerKind::Points:
        return new PointsLayer(x, y);
    case protocol::LayerKind::Cells:
        return new CellsLayer(x, y);
    case protocol::LayerKind::Boxes:
        return new BoxesLayer(x, y);
    case protocol::LayerKind::Marks:
        return new MarksLayer(x, y);
    case protocol::LayerKind::Line:
    case protocol::LayerKind::Band:
        break;
    }
    return new LineLayer(x, y);
}

void LayerPlottable::show(std::shared_ptr<const DrawnFigure> drawn, int layerIndex, LayerLook look)
{
    m_drawn = std::move(drawn);
    m_index = layerIndex;
    m_look = std::move(look);
    m_shares.clear();
    m_hot = -1;
    setName(QString::fromStdString(layer().name));
}

int LayerPlottable::markCount() const
{
    return static_cast<int>(std::min(layer().x.size(), layer().y.size()));
}

int LayerPlottable::markAt(const QPointF& position, double tolerance, double* distance) const
{
    int best = -1;
    double nearest = tolerance;
    for (int mark = 0; mark < markCount(); ++mark) {
        const QRectF rect = markRect(mark);
        if (rect.isNull())
            continue;
        const double dx = std::max({rect.left() - position.x(), 0.0, position.x() - rect.right()});
        const double dy = std::max({rect.top() - position.y(), 0.0, position.y() - rect.bottom()});
        const double away = std::hypot(dx, dy);
        if (away < nearest || (best < 0 && away <= nearest)) {
            nearest = away;
            best = mark;
        }
    }
    if (best >= 0 && distance)
        *distance = nearest;
    return best;
}

QPointF LayerPlottable::place(double x, double y) const
{
    const auto fits = [](const QCPAxis* axis, double v) {
        return std::isfinite(v) && (axis->scaleType() != QCPAxis::stLogarithmic || v > 0);
    };
    const QCPAxis* key = keyAxis();
    const QCPAxis* value = valueAxis();
    if (!fits(key, x))
        return {qQNaN(), qQNaN()};
    // Bars of a log axis start below everything, not nowhere.
    if (!fits(value, y) && std::isfinite(y))
        y = value->range().lower;
    return {key->coordToPixel(x), value->coordToPixel(y)};
}

QColor LayerPlottable::restColour() const
{
    QColor colour = m_look.colour;
    if (showsShares())
        colour.setAlphaF(0.30F);
    return colour;
}

QPen LayerPlottable::linePen(const QColor& colour, double width) const
{
    // Lengths of dashes and gaps in widths of the line.
    static const std::array<QVector<qreal>, kVariants> kDashes{{{},
                                                                {4, 2.5},
                                                                {1, 2.2},
                                                                {5, 2.2, 1, 2.2},
                                                                {8, 3},
                                                                {5, 2, 1, 2, 1, 2},
                                                                {2.4, 2.2},
                                                                {8, 2.2, 2.4, 2.2}}};
    QPen pen(colour, style().px(width), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    if (const auto& dashes = kDashes[static_cast<std::size_t>(m_look.variant) % kVariants]; !dashes.isEmpty())
        pen.setDashPattern(dashes);
    return pen;
}

void LayerPlottable::hatch(QPainter* painter, const QPolygonF& shape, const QColor& ink) const
{
    if (m_look.variant > 0)
        drawHatch(painter, shape, m_look.variant, QPen(ink, style().px(1), Qt::SolidLine, Qt::FlatCap),
                  style().px(6));
}

void LayerPlottable::drawInterval(QCPPainter* painter, double x, double low, double high,
                                  double capHalf) const
{
    const QPointF from = place(x, low), to = place(x, high);
    if (!std::isfinite(from.x()) || !std::isfinite(from.y()) || !std::isfinite(to.y()))
        return;
    painter->drawLine(from, to);
    painter->drawLine(from - QPointF(capHalf, 0), from + QPointF(capHalf, 0));
    painter->drawLine(to - QPointF(capHalf, 0), to + QPointF(capHalf, 0));
}

void LayerPlottable::drawMarker(QPainter* painter, const QPointF& centre, double radius, int variant)
{
    // Corners for a radius of one, y downwards; made a little larger or smaller so that all weigh the same.
    static const std::array<QPolygonF, kVariants> kShapes{{
        {},
        {QPolygonF{{-0.88, -0.88}, {0.88, -0.88}, {0.88, 0.88}, {-0.88, 0.88}}},
        {QPolygonF{{0, -1.15}, {1.1, 0.85}, {-1.1, 0.85}}},
        {QPolygonF{{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}}},
        {QPolygonF{{0, 1.15}, {1.1, -0.85}, {-1.1, -0.85}}},
        {QPolygonF{{-0.42, -1.2},
                   {0.42, -1.2},
                   {0.42, -0.42},
                   {1.2, -0.42},
                   {1.2, 0.42},
                   {0.42, 0.42},
                   {0.42, 1.2},
                   {-0.42, 1.2},
                   {-0.42, 0.42},
                   {-1.2, 0.42},
                   {-1.2, -0.42},
                   {-0.42, -0.42}}},
        {QPolygonF{{-1.15, -0.55},
                   {-0.55, -1.15},
                   {0, -0.6},
                   {0.55, -1.15},
                   {1.15, -0.55},
                   {0.6, 0},
                   {1.15, 0.55},
                   {0.55, 1.15},
                   {0, 0.6},
                   {-0.55, 1.15},
                   {-1.15, 0.55},
                   {-0.6, 0}}},
        {QPolygonF{{-1.25, -0.6}, {1.25, -0.6}, {1.25, 0.6}, {-1.25, 0.6}}},
    }};
    const QPolygonF& shape = kShapes[static_cast<std::size_t>(variant) % kVariants];
    if (shape.isEmpty())
        painter->drawEllipse(centre, radius, radius);
    else
        painter->drawPolygon(QTransform(radius, 0, 0, radius, centre.x(), centre.y()).map(shape));
}

void LayerPlottable::drawShareRing(QPainter* painter, const QPointF& centre, double radius, int mark) const
{
    constexpr int kWhole = 360 * 16, kTop = 90 * 16,
                  kLeast = 40 * 16; // sixteenths of a degree, as QPainter has them
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(style().theme.text, style().px(1.6), Qt::SolidLine, Qt::FlatCap));
    const QRectF box(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius);
    painter->drawArc(box, kTop, -std::max(kLeast, qRound(kWhole * std::min(1.F, share(mark)))));
}

void LayerPlottable::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const
{
    painter->setPen(Qt::NoPen);
    painter->setBrush(m_look.colour);
    painter->drawRoundedRect(rect, style().px(2.5), style().px(2.5));
    hatch(painter, rect, Theme::inkOn(m_look.colour));
}

// Ranges come from FigurePlot, which knows the figure's fixed limits; the plot's own rescaling is not used.
QCPRange LayerPlottable::getKeyRange(bool& found, QCP::SignDomain) const
{
    found = false;
    return {};
}

QCPRange LayerPlottable::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const
{
    found = false;
    return {};
}

} // namespace assay::widgets
