#include "widgets/figures/colour_bar.h"

#include "widgets/figures/hatch.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

ColourBar::ColourBar(QCustomPlot* plot, QCPAxisRect* beside)
    : QCPLayoutElement(plot)
    , m_beside(beside)
{
    setAutoMargins(QCP::msNone);
}

void ColourBar::setContent(const QString& map, double low, double high, const QString& label,
                           const PlotStyle& style)
{
    m_map = map;
    m_low = low;
    m_high = high;
    m_label = label;
    m_style = style;
    m_width = 0;
    m_categories.clear();
    if (m_map.isEmpty())
        return;
    const QFontMetricsF metrics(m_style.font);
    double widest = 0;
    for (const double tick : ticks())
        widest = std::max(widest, metrics.horizontalAdvance(numberText(tick)));
    m_width = static_cast<int>(std::ceil(m_style.px(24) + widest +
                                         (m_label.isEmpty() ? 0 : metrics.height() + m_style.px(6)) +
                                         m_style.px(10)));
}

void ColourBar::setCategories(const QStringList& names, const QString& label, const PlotStyle& style)
{
    m_map.clear();
    m_categories = names;
    m_label = label;
    m_style = style;
    const QFontMetricsF metrics(m_style.font);
    double widest = 0;
    for (const QString& name : names)
        widest = std::max(widest, metrics.horizontalAdvance(name));
    m_width = static_cast<int>(
        std::ceil(m_style.px(30) + widest + (m_label.isEmpty() ? 0 : metrics.height() + m_style.px(6))));
}

QVector<double> ColourBar::ticks() const
{
    const double span = m_high - m_low;
    if (!(span > 0))
        return {m_low};
    const double rough = span / 4;
    const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
    const double step = magnitude * (rough / magnitude < 1.5   ? 1
                                     : rough / magnitude < 3.5 ? 2
                                     : rough / magnitude < 7.5 ? 5
                                                               : 10);
    QVector<double> result;
    for (double k = std::ceil(m_low / step - 1e-9); k * step <= m_high + span * 1e-9 && result.size() < 12;
         ++k)
        result << (std::abs(k * step) < step * 1e-9 ? 0 : k * step);
    return result;
}

void ColourBar::draw(QCPPainter* painter)
{
    if (!m_categories.isEmpty())
        drawCategories(painter);
    else if (!m_map.isEmpty())
        drawStrip(painter);
}

void ColourBar::drawCategories(QCPPainter* painter)
{
    const QFontMetricsF metrics(m_style.font);
    const QRectF area = m_beside->rect();
    const auto shown =
        std::ranges::count_if(m_categories, [](const QString& name) { return !name.isEmpty(); });
    const double step =
        std::min(metrics.height() * 1.25, area.height() / std::max<double>(1, static_cast<double>(shown)));
    painter->setFont(m_style.font);
    painter->setAntialiasing(true);
    double top = area.top(), widest = 0;
    for (int i = 0; i < m_categories.size(); ++i) {
        if (m_categories[i].isEmpty())
            continue;
        const QRectF row(outerRect().left() + m_style.px(8), top, m_width, step);
        const double side = std::min(m_style.px(10), step * 0.8);
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_style.theme.category(i));
        const QRectF patch(row.left(), row.center().y() - side / 2, side, side);
        painter->drawRoundedRect(patch, m_style.px(2), m_style.px(2));
        if (m_style.greySafe)
            drawHatch(
                painter, patch, i,
                QPen(Theme::inkOn(m_style.theme.category(i)), m_style.px(1), Qt::SolidLine, Qt::FlatCap),
                m_style.px(4));
        painter->setPen(m_style.theme.mutedText);
        painter->drawText(row.adjusted(m_style.px(16), 0, 0, 0),
                          Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, m_categories[i]);
        widest = std::max(widest, metrics.horizontalAdvance(m_categories[i]));
        top += step;
    }
    drawLabel(painter, outerRect().left() + m_style.px(26) + widest);
}

void ColourBar::drawStrip(QCPPainter* painter)
{
    const QRectF area = m_beside->rect();
    const QRectF strip(outerRect().left() + m_style.px(8), area.top(), m_style.px(10), area.height());
    QLinearGradient gradient(strip.bottomLeft(), strip.topLeft());
    constexpr int kStops = 24;
    for (int i = 0; i <= kStops; ++i)
        gradient.setColorAt(i / double(kStops), m_style.mapped(m_map, i / double(kStops)));
    painter->setAntialiasing(true);
    painter->setPen(Qt::NoPen);
    painter->setBrush(gradient);
    painter->drawRoundedRect(strip, m_style.px(3), m_style.px(3));

    painter->setFont(m_style.font);
    const QFontMetricsF metrics(m_style.font);
    painter->setPen(m_style.theme.mutedText);
    double widest = 0;
    for (const double tick : ticks()) {
        const QString text = numberText(tick);
        const double width = metrics.horizontalAdvance(text);
        widest = std::max(widest, width);
        const double share = m_high > m_low ? (tick - m_low) / (m_high - m_low) : 0;
        const double y =
            std::clamp(strip.bottom() - share * strip.height(), strip.top() + metrics.height() / 2,
                       strip.bottom() - metrics.height() / 2);
        painter->drawText(
            QRectF(strip.right() + m_style.px(5), y - metrics.height() / 2, width, metrics.height()),
            Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, text);
    }
    drawLabel(painter, strip.right() + m_style.px(9) + widest);
}

void ColourBar::drawLabel(QCPPainter* painter, double left)
{
    if (m_label.isEmpty())
        return;
    const QFontMetricsF metrics(m_style.font);
    painter->setPen(m_style.theme.mutedText);
    painter->save();
    painter->translate(left, m_beside->rect().center().y());
    painter->rotate(90);
    const double length = m_beside->rect().height();
    painter->drawText(QRectF(-length / 2, -metrics.height() - m_style.px(1), length, metrics.height()),
                      Qt::AlignCenter | Qt::TextDontClip,
                      metrics.elidedText(m_label, Qt::ElideRight, length));
    painter->restore();
}

} // namespace assay::widgets
