#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

namespace assay::widgets {

/// Smallest and largest scale, in view pixels per image pixel.
struct ZoomRange
{
    double least = 0.01;
    double most = 128;
};

/// Where an image lies in a view: view = origin + scale * image. View coordinates are Qt's logical pixels
/// with y down; image coordinates are image pixels, where pixel (i, j) covers [i, i+1) x [j, j+1). A plain
/// value; every change returns a new one.
struct ViewTransform
{
    double scale = 1; ///< logical view pixels per image pixel
    QPointF origin;   ///< the image's upper left corner in the view

    QPointF toView(const QPointF& image) const { return origin + image * scale; }
    QPointF toImage(const QPointF& view) const { return (view - origin) / scale; }
    QRectF toView(const QRectF& image) const;
    QRectF toImage(const QRectF& view) const;

    /// The whole image, centred, with @p margin (logical pixels) around it. An empty image or view gives the
    /// identity.
    static ViewTransform fitted(const QSizeF& image, const QSizeF& view, double margin = 0);
    /// @p scale with the image point at the view's centre kept where it is.
    ViewTransform scaledTo(double newScale, const QSizeF& view) const;
    /// Zooms by @p factor so that the image point under @p cursor stays under it.
    ViewTransform zoomedAbout(const QPointF& cursor, double factor, const ZoomRange& range) const;
    ViewTransform panned(const QPointF& viewDelta) const { return {scale, origin + viewDelta}; }
    /// The nearest transform that leaves at least @p least logical pixels of the image (or all of it, where
    /// it is smaller) inside the view, so that an image cannot be lost.
    ViewTransform keptInside(const QSizeF& image, const QSizeF& view, double least = 64) const;

    bool operator==(const ViewTransform&) const = default;
};

/// From a quarter of what fits (at most 1) to 128 view pixels per image pixel.
ZoomRange zoomRange(const QSizeF& image, const QSizeF& view);

} // namespace assay::widgets
