#include "widgets/canvas/canvas_controller.h"

#include <QKeyEvent>
#include <QLineF>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kClickSlack = 3; ///< logical pixels that a click may move
constexpr double kKeyZoom = 1.25;

QPoint pixelOf(const QPointF& image)
{
    return {static_cast<int>(std::floor(image.x())), static_cast<int>(std::floor(image.y()))};
}

/// The resize cursor for a direction given in degrees.
Qt::CursorShape resizeCursor(double degrees)
{
    const int eighth = (static_cast<int>(std::lround(degrees / 45)) % 4 + 4) % 4;
    constexpr Qt::CursorShape shapes[] = {Qt::SizeHorCursor, Qt::SizeFDiagCursor, Qt::SizeVerCursor,
                                          Qt::SizeBDiagCursor};
    return shapes[eighth];
}

double directionOf(Grip grip)
{
    switch (grip) {
    case Grip::Right:
    case Grip::Left:
        return 0;
    case Grip::BottomRight:
    case Grip::TopLeft:
        return 45;
    case Grip::Top:
    case Grip::Bottom:
        return 90;
    default:
        return 135;
    }
}

} // namespace

CanvasController::CanvasController(CanvasScene& scene, QObject* parent)
    : QObject(parent)
    , m_scene(scene)
{}

Grip CanvasController::gripUnder(const QPointF& point) const
{
    if (m_scene.tool() != CanvasTool::Move || !m_scene.look().overlays)
        return Grip::None;
    const double scale = m_scene.view().scale;
    return gripAt(m_scene.patch(), m_scene.toImage(point), kReach / scale, kRotateArm / scale,
                  m_scene.patchFreedom());
}

QPointF CanvasController::imageAt(const QPointF& point) const
{
    return isDragging() ? m_scene.view().toImage(point - m_pressPane) : m_scene.toImage(point);
}

bool CanvasController::overDivider(const QPointF& point) const
{
    return onDivider(m_scene.compare(), m_scene.imageCount(), m_scene.viewport(), point, kReach);
}

CanvasController::Drag CanvasController::dragFor(const QMouseEvent& event, Grip grip) const
{
    if (event.button() == Qt::MiddleButton || (event.button() == Qt::LeftButton && m_space))
        return Drag::Pan;
    if (event.button() != Qt::LeftButton || m_scene.imageCount() == 0)
        return Drag::None;
    if (overDivider(event.position()))
        return Drag::Divider;
    switch (m_scene.tool()) {
    case CanvasTool::Move:
        return grip == Grip::None ? Drag::Pan : Drag::Patch;
    case CanvasTool::Region:
        return Drag::Region;
    case CanvasTool::MaskBox:
        return Drag::MaskBox;
    case CanvasTool::Brush:
    case CanvasTool::Eraser:
        return Drag::Brush;
    }
    return Drag::None;
}

void CanvasController::press(const QMouseEvent& event)
{
    if (isDragging())
        return;
    m_grip = gripUnder(event.position());
    m_drag = dragFor(event, m_grip);
    m_pressView = m_lastView = event.position();
    m_pressImage = m_lastImage = m_scene.toImage(event.position());
    const QVector<Pane> panes = m_scene.panes();
    m_pressPane = panes.isEmpty() ? QPointF() : panes[std::max(0, paneAt(panes, m_pressView))].rect.topLeft();
    m_patchBefore = m_scene.patch();
    m_patchMoved = false;
    m_erasing = m_scene.tool() == CanvasTool::Eraser || event.modifiers().testFlag(Qt::AltModifier);
    if (m_drag == Drag::Brush || m_drag == Drag::MaskBox)
        m_edit.emplace(m_scene.mask());
    if (m_drag == Drag::Brush)
        paint(m_pressImage);
}

void CanvasController::move(const QMouseEvent& event)
{
    const QPointF image = imageAt(event.position());
    const QRect all(QPoint(0, 0), m_scene.imageSize());
    m_scene.setHovered(all.contains(pixelOf(image)) ? pixelOf(image) : QPoint(-1, -1));
    switch (m_drag) {
    case Drag::None:
        return;
    case Drag::Pan:
        m_scene.panBy(event.position() - m_lastView);
        break;
    case Drag::Divider: {
        CompareSettings compare = m_scene.compare();
        compare.divider = event.position().x() / std::max(1.0, m_scene.viewport().width());
        m_scene.setCompare(compare);
        break;
    }
    case Drag::Patch: {
        const bool shift = event.modifiers().testFlag(Qt::ShiftModifier);
        const PlaceFreedom& freedom = m_scene.patchFreedom();
        const GripRules rules{.keepAspect = !shift || m_grip == Grip::Rotate || !freedom.stretches,
                              .fromCentre = event.modifiers().testFlag(Qt::AltModifier) || !freedom.moves,
                              .snapAngle = shift,
                              .freedom = freedom};
        const PlacedRect next = dragged(m_patchBefore, m_grip, m_pressImage, image, rules);
        if (next != m_scene.patch()) {
            m_scene.setPatch(next);
            m_patchMoved = true;
            Q_EMIT patchDragged(next);
        }
        break;
    }
    case Drag::Region:
    case Drag::MaskBox:
        m_scene.setRubberBand(QRectF(m_pressImage, image).normalized() & QRectF(all));
        break;
    case Drag::Brush:
        paint(image);
        break;
    }
    m_lastView = event.position();
    m_lastImage = image;
}

void CanvasController::paint(const QPointF& to)
{
    m_scene.noteMask(m_edit->stroke(m_lastImage, to, m_scene.brushRadius(), !m_erasing));
    m_lastImage = to;
}

void CanvasController::release(const QMouseEvent& event)
{
    if (event.buttons().testFlag(Qt::LeftButton) || event.buttons().testFlag(Qt::MiddleButton))
        return;
    switch (std::exchange(m_drag, Drag::None)) {
    case Drag::Patch:
        finishPatch();
        break;
    case Drag::Region:
        finishRegion();
        break;
    case Drag::MaskBox:
        m_scene.noteMask(m_edit->fill(m_scene.rubberBand(), !m_erasing));
        finishMask(m_erasing ? tr("Empty box of mask") : tr("Fill box of mask"));
        break;
    case Drag::Brush:
        finishMask(m_erasing ? tr("Erase mask") : tr("Paint mask"));
        break;
    default:
        break;
    }
    m_scene.setRubberBand({});
}

void CanvasController::finishPatch()
{
    if (m_scene.patch() == m_patchBefore) {
        // Back where it began: nothing to undo, but whoever follows the steps hears that they have ended.
        if (std::exchange(m_patchMoved, false))
            Q_EMIT patchPlaced(m_patchBefore);
        return;
    }
    const auto set = [this](const PlacedRect& patch) {
        m_scene.setPatch(patch);
        Q_EMIT patchPlaced(patch);
    };
    const QString text = m_grip == Grip::Body     ? tr("Move patch")
                         : m_grip == Grip::Rotate ? tr("Turn patch")
                                                  : tr("Scale patch");
    m_scene.undoStack()->push(new CanvasValueCommand<PlacedRect>(text, set, m_patchBefore, m_scene.patch()));
}

void CanvasController::finishRegion()
{
    const QVector<QRectF> before = m_scene.regions();
    const auto set = [this](const QVector<QRectF>& regions) { m_scene.setRegions(regions); };
    if (QLineF(m_pressView, m_lastView).length() <= kClickSlack) {
        int smallest = -1;
        const auto area = [](const QRectF& r) { return r.width() * r.height(); };
        for (int i = 0; i < before.size(); ++i)
            if (before[i].contains(m_pressImage) &&
                (smallest < 0 || area(before[i]) < area(before[smallest])))
                smallest = i;
        m_scene.selectRegion(smallest);
        return;
    }
    // Whole pixels: a region is a set of pixels.
    const QRectF band = m_scene.rubberBand();
    const QRectF region(QPointF(std::round(band.left()), std::round(band.top())),
                        QPointF(std::round(band.right()), std::round(band.bottom())));
    if (region.isEmpty())
        return;
    QVector<QRectF> after = before;
    after.append(region);
    m_scene.undoStack()->push(new CanvasValueCommand<QVector<QRectF>>(tr("Add region"), set, before, after));
    m_scene.selectRegion(static_cast<int>(after.size()) - 1);
}

void CanvasController::finishMask(const QString& text)
{
    // The images may have been replaced during the drag, and the mask with them.
    if (m_edit->mask() != m_scene.mask()) {
        m_edit.reset();
        return;
    }
    auto command = m_edit->finish(text, [this](const QRect& area) { m_scene.noteMask(area); });
    m_edit.reset();
    if (command)
        m_scene.undoStack()->push(command.release());
}

void CanvasController::removeSelectedRegion()
{
    const QVector<QRectF> before = m_scene.regions();
    const int selected = m_scene.selectedRegion();
    if (selected < 0 || selected >= before.size())
        return;
    QVector<QRectF> after = before;
    after.removeAt(selected);
    m_scene.selectRegion(-1);
    const auto set = [this](const QVector<QRectF>& regions) { m_scene.setRegions(regions); };
    m_scene.undoStack()->push(
        new CanvasValueCommand<QVector<QRectF>>(tr("Remove region"), set, before, after));
}

void CanvasController::clearMask()
{
    if (!m_scene.mask() || isDragging())
        return;
    m_edit.emplace(m_scene.mask());
    m_scene.noteMask(m_edit->clear());
    finishMask(tr("Clear mask"));
}

void CanvasController::leave()
{
    m_scene.setHovered({-1, -1});
}

bool CanvasController::takesWheel(const QWheelEvent& event) const
{
    return !m_wheelNeedsCtrl || event.modifiers().testFlag(Qt::ControlModifier);
}

bool CanvasController::overridesShortcut(const QKeyEvent& event) const
{
    return event.matches(QKeySequence::Undo) || event.matches(QKeySequence::Redo);
}

void CanvasController::wheel(const QWheelEvent& event)
{
    // A notch (120) zooms by a quarter; touch pads send many small steps.
    const double notches = event.angleDelta().y() / 120.0;
    if (notches != 0)
        m_scene.zoomAbout(event.position(), std::pow(kKeyZoom, notches));
}

void CanvasController::doubleClick(const QMouseEvent& event)
{
    if (event.button() != Qt::LeftButton || m_scene.tool() != CanvasTool::Move ||
        gripUnder(event.position()) != Grip::None)
        return;
    if (m_scene.isFitted())
        m_scene.oneToOne();
    else
        m_scene.fit();
}

Qt::CursorShape CanvasController::cursorAt(const QPointF& point) const
{
    if (m_drag == Drag::Pan)
        return Qt::ClosedHandCursor;
    if (m_space)
        return Qt::OpenHandCursor;
    if (m_drag == Drag::Divider || (!isDragging() && overDivider(point)))
        return Qt::SplitHCursor;
    if (m_scene.tool() != CanvasTool::Move)
        return Qt::CrossCursor;
    const Grip grip = isDragging() ? m_grip : gripUnder(point);
    switch (grip) {
    case Grip::None:
        return Qt::ArrowCursor;
    case Grip::Body:
        return Qt::SizeAllCursor;
    case Grip::Rotate:
        return Qt::PointingHandCursor;
    default:
        return resizeCursor(directionOf(grip) + m_scene.patch().angle);
    }
}

} // namespace assay::widgets
