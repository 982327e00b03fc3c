#pragma once

#include "widgets/canvas/canvas_image.h"
#include "widgets/theme/colour_maps.h"

#include <QColor>
#include <QRectF>
#include <QString>

namespace assay::widgets {

/// How enlarged pixels are drawn; reduced images are always filtered.
enum class CanvasFilter { Nearest, Linear };
enum class FalseColour { Off, Sequential, Diverging };
/// What the left mouse button does. Middle button and held space always pan.
enum class CanvasTool {
    Move,    ///< pans; moves, scales and turns the patch by its handles
    Region,  ///< draws a box of the user's, or selects one by a click
    MaskBox, ///< fills a box of the mask (with Alt: empties it)
    Brush,   ///< paints the mask (with Alt: erases)
    Eraser   ///< erases the mask
};

struct CanvasLook
{
    CanvasFilter filter = CanvasFilter::Nearest;
    FalseColour falseColour = FalseColour::Off; ///< of the mean over channels
    bool grid = true;                           ///< lines between pixels and their values, when close
    bool overlays = true;                       ///< boxes, regions, heat maps, mask and patch
    double heatOpacity = 0.6;                   ///< factor 0..1 on the opacity of all heat maps
    bool operator==(const CanvasLook&) const = default;
};

/// A box that a model or a file gave, in image pixels.
struct CanvasBox
{
    QRectF rect;
    QString label;
    double score = -1; ///< 0..1; negative for none
    QString role;      ///< colour of a role as Theme::role() knows them; empty: by the label
    bool operator==(const CanvasBox&) const = default;
};

/// Values drawn over the images in colours, e.g. success by place.
struct HeatMap
{
    CanvasImage values; ///< one channel; its low() and high() are the ends of the map
    QRectF extent;      ///< what it covers, in image pixels; null: the whole image
    ColourMap map = ColourMap::Sequential;
    double opacity = 1;   ///< 0..1
    bool fadesLow = true; ///< low values are drawn more transparent
};

/// One bar of the probabilities.
struct ClassProbability
{
    QString label;
    double value = 0; ///< 0..1
    QString role;     ///< e.g. "good" for the true class; empty: accent
    bool operator==(const ClassProbability&) const = default;
};

} // namespace assay::widgets
