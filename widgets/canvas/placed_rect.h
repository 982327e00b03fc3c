#pragma once

#include <QPointF>
#include <QPolygonF>
#include <QRectF>
#include <QSizeF>
#include <QTransform>

namespace assay::widgets {

/// A rectangle that lies somewhere on an image, turned: a patch. Lengths in image pixels (y down), angle in
/// degrees, clockwise as one sees it, in (-180, 180].
struct PlacedRect
{
    QPointF centre;
    QSizeF size;
    double angle = 0;

    bool isEmpty() const { return size.isEmpty(); }
    /// From the rectangle's own coordinates, (0, 0) at its centre and x along its width, to the image.
    QTransform toImage() const;
    /// Upper left, upper right, lower right, lower left, in image pixels.
    QPolygonF corners() const;
    bool contains(const QPointF& image) const;
    bool operator==(const PlacedRect&) const = default;
};

/// What a press takes hold of.
enum class Grip { None, Body, TopLeft, Top, TopRight, Right, BottomRight, Bottom, BottomLeft, Left, Rotate };

/// What may be done with a rectangle, and how far. Lengths in image pixels, angles in degrees.
struct PlaceFreedom
{
    bool moves = true;
    bool scales = true;
    bool turns = true;
    bool stretches = true; ///< the aspect may change: side handles, and corners with Shift
    double leastWidth = 1;
    double mostWidth = 1e6;
    double leastAngle = -180;
    double mostAngle = 180;
    QRectF centres; ///< where the centre may lie; null: anywhere

    bool any() const { return moves || scales || turns; }
    bool operator==(const PlaceFreedom&) const = default;
};

/// Whether @p grip may be taken hold of.
bool allows(const PlaceFreedom& freedom, Grip grip);

/// @p rect as near as @p freedom lets it be: its centre, width (the aspect stays) and angle are moved into
/// their ranges.
PlacedRect limited(PlacedRect rect, const PlaceFreedom& freedom);

struct GripRules
{
    bool keepAspect = true;  ///< corners scale both sides by the same factor
    bool fromCentre = false; ///< the centre stays instead of the opposite side
    bool snapAngle = false;  ///< turns in steps of 15 degrees
    double leastSide = 1;    ///< image pixels; no side becomes shorter
    PlaceFreedom freedom = {};
};

/// Where a grip is drawn, in image pixels. The rotate grip stands @p rotateArm image pixels above the top.
QPointF gripPoint(const PlacedRect& rect, Grip grip, double rotateArm);

/// The grip at @p image: the nearest handle within @p reach image pixels (the body where the centre is
/// nearer still), else the body, else none. Grips that @p freedom does not allow are not there.
Grip gripAt(const PlacedRect& rect, const QPointF& image, double reach, double rotateArm,
            const PlaceFreedom& freedom = {});

/// What @p start becomes when @p grip is dragged from @p from to @p to (image pixels). Side and corner grips
/// move their side under the cursor and leave the opposite one where it is, up to the limits of the rules'
/// freedom.
PlacedRect dragged(const PlacedRect& start, Grip grip, const QPointF& from, const QPointF& to,
                   const GripRules& rules);

} // namespace assay::widgets
