#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QVector>

namespace assay::widgets {

/// How several aligned images share a canvas.
enum class CompareMode {
    Single,     ///< the first image alone
    SideBySide, ///< every image in a pane of its own, all with the same view
    Swipe,      ///< the first image left of a divider, the second right of it
    Blink,      ///< first and second in turn
    Difference  ///< second minus first, amplified
};

struct CompareSettings
{
    CompareMode mode = CompareMode::Single;
    int first = 0;        ///< index of the image that is compared with
    int second = 1;       ///< index of the image that is compared
    double divider = 0.5; ///< place of the divider, 0..1 of the view's width
    int blinkMs = 500;    ///< how long each image is shown when blinking
    double gain = 8;      ///< factor of differences, 1..256
    bool signedDifference =
        false; ///< mean over channels on the diverging map, instead of amounts per channel
    bool operator==(const CompareSettings&) const = default;
};

/// A part of the view that shows one image, or the difference of two.
struct Pane
{
    QRectF rect;      ///< where the pane's own coordinates start, logical view pixels
    QRectF clip;      ///< the part of the view that it paints, logical view pixels
    int image = 0;    ///< index of the image
    int against = -1; ///< index of the image that is subtracted; -1 for none
    bool operator==(const Pane&) const = default;
};

/// The panes of a view of size @p view (logical pixels) over @p images images. Modes that need two images
/// fall back to the first where there are fewer. @p blinkPhase: 0 shows the first image, 1 the second.
QVector<Pane> comparePanes(const CompareSettings& settings, int images, const QSizeF& view,
                           int blinkPhase = 0);

/// Size of the panes: what "fit" fits into.
QSizeF paneSize(const CompareSettings& settings, int images, const QSizeF& view);

/// The pane at @p point (view pixels); -1 in a gap.
int paneAt(const QVector<Pane>& panes, const QPointF& point);

/// Whether @p point lies within @p reach logical pixels of the divider of a swipe.
bool onDivider(const CompareSettings& settings, int images, const QSizeF& view, const QPointF& point,
               double reach);

} // namespace assay::widgets
