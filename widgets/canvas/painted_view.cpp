#include "widgets/canvas/painted_view.h"

#include "widgets/canvas/software_renderer.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>

namespace assay::widgets {

PaintedView::PaintedView(CanvasScene& scene, CanvasController& controller, const QString& notice,
                         QWidget* parent)
    : QWidget(parent)
    , m_scene(scene)
    , m_controller(controller)
    , m_notice(notice)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(&scene, &CanvasScene::changed, this, [this] { update(); });
}

void PaintedView::paintEvent(QPaintEvent*)
{
    m_scene.setViewport(size(), devicePixelRatioF());
    QImage picture = renderOnProcessor(m_scene);
    picture.setDevicePixelRatio(devicePixelRatioF());
    QPainter painter(this);
    painter.drawImage(QPoint(0, 0), picture);
    m_overlay.paint(painter, m_scene);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_scene.theme().font());
    paintProbabilities(painter);
    paintLines(painter);
}

/// The bars that the instruments of the OpenGL view show.
void PaintedView::paintProbabilities(QPainter& painter) const
{
    const QVector<ClassProbability>& all = m_scene.probabilities();
    if (all.isEmpty())
        return;
    const Theme& theme = m_scene.theme();
    const QFontMetricsF metrics(painter.font());
    const double em = metrics.height(), row = em * 1.35;
    const QRectF box(width() - 23 * em, 10, 23 * em - 10, row * all.size() + em);
    painter.setPen(theme.border);
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(box, 8, 8);
    for (int i = 0; i < all.size(); ++i) {
        const QRectF line(box.left() + em / 2, box.top() + em / 2 + i * row, box.width() - em, row);
        painter.setPen(theme.text);
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft,
                         metrics.elidedText(all[i].label, Qt::ElideRight, 7 * em));
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, QString::number(all[i].value, 'f', 3));
        QRectF bar(line.left() + 7.5 * em, line.top() + row * 0.2, line.width() - 11 * em, row * 0.6);
        painter.fillRect(bar, theme.raised);
        bar.setWidth(bar.width() * std::clamp(all[i].value, 0.0, 1.0));
        painter.fillRect(bar, theme.role(all[i].role.isEmpty() ? "accent" : all[i].role));
    }
}

/// The probe and the notice, at the lower edge.
void PaintedView::paintLines(QPainter& painter) const
{
    const QFontMetricsF metrics(painter.font());
    const QRectF strip(0, height() - metrics.height() - 8, width(), metrics.height() + 8);
    QColor ground = m_scene.theme().panel;
    ground.setAlphaF(0.92F);
    painter.fillRect(strip, ground);
    const QRectF inside = strip.adjusted(8, 0, -8, 0);
    QString probe;
    if (const QPoint at = m_scene.hovered(); at.x() >= 0) {
        probe = QString("x %1  y %2").arg(at.x()).arg(at.y());
        for (int i = 0; i < m_scene.imageCount(); ++i) {
            const CanvasImage& image = m_scene.pyramid(i).image();
            QStringList values;
            for (const double value : image.valuesAt(at))
                values << image.valueText(value);
            probe += "   " + values.join(' ');
        }
    }
    painter.setPen(m_scene.theme().text);
    painter.drawText(inside, Qt::AlignVCenter | Qt::AlignLeft, probe);
    painter.setPen(m_scene.theme().mutedText);
    const double room = inside.width() - metrics.horizontalAdvance(probe) - 16;
    painter.drawText(inside, Qt::AlignVCenter | Qt::AlignRight,
                     metrics.elidedText(m_notice, Qt::ElideRight, std::max(0.0, room)));
}

void PaintedView::mousePressEvent(QMouseEvent* event)
{
    m_controller.press(*event);
    setCursor(m_controller.cursorAt(event->position()));
}

void PaintedView::mouseMoveEvent(QMouseEvent* event)
{
    m_controller.move(*event);
    setCursor(m_controller.cursorAt(event->position()));
}

void PaintedView::mouseReleaseEvent(QMouseEvent* event)
{
    m_controller.release(*event);
    setCursor(m_controller.cursorAt(event->position()));
}

void PaintedView::mouseDoubleClickEvent(QMouseEvent* event)
{
    m_controller.press(*event);
    m_controller.doubleClick(*event);
}

bool PaintedView::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride &&
        m_controller.overridesShortcut(*static_cast<QKeyEvent*>(event))) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

void PaintedView::wheelEvent(QWheelEvent* event)
{
    const bool taken = m_controller.takesWheel(*event);
    if (taken)
        m_controller.wheel(*event);
    event->setAccepted(taken);
}

void PaintedView::keyPressEvent(QKeyEvent* event)
{
    event->setAccepted(m_controller.keyPress(*event));
}

void PaintedView::keyReleaseEvent(QKeyEvent* event)
{
    event->setAccepted(m_controller.keyRelease(*event));
}

void PaintedView::leaveEvent(QEvent*)
{
    m_controller.leave();
}

void PaintedView::focusOutEvent(QFocusEvent* event)
{
    m_controller.loseFocus();
    QWidget::focusOutEvent(event);
}

} // namespace assay::widgets
