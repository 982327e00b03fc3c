#include "widgets/report/editor/paper_drag.h"

#include <QPainter>

namespace assay::widgets {

DropTarget dropTargetAt(const QVector<BlockPlace>& places, qsizetype dragged, int y)
{
    if (dragged < 0 || dragged >= places.size())
        return {};
    qsizetype before = 0;
    for (qsizetype i = 0; i < places.size(); ++i) {
        const QRect& rect = places[i].rect;
        const bool middle = y >= rect.top() + rect.height() / 4 && y < rect.bottom() + 1 - rect.height() / 4;
        if (i != dragged && middle && places[i].figure && places[dragged].figure)
            return {.onto = places[i].id};
        if (y >= rect.center().y())
            before = i + 1;
    }
    if (before == dragged || before == dragged + 1)
        return {}; // where it is
    return {.before = before};
}

DropMark::DropMark(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("dropMark"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
}

void DropMark::showLine(const QRect& place)
{
    m_text.clear();
    setGeometry(place);
    raise();
    show();
    update();
}

void DropMark::showFrame(const QRect& place, const QString& text)
{
    m_text = text;
    setGeometry(place);
    raise();
    show();
    update();
}

void DropMark::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF around(rect());
    if (m_text.isEmpty()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.accent);
        const double thick = 3, radius = around.height() / 2;
        painter.drawEllipse(QRectF(0, 0, 2 * radius, 2 * radius).adjusted(1, 1, -1, -1));
        painter.drawRoundedRect(QRectF(radius, radius - thick / 2, around.width() - radius, thick), thick / 2,
                                thick / 2);
        return;
    }
    QColor soft = m_theme.accent;
    soft.setAlphaF(0.14);
    painter.setPen(QPen(m_theme.accent, 2));
    painter.setBrush(soft);
    painter.drawRoundedRect(around.adjusted(1, 1, -1, -1), 6, 6);
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    const QRect text = QFontMetrics(bold).boundingRect(m_text).adjusted(-12, -6, 12, 6);
    QRectF badge(text);
    badge.moveCenter(QRectF(visibleRegion().boundingRect()).center()); // of a tall figure the part in view
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.accent);
    painter.drawRoundedRect(badge, 6, 6);
    painter.setPen(m_theme.accentText);
    painter.drawText(badge, Qt::AlignCenter, m_text);
}

} // namespace assay::widgets
