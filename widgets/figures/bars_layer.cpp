#include "widgets/figures/bars_layer.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

QRectF BarsLayer::markRect(int mark) const
{
    const auto& bars = drawn().bars[static_cast<std::size_t>(layerIndex())];
    if (mark < 0 || static_cast<std::size_t>(mark) >= bars.size())
        return {};
    const BarRect& bar = bars[static_cast<std::size_t>(mark)];
    const QPointF from = place(bar.left, bar.bottom), to = place(bar.right, bar.top);
    if (!std::isfinite(from.x()) || !std::isfinite(from.y()) || !std::isfinite(to.x()) ||
        !std::isfinite(to.y()))
        return {};
    QRectF rect = QRectF(from, to).normalized();
    if (!style().print && rect.width() > 4) // whole pixels keep the gaps between bars equal
        rect = QRectF(QPointF(std::round(rect.left()), std::round(rect.top())),
                      QPointF(std::round(rect.right()), std::round(rect.bottom())));
    // A bar of height zero can still be found, one pixel high.
    return rect.height() > 0 ? rect : rect.adjusted(0, -1, 0, 0);
}

void BarsLayer::draw(QCPPainter* painter)
{
    painter->setAntialiasing(style().print);
    for (int mark = 0; mark < markCount(); ++mark)
        if (const QRectF rect = markRect(mark);
            !rect.isNull() && layer().y[static_cast<std::size_t>(mark)] != 0)
            drawBar(painter, mark, rect);
    painter->setAntialiasing(true);
    const auto& layers = drawn().figure->layers;
    const auto hasIntervals = [](const protocol::Layer& l) {
        return l.kind == protocol::LayerKind::Bars && !l.low.empty();
    };
    const auto hasNumbers = [](const protocol::Layer& l) {
        return l.kind == protocol::LayerKind::Points && !l.labels.empty();
    };
    // Numbers and whiskers in one bar would cover each other; beside labels of points they would be taken for
    // one of these.
    if (!showsShares() && std::none_of(layers.begin(), layers.end(), hasIntervals) &&
        std::none_of(layers.begin(), layers.end(), hasNumbers))
        drawValues(painter);
    const auto after = layers.begin() + layerIndex() + 1;
    if (std::none_of(after, layers.end(),
                     [](const protocol::Layer& l) { return l.kind == protocol::LayerKind::Bars; }))
        drawIntervals(painter);
}

/// Reads on the bar's colour, also while that is paler than usual.
QColor BarsLayer::hatchInk() const
{
    QColor ink = showsShares() ? style().theme.text : Theme::inkOn(look().colour);
    ink.setAlphaF(showsShares() ? 0.35F : 0.8F);
    return ink;
}

void BarsLayer::drawBar(QCPPainter* painter, int mark, const QRectF& rect) const
{
    const double gap = layer().stack.empty() || rect.height() < style().px(4) ? 0 : style().px(1);
    const QRectF body = rect.adjusted(0, gap, 0, 0);
    painter->fillRect(body, restColour());
    hatch(painter, body, hatchInk());
    if (showsShares() && share(mark) > 0) {
        QRectF part = body;
        part.setTop(body.bottom() -
                    std::max(body.height() * share(mark), std::min(style().px(2), body.height())));
        painter->fillRect(part, look().colour);
        QColor edge = style().theme.text;
        edge.setAlphaF(0.6F);
        painter->setPen(QPen(edge, style().px(1), Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(part);
    }
    if (mark == hot()) {
        QColor ink = style().theme.text;
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(ink, style().px(1.6), Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        painter->drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5));
    }
}

void BarsLayer::drawIntervals(QCPPainter* painter) const
{
    QColor ink = style().theme.text;
    ink.setAlphaF(0.8F);
    painter->setPen(QPen(ink, style().px(style().print ? 0.9 : 1.1), Qt::SolidLine, Qt::FlatCap));
    for (std::size_t k = 0; k < drawn().figure->layers.size(); ++k) {
        const auto& l = drawn().figure->layers[k];
        const auto& bars = drawn().bars[k];
        const std::size_t count = std::min({bars.size(), l.low.size(), l.high.size()});
        for (std::size_t i = 0; i < count; ++i) {
            const BarRect& bar = bars[i];
            const bool log = keyAxis()->scaleType() == QCPAxis::stLogarithmic;
            const double centre = log ? std::sqrt(bar.left * bar.right) : (bar.left + bar.right) / 2;
            const double width =
                std::abs(keyAxis()->coordToPixel(bar.right) - keyAxis()->coordToPixel(bar.left));
            if (l.high[i] > l.low[i])
                drawInterval(painter, centre, bar.bottom + l.low[i], bar.bottom + l.high[i],
                             std::min(style().px(3.5), width * 0.28));
        }
    }
}

namespace {

/// Three digits, and counts in full: 1250, not 1.25e+03.
QString valueText(double value)
{
    const bool isLargeCount = std::abs(value) >= 1000 && std::abs(value) < 1e7 && value == std::floor(value);
    return isLargeCount ? QString::number(value, 'f', 0) : QString::number(value, 'g', 3);
}

} // namespace

void BarsLayer::drawValues(QCPPainter* painter) const
{
    painter->setFont(style().scaled(0.9));
    const QFontMetricsF metrics(painter->font());
    const auto isHigh = [&](int mark) { return markRect(mark).height() >= metrics.height() * 1.3; };
    const auto textOf = [&](int mark) { return valueText(layer().y[static_cast<std::size_t>(mark)]); };
    // All that are high enough or none: one number among bars would seem to mean something.
    for (int mark = 0; mark < markCount(); ++mark)
        if (isHigh(mark) && markRect(mark).width() < metrics.horizontalAdvance(textOf(mark)) + style().px(6))
            return;
    painter->setPen(Theme::inkOn(look().colour));
    for (int mark = 0; mark < markCount(); ++mark) {
        if (!isHigh(mark))
            continue;
        if (look().variant > 0) { // no number among the lines of a hatch
            QRectF paper(QPointF(),
                         QSizeF(metrics.horizontalAdvance(textOf(mark)) + style().px(4), metrics.height()));
            paper.moveCenter(markRect(mark).center());
            painter->fillRect(paper, look().colour);
        }
        painter->drawText(markRect(mark), Qt::AlignCenter, textOf(mark));
    }
}

} // namespace assay::widgets
