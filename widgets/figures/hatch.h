#pragma once

#include <QLineF>
#include <QPolygonF>
#include <QVector>

class QPainter;
class QPen;

namespace assay::widgets {

/// How many different hatches, dashes and markers there are; variant 0 is plain: no hatch, a solid line, a
/// disc. Later ones begin anew.
inline constexpr int kVariants = 8;

/// Lines at @p degrees (counter-clockwise from horizontal), @p apart from each other, as far as they lie in
/// @p shape (even-odd). They run through the same places whatever the shape, so that neighbours match. Cut by
/// hand, since SVG drawings know no clipping. Nothing for an empty shape or one of more than ten thousand
/// lines. Pure.
QVector<QLineF> hatchLines(const QPolygonF& shape, double degrees, double apart);

/// Draws the hatch of a variant into @p shape with @p pen.
void drawHatch(QPainter* painter, const QPolygonF& shape, int variant, const QPen& pen, double apart);

} // namespace assay::widgets
