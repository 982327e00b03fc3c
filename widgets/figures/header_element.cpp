#include "widgets/figures/header_element.h"

#include "widgets/figures/layer_plottable.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

HeaderElement::HeaderElement(QCustomPlot* plot)
    : QCPLayoutElement(plot)
{
    setAutoMargins(QCP::msNone);
}

void HeaderElement::setContent(const QString& title, const QString& subtitle,
                               const QVector<LayerPlottable*>& legend, const PlotStyle& style)
{
    m_title = title;
    m_subtitle = subtitle;
    m_style = style;
    m_entries.clear();
    for (LayerPlottable* layer : legend)
        m_entries.append({layer, layer->name(), {}});
}

void HeaderElement::update(UpdatePhase phase)
{
    if (phase == upPreparation)
        arrange(parentPlot()->viewport().width());
    QCPLayoutElement::update(phase);
}

void HeaderElement::arrange(double width)
{
    const double side = m_style.side();
    const double room = std::max(width - 2 * side, m_style.px(40));
    double y = m_style.px(m_title.isEmpty() && m_entries.isEmpty() ? 6 : 10);
    const auto wrapped = [&](const QFont& font, const QString& text) {
        if (text.isEmpty())
            return QRectF();
        const QRectF bounds =
            QFontMetricsF(font).boundingRect(QRectF(0, 0, room, 1e6), Qt::TextWordWrap, text);
        const QRectF rect(side, y, room, std::ceil(bounds.height()));
        y = rect.bottom();
        return rect;
    };
    m_titleRect = wrapped(m_style.scaled(1.12, QFont::DemiBold), m_title);
    if (!m_title.isEmpty())
        y += m_style.px(1);
    m_subtitleRect = wrapped(m_style.scaled(0.92), m_subtitle);
    if (!m_entries.isEmpty()) {
        y += y > m_style.px(12) ? m_style.px(6) : 0;
        const QFontMetricsF metrics(m_style.font);
        const double gap = m_style.px(6), between = m_style.px(16);
        const double line = metrics.height() + m_style.px(3);
        double x = side;
        for (Entry& entry : m_entries) {
            const double swatch = entry.layer->legendWidth();
            entry.text = metrics.elidedText(entry.layer->name(), Qt::ElideMiddle, room - swatch - gap);
            const double needed = swatch + gap + metrics.horizontalAdvance(entry.text);
            if (x > side && x + needed > side + room) {
                x = side;
                y += line;
            }
            entry.rect = QRectF(x, y, needed, line);
            x += needed + between;
        }
        y += line;
    }
    m_height = static_cast<int>(std::ceil(y + m_style.px(4)));
}

LayerPlottable* HeaderElement::layerAt(const QPointF& position) const
{
    for (const Entry& entry : m_entries)
        if (entry.rect.translated(outerRect().topLeft()).contains(position))
            return entry.layer;
    return nullptr;
}

void HeaderElement::draw(QCPPainter* painter)
{
    const QPointF origin = outerRect().topLeft();
    painter->setFont(m_style.scaled(1.12, QFont::DemiBold));
    painter->setPen(m_style.theme.text);
    painter->drawText(m_titleRect.translated(origin), Qt::TextWordWrap, m_title);
    painter->setFont(m_style.scaled(0.92));
    painter->setPen(m_style.theme.mutedText);
    painter->drawText(m_subtitleRect.translated(origin), Qt::TextWordWrap, m_subtitle);
    painter->setFont(m_style.font);
    painter->setAntialiasing(true);
    for (const Entry& entry : m_entries) {
        const QRectF rect = entry.rect.translated(origin);
        const double side = m_style.px(11), swatch = entry.layer->legendWidth();
        entry.layer->drawLegendIcon(
            painter, QRectF(rect.left() + (swatch - side) / 2, rect.center().y() - side / 2, side, side));
        painter->setPen(m_style.theme.text);
        painter->drawText(rect.adjusted(swatch + m_style.px(6), 0, m_style.px(20), 0),
                          Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, entry.text);
    }
}

} // namespace assay::widgets
