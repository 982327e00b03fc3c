#include "widgets/canvas/overlay_painter.h"

#include "widgets/canvas/canvas_controller.h"

#include <QPainter>

#include <algorithm>
#include <array>

namespace assay::widgets {

namespace {

constexpr double kGridFrom = 8; ///< device pixels per image pixel at which the grid appears

QTransform toViewTransform(const CanvasScene& scene, const Pane& pane)
{
    const QPointF origin = scene.view().origin + pane.rect.topLeft();
    return QTransform().translate(origin.x(), origin.y()).scale(scene.view().scale, scene.view().scale);
}

/// A label on a coloured ground, its lower left corner at @p corner; moved inside @p inside.
void paintLabel(QPainter& painter, const QPointF& corner, const QString& text, const QColor& ground,
                const QRectF& inside)
{
    const QFontMetricsF metrics(painter.font());
    const double pad = metrics.height() / 4;
    QRectF box(corner.x(), corner.y() - metrics.height() - pad / 2, metrics.horizontalAdvance(text) + 2 * pad,
               metrics.height() + pad / 2);
    if (box.top() < inside.top())
        box.moveTop(std::max(inside.top(), corner.y()));
    box.moveLeft(
        std::clamp(box.left(), inside.left(), std::max(inside.left(), inside.right() - box.width())));
    painter.fillRect(box, ground);
    painter.setPen(Theme::inkOn(ground));
    painter.drawText(box, Qt::AlignCenter, text);
}

/// At the top, where the floating instruments are not: in the middle of the pane, or beside the divider.
void paintCaption(QPainter& painter, const QString& text, const Pane& pane, const CanvasScene& scene)
{
    const QFontMetricsF metrics(painter.font());
    const double width = metrics.horizontalAdvance(text) + metrics.height() / 2;
    const QRectF inside = pane.clip.adjusted(10, 8, -10, -8);
    double left = inside.center().x() - width / 2;
    if (scene.compare().mode == CompareMode::Swipe)
        left = pane.clip.left() > 0 ? inside.left() : inside.right() - width;
    paintLabel(painter, {left, inside.top() + metrics.height() * 1.25}, text, scene.theme().panel, inside);
}

/// A line that shows on any picture: coloured, on a wider one as far from the colour as black or white can
/// be.
template <class Draw>
void outlined(QPainter& painter, const QColor& colour, double width, Qt::PenStyle style, Draw draw)
{
    painter.setBrush(Qt::NoBrush);
    QColor halo = Theme::inkOn(colour);
    halo.setAlpha(150);
    painter.setPen(QPen(halo, width + 2));
    draw();
    painter.setPen(QPen(colour, width, style));
    draw();
}

} // namespace

void OverlayPainter::useTheme(const Theme& theme)
{
    if (m_fontsFor == theme.kind())
        return;
    m_fontsFor = theme.kind();
    m_font = theme.font();
    QFont mono = theme.monoFont();
    mono.setPointSizeF(mono.pointSizeF() * 0.9);
    m_valueFont = QRawFont::fromFont(mono);
}

void OverlayPainter::paint(QPainter& painter, const CanvasScene& scene)
{
    useTheme(scene.theme());
    painter.setFont(m_font);
    painter.setRenderHint(QPainter::Antialiasing);
    const QVector<Pane> panes = scene.panes();
    for (const Pane& pane : panes) {
        painter.save();
        painter.setClipRect(pane.clip);
        paintPane(painter, scene, pane, scene.imageCount() > 1);
        painter.restore();
    }
    if (scene.compare().mode == CompareMode::Swipe && panes.size() == 2) {
        const double x = panes[1].clip.left(), y = scene.viewport().height() / 2;
        outlined(painter, scene.theme().accent, 2, Qt::SolidLine,
                 [&] { painter.drawLine(QPointF(x, 0), QPointF(x, scene.viewport().height())); });
        painter.setBrush(scene.theme().accent);
        painter.setPen(QPen(Qt::white, 1.5));
        painter.drawEllipse(QPointF(x, y), 7, 7);
    }
}

void OverlayPainter::paintPane(QPainter& painter, const CanvasScene& scene, const Pane& pane, bool caption)
{
    const bool overlays = scene.look().overlays;
    if (overlays && !scene.patch().isEmpty() && !scene.patchImage().isNull()) {
        painter.save();
        painter.setRenderHint(QPainter::SmoothPixmapTransform,
                              scene.look().filter == CanvasFilter::Linear || scene.view().scale < 1);
        painter.setTransform(scene.patch().toImage() * toViewTransform(scene, pane), true);
        const QSizeF size = scene.patch().size;
        painter.drawImage(QRectF(QPointF(-size.width() / 2, -size.height() / 2), size), scene.patchImage());
        painter.restore();
    }
    if (scene.look().grid && scene.view().scale * scene.pixelRatio() >= kGridFrom) {
        paintGrid(painter, scene, pane);
        paintValues(painter, scene, pane);
    }
    if (overlays) {
        paintBoxes(painter, scene, pane);
        paintRegions(painter, scene, pane);
        paintPatch(painter, scene, pane);
        paintBrush(painter, scene, pane);
    }
    if (caption) {
        const CanvasImage& image = scene.pyramid(pane.image).image();
        QString text = image.name();
        if (pane.against >= 0)
            text = QString("%1 − %2, × %3")
                       .arg(text, scene.pyramid(pane.against).image().name())
                       .arg(scene.compare().gain);
        if (!text.isEmpty())
            paintCaption(painter, text, pane, scene);
    }
}

void OverlayPainter::paintGrid(QPainter& painter, const CanvasScene& scene, const Pane& pane) const
{
    const ViewTransform& view = scene.view();
    const QRectF image(QPointF(0, 0), scene.imageSize());
    const QRectF seen = view.toImage(pane.clip.translated(-pane.rect.topLeft())) & image;
    const QRect pixels = seen.toAlignedRect();
    const double strength = std::clamp(view.scale * scene.pixelRatio() / kGridFrom - 1, 0.0, 1.0);
    QVector<QLineF> lines;
    for (int x = pixels.left(); x <= pixels.right() + 1; ++x)
        lines.append(
            {scene.toView(QPointF(x, seen.top()), pane), scene.toView(QPointF(x, seen.bottom()), pane)});
    for (int y = pixels.top(); y <= pixels.bottom() + 1; ++y)
        lines.append(
            {scene.toView(QPointF(seen.left(), y), pane), scene.toView(QPointF(seen.right(), y), pane)});
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(QColor(128, 128, 128, static_cast<int>(40 + 80 * strength)), 1 / scene.pixelRatio()));
    painter.drawLines(lines);
    painter.restore();
}

void OverlayPainter::paintBoxes(QPainter& painter, const CanvasScene& scene, const Pane& pane) const
{
    for (const CanvasBox& box : scene.boxes()) {
        const QRectF rect(scene.toView(box.rect.topLeft(), pane), box.rect.size() * scene.view().scale);
        const QColor colour = scene.theme().role(box.role.isEmpty() ? box.label : box.role);
        outlined(painter, colour, 2, Qt::SolidLine, [&] { painter.drawRect(rect); });
        QString text = box.label;
        if (box.score >= 0)
            text += (text.isEmpty() ? "" : " ") + QString::number(box.score, 'f', 2);
        if (!text.isEmpty() && rect.intersects(pane.clip))
            paintLabel(painter, rect.topLeft(), text, colour, pane.clip);
    }
}

void OverlayPainter::paintRegions(QPainter& painter, const CanvasScene& scene, const Pane& pane) const
{
    const auto drawn = [&](const QRectF& r) {
        return QRectF(scene.toView(r.topLeft(), pane), r.size() * scene.view().scale);
    };
    for (int i = 0; i < scene.regions().size(); ++i) {
        const bool selected = i == scene.selectedRegion();
        const QRectF rect = drawn(scene.regions()[i]);
        outlined(painter, scene.theme().role("different"), selected ? 3 : 1.5, Qt::SolidLine,
                 [&] { painter.drawRect(rect); });
    }
    if (!scene.rubberBand().isNull())
        outlined(painter, scene.theme().accent, 1.5, Qt::DashLine,
                 [&] { painter.drawRect(drawn(scene.rubberBand())); });
}

void OverlayPainter::paintPatch(QPainter& painter, const CanvasScene& scene, const Pane& pane) const
{
    const PlacedRect& patch = scene.patch();
    if (patch.isEmpty())
        return;
    QPolygonF outline;
    for (const QPointF& corner : patch.corners())
        outline.append(scene.toView(corner, pane));
    const PlaceFreedom& freedom = scene.patchFreedom();
    const bool active = scene.tool() == CanvasTool::Move && freedom.any();
    outlined(painter, active ? scene.theme().accent : scene.theme().mutedText, 1.5, Qt::SolidLine,
             [&] { painter.drawPolygon(outline); });
    if (!active)
        return;
    const double arm = CanvasController::kRotateArm / scene.view().scale;
    const QPointF top = scene.toView(gripPoint(patch, Grip::Top, arm), pane);
    const QPointF turn = scene.toView(gripPoint(patch, Grip::Rotate, arm), pane);
    if (freedom.turns)
        outlined(painter, scene.theme().accent, 1.5, Qt::SolidLine, [&] { painter.drawLine(top, turn); });
    painter.setPen(QPen(scene.theme().accent, 1.5));
    painter.setBrush(scene.theme().panel);
    constexpr std::array kGrips{Grip::TopLeft,     Grip::Top,    Grip::TopRight,   Grip::Right,
                                Grip::BottomRight, Grip::Bottom, Grip::BottomLeft, Grip::Left};
    for (const Grip grip : kGrips) {
        if (!allows(freedom, grip))
            continue;
        const QPointF at = scene.toView(gripPoint(patch, grip, arm), pane);
        painter.drawRect(QRectF(at.x() - 4, at.y() - 4, 8, 8));
    }
    if (freedom.turns)
        painter.drawEllipse(turn, 5, 5);
}

void OverlayPainter::paintBrush(QPainter& painter, const CanvasScene& scene, const Pane& pane) const
{
    const bool brush = scene.tool() == CanvasTool::Brush || scene.tool() == CanvasTool::Eraser;
    if (!brush || scene.hovered().x() < 0)
        return;
    const QPointF centre = scene.toView(QPointF(scene.hovered()) + QPointF(0.5, 0.5), pane);
    const double radius = scene.brushRadius() * scene.view().scale;
    outlined(painter, Qt::white, 1, Qt::SolidLine, [&] { painter.drawEllipse(centre, radius, radius); });
}

} // namespace assay::widgets
