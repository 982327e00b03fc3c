#pragma once

#include "widgets/canvas/canvas_scene.h"

#include <QRawFont>

class QPainter;

namespace assay::widgets {

/// Draws what lies over the images with QPainter, in both views alike: pixel grid and values, boxes, regions,
/// the patch with its handles, divider, captions. One per view; keeps fonts between frames.
class OverlayPainter
{
public:
    /// @p painter in logical view pixels.
    void paint(QPainter& painter, const CanvasScene& scene);

private:
    void paintPane(QPainter& painter, const CanvasScene& scene, const Pane& pane, bool caption);
    void paintGrid(QPainter& painter, const CanvasScene& scene, const Pane& pane) const;
    void paintValues(QPainter& painter, const CanvasScene& scene, const Pane& pane);
    void paintBoxes(QPainter& painter, const CanvasScene& scene, const Pane& pane) const;
    void paintRegions(QPainter& painter, const CanvasScene& scene, const Pane& pane) const;
    void paintPatch(QPainter& painter, const CanvasScene& scene, const Pane& pane) const;
    void paintBrush(QPainter& painter, const CanvasScene& scene, const Pane& pane) const;
    void useTheme(const Theme& theme);

    QFont m_font;
    QRawFont m_valueFont;
    Theme::Kind m_fontsFor = Theme::Kind::Print; ///< no canvas uses it: fonts are made at the first frame
};

} // namespace assay::widgets
