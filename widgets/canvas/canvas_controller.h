#pragma once

#include "widgets/canvas/canvas_edits.h"
#include "widgets/canvas/canvas_scene.h"

#include <QObject>

#include <optional>

class QKeyEvent;
class QMouseEvent;
class QWheelEvent;

namespace assay::widgets {

/// Turns what mouse and keyboard do over the picture into changes of the scene: pan and zoom, the divider,
/// the patch's handles, regions and mask. Instruments above the picture get their events first. GUI thread
/// only.
class CanvasController : public QObject
{
    Q_OBJECT
public:
    explicit CanvasController(CanvasScene& scene, QObject* parent = nullptr);

    void press(const QMouseEvent& event);
    void move(const QMouseEvent& event);
    void release(const QMouseEvent& event);
    /// The cursor left the view, or an instrument took it.
    void leave();
    /// No key is held any more.
    void loseFocus() { m_space = false; }
    void wheel(const QWheelEvent& event);
    /// On a page that scrolls, the wheel zooms with Ctrl only and is the page's otherwise.
    void setWheelNeedsCtrl(bool needsCtrl) { m_wheelNeedsCtrl = needsCtrl; }
    bool takesWheel(const QWheelEvent& event) const;
    /// Keys that are the picture's while it has the focus, whatever shortcuts the window has.
    bool overridesShortcut(const QKeyEvent& event) const;
    /// False for keys that mean nothing here.
    bool keyPress(const QKeyEvent& event);
    bool keyRelease(const QKeyEvent& event);
    void doubleClick(const QMouseEvent& event);

    /// What a press at @p point (view pixels) would do, as a cursor.
    Qt::CursorShape cursorAt(const QPointF& point) const;
    bool isDragging() const { return m_drag != Drag::None; }
    void removeSelectedRegion();
    void clearMask();

    /// Logical pixels around a handle that take hold of it, and above the patch to its rotate handle.
    static constexpr double kReach = 9;
    static constexpr double kRotateArm = 26;

Q_SIGNALS:
    /// Every step of a drag of the patch, and its end (also after undo and redo).
    void patchDragged(const PlacedRect& patch);
    void patchPlaced(const PlacedRect& patch);

private:
    enum class Drag { None, Pan, Divider, Patch, Region, MaskBox, Brush };

    Drag dragFor(const QMouseEvent& event, Grip grip) const;
    Grip gripUnder(const QPointF& point) const;
    /// In image pixels; during a drag by the pane in which it began.
    QPointF imageAt(const QPointF& point) const;
    bool overDivider(const QPointF& point) const;
    void finishPatch();
    void finishRegion();
    void finishMask(const QString& text);
    void paint(const QPointF& to);
    void nudge(const QKeyEvent& event);
    bool patchKey(const QKeyEvent& event);
    void placePatch(const PlacedRect& next, Grip grip);
    bool viewKey(const QKeyEvent& event);

    CanvasScene& m_scene;
    Drag m_drag = Drag::None;
    Grip m_grip = Grip::None;
    bool m_space = false;      ///< held: the left button pans
    bool m_erasing = false;    ///< this drag empties the mask
    bool m_patchMoved = false; ///< this drag has told of a step
    bool m_wheelNeedsCtrl = false;
    QPointF m_pressView, m_lastView;
    QPointF m_pressPane; ///< upper left corner of the pane of the press
    QPointF m_pressImage, m_lastImage;
    PlacedRect m_patchBefore;
    std::optional<MaskEdit> m_edit;
};

} // namespace assay::widgets
