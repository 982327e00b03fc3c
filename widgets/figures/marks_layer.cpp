#include "widgets/figures/marks_layer.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace assay::widgets {

int MarksLayer::markCount() const
{
    return static_cast<int>(layer().x.size() + layer().y.size());
}

QLineF MarksLayer::lineOf(int mark) const
{
    const QRect area = keyAxis()->axisRect()->rect();
    const auto i = static_cast<std::size_t>(mark);
    if (i < layer().x.size()) {
        const double x = keyAxis()->coordToPixel(layer().x[i]);
        return {x, static_cast<double>(area.bottom()), x, static_cast<double>(area.top())};
    }
    const double y = valueAxis()->coordToPixel(layer().y[i - layer().x.size()]);
    return {static_cast<double>(area.left()), y, static_cast<double>(area.right()), y};
}

QRectF MarksLayer::markRect(int mark) const
{
    const QLineF line = lineOf(mark);
    if (!std::isfinite(line.x1()) || !std::isfinite(line.y1()))
        return {};
    return QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1);
}

bool MarksLayer::isShown(int mark) const
{
    const QRectF area = keyAxis()->axisRect()->rect();
    return !markRect(mark).isNull() && area.adjusted(-1, -1, 1, 1).contains(lineOf(mark).p1());
}

void MarksLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    for (int mark = 0; mark < markCount(); ++mark) {
        if (!isShown(mark))
            continue;
        QPen pen(look().colour, style().px(mark == hot() ? 2 : 1.3), Qt::SolidLine, Qt::FlatCap);
        pen.setDashPattern({5, 3.5});
        painter->setPen(pen);
        painter->drawLine(lineOf(mark));
    }
    painter->setFont(style().scaled(0.9));
    const QFontMetricsF metrics(painter->font());
    QVector<QRectF> taken;
    for (int mark = 0; mark < markCount(); ++mark)
        if (isShown(mark) && static_cast<std::size_t>(mark) < layer().labels.size() &&
            !layer().labels[static_cast<std::size_t>(mark)].empty())
            drawText(painter, mark, metrics, taken);
}

bool MarksLayer::crossesAnother(int mark, const QRectF& box) const
{
    for (int other = 0; other < markCount(); ++other)
        if (other != mark && isShown(other) && markRect(other).intersects(box))
            return true;
    return false;
}

void MarksLayer::drawText(QCPPainter* painter, int mark, const QFontMetricsF& metrics,
                          QVector<QRectF>& taken) const
{
    constexpr int kRows = 4;
    const QRectF area = keyAxis()->axisRect()->rect();
    const QLineF line = lineOf(mark);
    const QString text = QString::fromStdString(layer().labels[static_cast<std::size_t>(mark)]);
    const QSizeF size(metrics.horizontalAdvance(text) + style().px(6), metrics.height());
    QVector<QPointF> corners;
    if (static_cast<std::size_t>(mark) < layer().x.size()) {
        for (int row = 0; row < kRows; ++row) {
            const double top = area.top() + style().px(2) + row * size.height();
            corners << QPointF(line.x2() + style().px(3), top)
                    << QPointF(line.x2() - style().px(3) - size.width(), top);
        }
    } else {
        const double left = area.right() - size.width() - style().px(2);
        corners << QPointF(left, line.y1() - size.height() - style().px(1))
                << QPointF(left, line.y1() + style().px(1));
    }
    std::optional<QRectF> best;
    for (const bool mayCross : {false, true})
        for (const QPointF& corner : corners) {
            const QRectF box(corner, size);
            const bool covers = std::any_of(taken.cbegin(), taken.cend(),
                                            [&box](const QRectF& other) { return other.intersects(box); });
            if (!best && area.contains(box) && !covers && (mayCross || !crossesAnother(mark, box)))
                best = box;
        }
    const QRectF box = best.value_or(QRectF(corners.first(), size));
    QColor paper = style().theme.plotBackground;
    paper.setAlphaF(0.8F);
    painter->fillRect(box, paper);
    painter->setPen(style().theme.mutedText);
    painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
    taken << box;
}

void MarksLayer::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const
{
    QPen pen(look().colour, style().px(1.5), Qt::SolidLine, Qt::FlatCap);
    pen.setDashPattern({3, 2});
    painter->setPen(pen);
    painter->drawLine(QPointF(rect.left(), rect.center().y()), QPointF(rect.right(), rect.center().y()));
}

} // namespace assay::widgets
