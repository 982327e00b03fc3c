#include "widgets/figures/boxes_layer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace assay::widgets {

int BoxesLayer::markCount() const
{
    return static_cast<int>(std::min(layer().x.size(), layer().z.size() / 5));
}

double BoxesLayer::halfWidth() const
{
    const QCPAxis* axis = keyAxis();
    double spacing = axis->axisRect()->width() / 3.0;
    // Of all boxes of the figure: those of another layer may stand between those of this one.
    std::vector<double> places;
    for (const auto& l : drawn().figure->layers) {
        if (l.kind == protocol::LayerKind::Boxes)
            std::copy_if(l.x.begin(), l.x.end(), std::back_inserter(places),
                         [](double x) { return std::isfinite(x); });
    }
    std::sort(places.begin(), places.end());
    for (std::size_t i = 1; i < places.size(); ++i) {
        const double apart = std::abs(axis->coordToPixel(places[i]) - axis->coordToPixel(places[i - 1]));
        if (apart > 0)
            spacing = std::min(spacing, apart);
    }
    return std::min(spacing * 0.3, style().px(26));
}

QRectF BoxesLayer::markRect(int mark) const
{
    const auto i = static_cast<std::size_t>(mark);
    const QPointF low = place(layer().x[i], layer().z[5 * i + 1]);
    const QPointF high = place(layer().x[i], layer().z[5 * i + 3]);
    if (!std::isfinite(low.x()) || !std::isfinite(low.y()) || !std::isfinite(high.y()))
        return {};
    const double half = halfWidth();
    return {low.x() - half, high.y(), 2 * half, std::max(1.0, low.y() - high.y())};
}

void BoxesLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    for (int mark = 0; mark < markCount(); ++mark) {
        const auto i = static_cast<std::size_t>(mark);
        const QRectF box = markRect(mark);
        if (box.isNull())
            continue;
        const double x = layer().x[i];
        painter->setPen(QPen(look().colour, style().px(1.3), Qt::SolidLine, Qt::FlatCap));
        painter->drawLine(place(x, layer().z[5 * i]), place(x, layer().z[5 * i + 1]));
        painter->drawLine(place(x, layer().z[5 * i + 3]), place(x, layer().z[5 * i + 4]));
        const double cap = box.width() / 4;
        for (const std::size_t end : {std::size_t{0}, std::size_t{4}}) {
            const QPointF at = place(x, layer().z[5 * i + end]);
            painter->drawLine(at - QPointF(cap, 0), at + QPointF(cap, 0));
        }
        QColor fill = look().colour;
        fill.setAlphaF(showsShares() && share(mark) <= 0 ? 0.10F : 0.28F);
        painter->setBrush(fill);
        painter->setPen(
            QPen(mark == hot() ? style().theme.text : look().colour, style().px(mark == hot() ? 1.8 : 1.3)));
        painter->drawRoundedRect(box, style().px(2), style().px(2));
        hatch(painter, box, look().colour);
        if (showsShares() && share(mark) > 0) {
            QRectF part = box;
            part.setTop(box.bottom() - box.height() * share(mark));
            painter->fillRect(part, look().colour);
        }
        const QPointF median = place(x, layer().z[5 * i + 2]);
        painter->setPen(QPen(style().theme.text, style().px(2), Qt::SolidLine, Qt::FlatCap));
        painter->drawLine(QPointF(box.left(), median.y()), QPointF(box.right(), median.y()));
    }
}

} // namespace assay::widgets
