#pragma once

#include "widgets/canvas/canvas_scene.h"

#include <QImage>

namespace assay::widgets {

/// The images, heat maps and mask of a scene as the OpenGL renderer draws them, computed on the processor:
/// for the view without OpenGL and as a reference for tests. Format_RGB32, as large as the viewport in device
/// pixels. About 50 ms for a million pixels.
QImage renderOnProcessor(const CanvasScene& scene);

/// The checkerboard behind transparent pixels: its two shades (0..1) and the side of a field in device
/// pixels.
struct Checkerboard
{
    float first, second;
    int side;
};
Checkerboard checkerboard(bool dark);

} // namespace assay::widgets
