#include "widgets/canvas/placed_rect.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace assay::widgets {

namespace {

/// Which side each grip stands on, in units of half the size: (-1, -1) is the upper left corner.
QPointF sideOf(Grip grip)
{
    switch (grip) {
    case Grip::TopLeft:
        return {-1, -1};
    case Grip::Top:
        return {0, -1};
    case Grip::TopRight:
        return {1, -1};
    case Grip::Right:
        return {1, 0};
    case Grip::BottomRight:
        return {1, 1};
    case Grip::Bottom:
        return {0, 1};
    case Grip::BottomLeft:
        return {-1, 1};
    case Grip::Left:
        return {-1, 0};
    default:
        return {0, 0};
    }
}

constexpr std::array kScaleGrips{Grip::TopLeft, Grip::TopRight, Grip::BottomRight, Grip::BottomLeft,
                                 Grip::Top,     Grip::Right,    Grip::Bottom,      Grip::Left};

double wrapped(double degrees)
{
    const double turn = std::fmod(degrees, 360);
    return turn > 180 ? turn - 360 : turn <= -180 ? turn + 360 : turn;
}

double bearing(const QPointF& from, const QPointF& to)
{
    return std::atan2(to.y() - from.y(), to.x() - from.x()) * 180 / std::numbers::pi;
}

PlacedRect turned(const PlacedRect& start, const QPointF& from, const QPointF& to, bool snap)
{
    double angle = start.angle + bearing(start.centre, to) - bearing(start.centre, from);
    if (snap)
        angle = std::round(angle / 15) * 15;
    return {start.centre, start.size, wrapped(angle)};
}

PlacedRect scaled(const PlacedRect& start, const QPointF& side, const QPointF& delta, const GripRules& rules)
{
    const double reachFactor = rules.fromCentre ? 2 : 1;
    double width = start.size.width() + reachFactor * side.x() * delta.x();
    double height = start.size.height() + reachFactor * side.y() * delta.y();
    const double least = rules.leastSide;
    if (rules.keepAspect && side.x() != 0 && side.y() != 0) {
        // The factor whose corner comes nearest to the cursor: the projection onto the diagonal.
        const double w = start.size.width(), h = start.size.height();
        double factor = (width * w + height * h) / (w * w + h * h);
        factor = std::min(factor, rules.freedom.mostWidth / w);
        factor = std::max({factor, least / w, least / h, rules.freedom.leastWidth / w});
        width = w * factor;
        height = h * factor;
    }
    width = std::clamp(width, rules.freedom.leastWidth, rules.freedom.mostWidth);
    const QSizeF size(std::max(least, width), std::max(least, height));
    if (rules.fromCentre)
        return {start.centre, size, start.angle};
    const QPointF shift(side.x() * (size.width() - start.size.width()) / 2,
                        side.y() * (size.height() - start.size.height()) / 2);
    return {start.toImage().map(shift), size, start.angle};
}

} // namespace

QTransform PlacedRect::toImage() const
{
    return QTransform().translate(centre.x(), centre.y()).rotate(angle);
}

QPolygonF PlacedRect::corners() const
{
    const double w = size.width() / 2, h = size.height() / 2;
    return toImage().map(QPolygonF({{-w, -h}, {w, -h}, {w, h}, {-w, h}}));
}

bool PlacedRect::contains(const QPointF& image) const
{
    const QPointF own = toImage().inverted().map(image);
    return std::abs(own.x()) <= size.width() / 2 && std::abs(own.y()) <= size.height() / 2;
}

QPointF gripPoint(const PlacedRect& rect, Grip grip, double rotateArm)
{
    const double w = rect.size.width() / 2, h = rect.size.height() / 2;
    if (grip == Grip::Rotate)
        return rect.toImage().map(QPointF(0, -h - rotateArm));
    const QPointF side = sideOf(grip);
    return rect.toImage().map(QPointF(side.x() * w, side.y() * h));
}

bool allows(const PlaceFreedom& freedom, Grip grip)
{
    switch (grip) {
    case Grip::None:
        return false;
    case Grip::Body:
        return freedom.moves;
    case Grip::Rotate:
        return freedom.turns;
    case Grip::Top:
    case Grip::Right:
    case Grip::Bottom:
    case Grip::Left:
        return freedom.scales && freedom.stretches;
    default:
        return freedom.scales;
    }
}

PlacedRect limited(PlacedRect rect, const PlaceFreedom& freedom)
{
    if (rect.isEmpty())
        return rect;
    const double width = std::clamp(rect.size.width(), freedom.leastWidth, freedom.mostWidth);
    if (width != rect.size.width())
        rect.size *= width / rect.size.width();
    rect.angle = std::clamp(rect.angle, freedom.leastAngle, freedom.mostAngle);
    const QRectF& c = freedom.centres;
    if (!c.isNull())
        rect.centre = {std::clamp(rect.centre.x(), c.left(), c.right()),
                       std::clamp(rect.centre.y(), c.top(), c.bottom())};
    return rect;
}

Grip gripAt(const PlacedRect& rect, const QPointF& image, double reach, double rotateArm,
            const PlaceFreedom& freedom)
{
    if (rect.isEmpty())
        return Grip::None;
    Grip nearest = Grip::None;
    double distance = reach;
    const auto consider = [&](Grip grip) {
        if (!allows(freedom, grip))
            return;
        const QPointF d = gripPoint(rect, grip, rotateArm) - image;
        if (const double length = std::hypot(d.x(), d.y()); length <= distance) {
            distance = length;
            nearest = grip;
        }
    };
    consider(Grip::Rotate);
    std::ranges::for_each(kScaleGrips, consider);
    const QPointF fromCentre = image - rect.centre;
    // Of a rectangle smaller than its handles the middle still moves it.
    const bool nearCentre = std::hypot(fromCentre.x(), fromCentre.y()) < distance;
    if (freedom.moves && rect.contains(image) && (nearest == Grip::None || nearCentre))
        return Grip::Body;
    return nearest;
}

PlacedRect dragged(const PlacedRect& start, Grip grip, const QPointF& from, const QPointF& to,
                   const GripRules& rules)
{
    switch (grip) {
    case Grip::None:
        return start;
    case Grip::Body:
        return limited({start.centre + to - from, start.size, start.angle}, rules.freedom);
    case Grip::Rotate:
        return limited(turned(start, from, to, rules.snapAngle), rules.freedom);
    default: {
        // The drag in the rectangle's own axes.
        const QTransform own = QTransform().rotate(-start.angle);
        return limited(scaled(start, sideOf(grip), own.map(to - from), rules), rules.freedom);
    }
    }
}

} // namespace assay::widgets
