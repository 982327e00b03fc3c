#pragma once

#include "widgets/browsing/sample_reply.h"
#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

/// One image with its boxes, fitted or enlarged pixel by pixel. Ctrl+wheel or plus and minus zoom, 0 fits, 1
/// shows it at its own size; dragging and the arrow keys move it. Says which pixel is under the mouse.
class ZoomView : public QWidget
{
    Q_OBJECT
public:
    explicit ZoomView(QWidget* parent = nullptr);

    /// Keeps the zoom when the image has the size of the one before.
    void setSample(const SampleReply& sample);
    void clear();
    void setBoxesShown(bool shown);
    void setTheme(const Theme& theme);
    /// Screen pixels per image pixel.
    double zoom() const;
    bool isFitted() const { return m_zoom <= 0; }
    void fit();
    /// @param at what stays where it is, in the widget's coordinates
    void zoomTo(double zoom, const QPointF& at);
    /// Where the whole image lies, in the widget's coordinates.
    QRectF target() const;
    QSize sizeHint() const override;

Q_SIGNALS:
    /// Pixel (x right, y down) and its channels 0..255; no values when the mouse left.
    void pixelHovered(QPoint pixel, QVector<int> values);
    void zoomChanged(double zoom);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void moveBy(const QPointF& by);
    void hover(const QPoint& pixel);
    void drawImage(QPainter& painter, const QRectF& whole) const;
    void drawBoxes(QPainter& painter, const QRectF& whole) const;
    double fittedZoom() const;

    SampleReply m_sample;
    double m_zoom = 0; ///< 0: fitted
    QPointF m_origin;  ///< of the image, when it is not fitted
    QPointF m_grab;    ///< where the mouse was last while it drags
    QPoint m_hot{-1, -1};
    bool m_boxesShown = true;
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
