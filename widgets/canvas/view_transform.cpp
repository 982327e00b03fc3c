#include "widgets/canvas/view_transform.h"

#include <algorithm>

namespace assay::widgets {

namespace {

/// Moves an interval [start, start + length] so that it overlaps [0, room] by @p least or wholly.
double keptOverlapping(double start, double length, double room, double least)
{
    const double overlap = std::min({least, length, room});
    return std::clamp(start, overlap - length, room - overlap);
}

} // namespace

QRectF ViewTransform::toView(const QRectF& image) const
{
    return {toView(image.topLeft()), image.size() * scale};
}

QRectF ViewTransform::toImage(const QRectF& view) const
{
    return {toImage(view.topLeft()), view.size() / scale};
}

ViewTransform ViewTransform::fitted(const QSizeF& image, const QSizeF& view, double margin)
{
    if (image.isEmpty() || view.isEmpty())
        return {};
    const double width = std::max(1.0, view.width() - 2 * margin);
    const double height = std::max(1.0, view.height() - 2 * margin);
    const double scale = std::min(width / image.width(), height / image.height());
    const QSizeF drawn = image * scale;
    return {scale, {(view.width() - drawn.width()) / 2, (view.height() - drawn.height()) / 2}};
}

ViewTransform ViewTransform::scaledTo(double newScale, const QSizeF& view) const
{
    const QPointF centre(view.width() / 2, view.height() / 2);
    return {newScale, centre - toImage(centre) * newScale};
}

ViewTransform ViewTransform::zoomedAbout(const QPointF& cursor, double factor, const ZoomRange& range) const
{
    const double newScale = std::clamp(scale * factor, range.least, range.most);
    return {newScale, cursor - toImage(cursor) * newScale};
}

ViewTransform ViewTransform::keptInside(const QSizeF& image, const QSizeF& view, double least) const
{
    if (image.isEmpty() || view.isEmpty())
        return *this;
    const QSizeF drawn = image * scale;
    return {scale,
            {keptOverlapping(origin.x(), drawn.width(), view.width(), least),
             keptOverlapping(origin.y(), drawn.height(), view.height(), least)}};
}

ZoomRange zoomRange(const QSizeF& image, const QSizeF& view)
{
    ZoomRange range;
    if (!image.isEmpty() && !view.isEmpty())
        range.least = std::min(1.0, ViewTransform::fitted(image, view).scale) / 4;
    return range;
}

} // namespace assay::widgets
