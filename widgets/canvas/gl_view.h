#pragma once

#include "widgets/canvas/canvas_controller.h"
#include "widgets/canvas/frame_times.h"
#include "widgets/canvas/imgui_bridge.h"
#include "widgets/canvas/instruments.h"
#include "widgets/canvas/overlay_painter.h"

#include <QElapsedTimer>
#include <QOpenGLWidget>

#include <memory>

namespace assay::widgets {

class GlRenderer;

/// A canvas drawn with OpenGL 3.3 core: tiles, overlays by QPainter, instruments by Dear ImGui.
class GlView : public QOpenGLWidget
{
    Q_OBJECT
public:
    GlView(CanvasScene& scene, CanvasController& controller, QWidget* parent = nullptr);
    ~GlView() override;

    /// Whether this process can make an OpenGL 3.3 core context; asked once.
    static bool isPossible();

    /// Takes the scene's theme for the instruments.
    void applyTheme();
    /// Draws anew, until the instruments stand still.
    void refresh();
    InstrumentPanel& instruments() { return m_panel; }
    /// From the start of painting until the frame was shown.
    const FrameTimes& frames() const { return m_frames; }
    /// Tiles are still to be uploaded, or instruments to settle: another frame follows.
    bool isUnfinished() const;
    qint64 textureBytes() const;

Q_SIGNALS:
    /// Nothing can be drawn: why, in words. The canvas shows its painted view instead.
    void failed(const QString& why);

protected:
    void initializeGL() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void inputMethodEvent(QInputMethodEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    void releaseGl();
    void updateCursor(const QPointF& point);

    CanvasScene& m_scene;
    CanvasController& m_controller;
    ImguiBridge m_bridge;
    InstrumentPanel m_panel;
    OverlayPainter m_overlay;
    std::unique_ptr<GlRenderer> m_renderer;
    FrameTimes m_frames;
    QElapsedTimer m_frameTimer;
};

} // namespace assay::widgets
