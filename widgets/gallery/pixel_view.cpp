#include "widgets/gallery/pixel_view.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace assay::widgets {

PixelView::PixelView(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void PixelView::setImage(const GridPixels& pixels, int index, int variant, const Theme& theme)
{
    m_pixels = pixels;
    m_index = index;
    m_variant = variant;
    m_theme = theme;
    m_hot = {-1, -1};
    const QSize size = m_pixels.image(index, variant).size();
    if (size != m_size) {
        m_size = size;
        updateGeometry();
    }
    update();
}

int PixelView::heightForWidth(int width) const
{
    if (m_size.isEmpty())
        return fontMetrics().height();
    const int most = fontMetrics().height() * 13;
    return std::min(width * m_size.height() / m_size.width(), most);
}

QSize PixelView::sizeHint() const
{
    const int width = fontMetrics().height() * 13;
    return {width, heightForWidth(width)};
}

QRect PixelView::target() const
{
    if (m_size.isEmpty())
        return {};
    // Whole device pixels per image pixel, so that all look equally large.
    const double ratio = devicePixelRatioF();
    const double fit = std::min(width() * ratio / m_size.width(), height() * ratio / m_size.height());
    const double factor = (fit >= 1 ? std::floor(fit) : fit) / ratio;
    return {QPoint(0, 0), (QSizeF(m_size) * factor).toSize()};
}

void PixelView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QRect area = target();
    const QImage image = m_pixels.image(m_index, m_variant);
    if (image.isNull())
        return;
    painter.setRenderHint(QPainter::SmoothPixmapTransform, area.width() < image.width());
    painter.drawImage(area, image);
    if (m_hot.x() < 0)
        return;
    const double factor = double(area.width()) / image.width();
    painter.setPen(QPen(m_theme.accent, 2));
    painter.drawRect(
        QRectF(area.left() + m_hot.x() * factor, area.top() + m_hot.y() * factor, factor, factor));
}

void PixelView::mouseMoveEvent(QMouseEvent* event)
{
    const QRect area = target();
    QPoint pixel(-1, -1);
    if (area.contains(event->position().toPoint()))
        pixel = QPoint(std::min(m_size.width() - 1, (event->position().toPoint().x() - area.left()) *
                                                        m_size.width() / area.width()),
                       std::min(m_size.height() - 1, (event->position().toPoint().y() - area.top()) *
                                                         m_size.height() / area.height()));
    if (pixel == m_hot)
        return;
    m_hot = pixel;
    Q_EMIT pixelHovered(pixel, m_pixels.valuesAt(m_index, m_variant, pixel));
    update();
}

void PixelView::leaveEvent(QEvent*)
{
    m_hot = {-1, -1};
    Q_EMIT pixelHovered(m_hot, {});
    update();
}

} // namespace assay::widgets
