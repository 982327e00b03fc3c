#include "widgets/report/editor/block_grip.h"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>

namespace assay::widgets {

BlockGrip::BlockGrip(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("blockGrip"));
    setCursor(Qt::OpenHandCursor);
    setToolTip(tr("Drag to another place; a figure dropped on the middle of another one becomes its panel"));
}

void BlockGrip::setTheme(const Theme& theme)
{
    m_theme = theme;
    update();
}

QSize BlockGrip::sizeHint() const
{
    const int em = fontMetrics().height();
    return {em * 4 / 3, em * 3 / 2};
}

void BlockGrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.mutedText);
    const double step = fontMetrics().height() / 3.2, radius = step / 3.4;
    const QPointF middle = QRectF(rect()).center();
    for (int row = -1; row <= 1; ++row) {
        for (const double column : {-0.5, 0.5})
            painter.drawEllipse(middle + QPointF(column * step, row * step), radius, radius);
    }
}

void BlockGrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return event->ignore();
    m_down = true;
    m_pressed = event->globalPosition().toPoint();
    Q_EMIT clicked();
}

void BlockGrip::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint at = event->globalPosition().toPoint();
    if (!m_down)
        return;
    if (!m_dragging && (at - m_pressed).manhattanLength() < QApplication::startDragDistance())
        return;
    if (!m_dragging) {
        m_dragging = true;
        setCursor(Qt::ClosedHandCursor);
    }
    Q_EMIT dragged(at);
}

void BlockGrip::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        end(true);
}

void BlockGrip::end(bool given)
{
    const bool dragging = m_dragging;
    m_down = m_dragging = false;
    if (!dragging)
        return;
    setCursor(Qt::OpenHandCursor);
    Q_EMIT dropped(given);
}

} // namespace assay::widgets
