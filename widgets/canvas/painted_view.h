#pragma once

#include "widgets/canvas/canvas_controller.h"
#include "widgets/canvas/overlay_painter.h"

#include <QWidget>

namespace assay::widgets {

/// A canvas where there is no OpenGL 3.3: the same pictures and overlays, computed on the processor, with a
/// notice. Tools are chosen by their keys or through ImageCanvas.
class PaintedView : public QWidget
{
    Q_OBJECT
public:
    /// @param notice one line in the lower right corner
    PaintedView(CanvasScene& scene, CanvasController& controller, const QString& notice,
                QWidget* parent = nullptr);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void paintProbabilities(QPainter& painter) const;
    void paintLines(QPainter& painter) const;

    CanvasScene& m_scene;
    CanvasController& m_controller;
    OverlayPainter m_overlay;
    QString m_notice;
};

} // namespace assay::widgets
