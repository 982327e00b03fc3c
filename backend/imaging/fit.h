#pragma once

#include <string>

namespace assay::imaging {

/// How an image of one size becomes one of another.
enum class Fit {
    Crop,      ///< scaled until it covers the target, what stands over is cut at both ends alike
    Stretch,   ///< width and height scaled each by itself
    Letterbox, ///< scaled until it fits into the target, the rest filled with the background
};

/// "crop", "stretch", "letterbox".
const char* fitName(Fit fit);
/// @throws Error naming @p where for any other name.
Fit fitFromName(const std::string& name, const std::string& where);

struct PixelRect
{
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// Which part of a source lands where in a target: a point p of the source is at
/// (p.x - from.x) * to.width / from.width + to.x, and so downwards: so boxes follow their image.
struct Placement
{
    PixelRect from; ///< in the source; all of it unless a crop cuts
    PixelRect to;   ///< in the target; all of it unless a letterbox leaves margins
};

/// Sides are at least 1. Sizes are rounded to the nearest pixel, halves up, never below 1; odd rests go right
/// and below. The source is cut before it is scaled, so nothing larger than either image is ever made.
Placement place(int sourceWidth, int sourceHeight, int width, int height, Fit fit);

} // namespace assay::imaging
