#include "widgets/figures/marks_layer.h"

#include <cmath>

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

void MarksLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    painter->setFont(style().scaled(0.9));
    const QFontMetricsF metrics(painter->font());
    const QRectF area = keyAxis()->axisRect()->rect();
    for (int mark = 0; mark < markCount(); ++mark) {
        const QLineF line = lineOf(mark);
        if (markRect(mark).isNull() || !area.adjusted(-1, -1, 1, 1).contains(line.p1()))
            continue;
        QPen pen(look().colour, style().px(mark == hot() ? 2 : 1.3), Qt::SolidLine, Qt::FlatCap);
        pen.setDashPattern({5, 3.5});
        painter->setPen(pen);
        painter->drawLine(line);
        if (static_cast<std::size_t>(mark) >= layer().labels.size())
            continue;
        const QString text = QString::fromStdString(layer().labels[static_cast<std::size_t>(mark)]);
        const QSizeF size(metrics.horizontalAdvance(text) + style().px(6), metrics.height());
        const bool vertical = static_cast<std::size_t>(mark) < layer().x.size();
        QRectF box(vertical ? QPointF(line.x2() + style().px(3), area.top() + style().px(2))
                            : QPointF(area.right() - size.width() - style().px(2),
                                      line.y1() - size.height() - style().px(1)),
                   size);
        if (vertical && box.right() > area.right())
            box.moveRight(line.x2() - style().px(3));
        if (!vertical && box.top() < area.top())
            box.moveTop(line.y1() + style().px(1));
        QColor paper = style().theme.plotBackground;
        paper.setAlphaF(0.8F);
        painter->fillRect(box, paper);
        painter->setPen(style().theme.mutedText);
        painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
    }
}

void MarksLayer::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const
{
    QPen pen(look().colour, style().px(1.5), Qt::SolidLine, Qt::FlatCap);
    pen.setDashPattern({3, 2});
    painter->setPen(pen);
    painter->drawLine(QPointF(rect.left(), rect.center().y()), QPointF(rect.right(), rect.center().y()));
}

} // namespace assay::widgets
