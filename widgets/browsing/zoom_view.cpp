#include "widgets/browsing/zoom_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kMostZoom = 64;
constexpr double kStep = 1.25;

} // namespace

ZoomView::ZoomView(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("sampleImage"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleDescription(
        tr("Ctrl+wheel, + and − zoom; 0 fits; 1 is its own size; arrows or dragging move"));
}

QSize ZoomView::sizeHint() const
{
    const int side = fontMetrics().height() * 15;
    return {side, side};
}

void ZoomView::setSample(const SampleReply& sample)
{
    const bool same = sample.image.size() == m_sample.image.size();
    m_sample = sample;
    m_hot = {-1, -1};
    setAccessibleName(tr("Image, %1 × %2 pixels").arg(sample.image.width()).arg(sample.image.height()));
    if (!same)
        fit();
    Q_EMIT zoomChanged(zoom());
    update();
}

void ZoomView::clear()
{
    m_sample = {};
    m_zoom = 0;
    m_hot = {-1, -1};
    update();
}

void ZoomView::setBoxesShown(bool shown)
{
    m_boxesShown = shown;
    update();
}

void ZoomView::setTheme(const Theme& theme)
{
    m_theme = theme;
    update();
}

double ZoomView::fittedZoom() const
{
    const QSize size = m_sample.image.size();
    if (size.isEmpty())
        return 1;
    const double ratio = devicePixelRatioF();
    const double fit = std::min(width() * ratio / size.width(), height() * ratio / size.height());
    // Whole device pixels per image pixel, so that all look equally large.
    return (fit >= 1 ? std::floor(fit) : fit) / ratio;
}

double ZoomView::zoom() const
{
    return isFitted() ? fittedZoom() : m_zoom;
}

void ZoomView::fit()
{
    m_zoom = 0;
    Q_EMIT zoomChanged(zoom());
    update();
}

QRectF ZoomView::target() const
{
    const QSizeF size = QSizeF(m_sample.image.size()) * zoom();
    if (isFitted())
        return {QPointF((width() - size.width()) / 2, (height() - size.height()) / 2), size};
    return {m_origin, size};
}

void ZoomView::zoomTo(double zoom, const QPointF& at)
{
    if (m_sample.image.isNull())
        return;
    const QRectF before = target();
    const double old = this->zoom();
    m_zoom = std::clamp(zoom, std::min(fittedZoom(), 1.0), kMostZoom);
    m_origin = at - (at - before.topLeft()) * (m_zoom / old);
    moveBy({});
    Q_EMIT zoomChanged(m_zoom);
}

void ZoomView::moveBy(const QPointF& by)
{
    if (isFitted())
        return;
    m_origin += by;
    // No further than its edges; what is smaller than the room stays in the middle.
    const QSizeF size = QSizeF(m_sample.image.size()) * m_zoom;
    const auto keep = [](double origin, double length, double room) {
        return length <= room ? (room - length) / 2 : std::clamp(origin, room - length, 0.0);
    };
    m_origin = {keep(m_origin.x(), size.width(), width()), keep(m_origin.y(), size.height(), height())};
    update();
}

void ZoomView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    moveBy({});
    Q_EMIT zoomChanged(zoom());
}

void ZoomView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.window);
    if (m_sample.image.isNull())
        return;
    const QRectF whole = target();
    drawImage(painter, whole);
    if (m_boxesShown)
        drawBoxes(painter, whole);
    if (m_hot.x() >= 0 && zoom() >= 3) {
        painter.setPen(QPen(m_theme.accent, 2));
        painter.drawRect(QRectF(whole.topLeft() + QPointF(m_hot) * zoom(), QSizeF(zoom(), zoom())));
    }
}

void ZoomView::drawImage(QPainter& painter, const QRectF& whole) const
{
    // Of a large image only the part in sight is drawn, or its overview when that is sharp enough.
    const bool useOverview =
        !m_sample.overview.isNull() && whole.width() * devicePixelRatioF() <= m_sample.overview.width();
    const QImage& image = useOverview ? m_sample.overview : m_sample.image;
    const double scale = whole.width() / image.width();
    const QRectF seen = whole & QRectF(rect());
    QRect part = QRectF((seen.topLeft() - whole.topLeft()) / scale, seen.size() / scale).toAlignedRect();
    part &= image.rect();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, scale < 1);
    painter.drawImage(QRectF(whole.topLeft() + QPointF(part.topLeft()) * scale, QSizeF(part.size()) * scale),
                      image, part);
}

void ZoomView::drawBoxes(QPainter& painter, const QRectF& whole) const
{
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = m_theme.font();
    small.setPointSizeF(small.pointSizeF() * 0.8);
    painter.setFont(small);
    const QFontMetrics metrics(small);
    for (const SampleReply::Box& box : m_sample.boxes) {
        const QRectF area(whole.topLeft() + box.area.topLeft() * zoom(), box.area.size() * zoom());
        const QColor colour = m_theme.role(QStringLiteral("class:") + box.category);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, 2));
        painter.drawRect(area);
        if (box.category.isEmpty())
            continue;
        const QRectF label(area.topLeft(),
                           QSizeF(metrics.horizontalAdvance(box.category) + 6, metrics.height()));
        painter.fillRect(label, colour);
        painter.setPen(Theme::inkOn(colour));
        painter.drawText(label, Qt::AlignCenter, box.category);
    }
}

void ZoomView::wheelEvent(QWheelEvent* event)
{
    if (!(event->modifiers() & Qt::ControlModifier)) {
        event->ignore(); // the panel around it scrolls
        return;
    }
    zoomTo(zoom() * std::pow(kStep, event->angleDelta().y() / 120.0), event->position());
    event->accept();
}

void ZoomView::mousePressEvent(QMouseEvent* event)
{
    m_grab = event->position();
}

void ZoomView::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton) {
        moveBy(event->position() - m_grab);
        m_grab = event->position();
    }
    const QPointF at = (event->position() - target().topLeft()) / zoom();
    const QPoint pixel(int(std::floor(at.x())), int(std::floor(at.y())));
    hover(m_sample.image.rect().contains(pixel) ? pixel : QPoint(-1, -1));
}

void ZoomView::leaveEvent(QEvent*)
{
    hover({-1, -1});
}

void ZoomView::hover(const QPoint& pixel)
{
    if (pixel == m_hot)
        return;
    m_hot = pixel;
    Q_EMIT pixelHovered(pixel, m_sample.pixels.valuesAt(pixel));
    update();
}

void ZoomView::keyPressEvent(QKeyEvent* event)
{
    const QPointF middle = QRectF(rect()).center();
    const double step = fontMetrics().height() * 2;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomTo(zoom() * kStep, middle);
    case Qt::Key_Minus:
        return zoomTo(zoom() / kStep, middle);
    case Qt::Key_0:
        return fit();
    case Qt::Key_1:
        return zoomTo(1 / devicePixelRatioF(), middle);
    case Qt::Key_Left:
        return moveBy({step, 0});
    case Qt::Key_Right:
        return moveBy({-step, 0});
    case Qt::Key_Up:
        return moveBy({0, step});
    case Qt::Key_Down:
        return moveBy({0, -step});
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace assay::widgets
