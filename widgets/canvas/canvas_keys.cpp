#include "widgets/canvas/canvas_controller.h"

#include <QKeyEvent>

#include <cmath>

// What the keyboard does on a canvas: one part of CanvasController.

namespace assay::widgets {

bool CanvasController::keyPress(const QKeyEvent& event)
{
    if (event.matches(QKeySequence::Undo)) {
        m_scene.undoStack()->undo();
        return true;
    }
    if (event.matches(QKeySequence::Redo)) {
        m_scene.undoStack()->redo();
        return true;
    }
    if (event.modifiers() & (Qt::ControlModifier | Qt::MetaModifier))
        return false;
    switch (event.key()) {
    case Qt::Key_Space:
        m_space = true;
        return true;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
        removeSelectedRegion();
        return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
        nudge(event);
        return true;
    case Qt::Key_BracketLeft:
        m_scene.setBrushRadius(m_scene.brushRadius() / 1.25);
        return true;
    case Qt::Key_BracketRight:
        m_scene.setBrushRadius(m_scene.brushRadius() * 1.25);
        return true;
    case Qt::Key_V:
        m_scene.setTool(CanvasTool::Move);
        return true;
    case Qt::Key_R:
        m_scene.setTool(CanvasTool::Region);
        return true;
    case Qt::Key_M:
        m_scene.setTool(CanvasTool::MaskBox);
        return true;
    case Qt::Key_B:
        m_scene.setTool(CanvasTool::Brush);
        return true;
    case Qt::Key_E:
        m_scene.setTool(CanvasTool::Eraser);
        return true;
    default:
        return patchKey(event) || viewKey(event);
    }
}

bool CanvasController::keyRelease(const QKeyEvent& event)
{
    if (event.key() != Qt::Key_Space)
        return false;
    if (!event.isAutoRepeat())
        m_space = false;
    return true;
}

bool CanvasController::viewKey(const QKeyEvent& event)
{
    const QPointF centre(m_scene.viewport().width() / 2, m_scene.viewport().height() / 2);
    switch (event.key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m_scene.zoomAbout(centre, 1.25);
        return true;
    case Qt::Key_Minus:
        m_scene.zoomAbout(centre, 1 / 1.25);
        return true;
    case Qt::Key_0:
    case Qt::Key_F:
        m_scene.fit();
        return true;
    case Qt::Key_1:
        m_scene.oneToOne();
        return true;
    default:
        return false;
    }
}

/// Arrows move the patch by a pixel (with Shift ten), or the view by a tenth where there is no patch.
void CanvasController::nudge(const QKeyEvent& event)
{
    const QPointF step(event.key() == Qt::Key_Left    ? -1
                       : event.key() == Qt::Key_Right ? 1
                                                      : 0,
                       event.key() == Qt::Key_Up     ? -1
                       : event.key() == Qt::Key_Down ? 1
                                                     : 0);
    const bool moves = !m_scene.patch().isEmpty() && m_scene.patchFreedom().moves;
    if (!moves || m_scene.tool() != CanvasTool::Move) {
        m_scene.panBy(
            QPointF(-step.x() * m_scene.viewport().width(), -step.y() * m_scene.viewport().height()) / 10);
        return;
    }
    PlacedRect next = m_scene.patch();
    next.centre += step * (event.modifiers().testFlag(Qt::ShiftModifier) ? 10 : 1);
    placePatch(next, Grip::Body);
}

/// Page Up and Page Down scale the patch by a twentieth, comma and full stop turn it by five degrees.
bool CanvasController::patchKey(const QKeyEvent& event)
{
    PlacedRect next = m_scene.patch();
    if (next.isEmpty() || m_scene.tool() != CanvasTool::Move)
        return false;
    const PlaceFreedom& freedom = m_scene.patchFreedom();
    const bool scales = event.key() == Qt::Key_PageUp || event.key() == Qt::Key_PageDown;
    const bool turns = event.key() == Qt::Key_Comma || event.key() == Qt::Key_Period;
    if (scales && freedom.scales)
        next.size *= event.key() == Qt::Key_PageUp ? 1.05 : 1 / 1.05;
    else if (turns && freedom.turns)
        next.angle = std::remainder(next.angle + (event.key() == Qt::Key_Period ? 5 : -5), 360);
    else
        return false;
    placePatch(next, scales ? Grip::TopLeft : Grip::Rotate);
    return true;
}

void CanvasController::placePatch(const PlacedRect& next, Grip grip)
{
    if (isDragging())
        return;
    m_patchBefore = m_scene.patch();
    const PlacedRect allowed = limited(next, m_scene.patchFreedom());
    if (allowed == m_patchBefore)
        return;
    m_grip = grip;
    m_scene.setPatch(allowed);
    Q_EMIT patchDragged(allowed);
    finishPatch();
}

} // namespace assay::widgets
