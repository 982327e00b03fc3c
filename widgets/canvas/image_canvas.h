#pragma once

#include "widgets/canvas/canvas_types.h"
#include "widgets/canvas/compare_layout.h"
#include "widgets/canvas/frame_times.h"
#include "widgets/canvas/instrument_set.h"
#include "widgets/canvas/placed_rect.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QTimer;
class QUndoStack;

namespace assay::widgets {

class CanvasController;
class CanvasScene;
class GlView;

/// Where people touch images: one or more aligned images with zoom, comparison, overlays, a patch with
/// handles, a mask to paint, and floating instruments. Drawn with OpenGL 3.3; where there is none, the same
/// is painted on the processor with a notice and without the floating windows. Coordinates are image pixels
/// with y down, sizes of the view logical pixels. Keys: +, -, 0 (fit), 1 (1:1), V R M B E (tools), [ ]
/// (brush), arrows, Page Up and Page Down and , . (scale and turn the patch). GUI thread only.
class ImageCanvas : public QWidget
{
    Q_OBJECT
public:
    enum class Drawing { Automatic, Processor };

    explicit ImageCanvas(QWidget* parent = nullptr, Drawing drawing = Drawing::Automatic);
    ~ImageCanvas() override;

    /// On a page that scrolls: the wheel zooms with Ctrl only and scrolls the page otherwise.
    void setWheelNeedsCtrl(bool needsCtrl);

    /// False where the picture is painted on the processor.
    bool usesOpenGl() const { return m_glView != nullptr; }
    void setTheme(const Theme& theme);

    /// Images of the same size, at most 16384 pixels a side (throws Error otherwise); an empty list empties
    /// the canvas. A new size fits the view and drops mask, regions, patch and undo history.
    void setImages(const QVector<CanvasImage>& images);
    void setImage(const CanvasImage& image) { setImages({image}); }
    /// Another picture in the place of image @p index, e.g. for each step of a drag. Throws Error when the
    /// size differs.
    void replaceImage(int index, const CanvasImage& image);
    QSize imageSize() const;

    void fit();
    void oneToOne();
    /// Logical pixels per image pixel.
    double zoom() const;
    /// By the first pane, and by the pane at that place.
    QPointF toView(const QPointF& image) const;
    QPointF toImage(const QPointF& view) const;

    const CompareSettings& compare() const;
    void setCompare(const CompareSettings& compare);
    const CanvasLook& look() const;
    void setLook(const CanvasLook& look);
    /// None where painted on the processor.
    Instruments instruments() const;
    void setInstruments(Instruments instruments);

    void setBoxes(const QVector<CanvasBox>& boxes);
    void setHeatMaps(const QVector<HeatMap>& maps);
    void setProbabilities(const QVector<ClassProbability>& probabilities);
    /// The patch: a picture (or none) and where it lies; an empty place removes it. Not undoable; drags are.
    void setPatch(const QImage& picture, const PlacedRect& place);
    const PlacedRect& patch() const;
    /// What the user may do with the patch; all of it unless said otherwise.
    void setPatchFreedom(const PlaceFreedom& freedom);
    /// The mouse holds something: the patch, a region, the picture.
    bool isDragging() const;
    /// Boxes that the user draws.
    const QVector<QRectF>& regions() const;
    void setRegions(const QVector<QRectF>& regions);
    /// Grayscale8, 255 inside, as large as the images; null without images.
    QImage mask() const;
    /// Not undoable. Returns false when the size differs from the images'.
    bool setMask(const QImage& mask);

    CanvasTool tool() const;
    void setTool(CanvasTool tool);
    double brushRadius() const;
    void setBrushRadius(double imagePixels);
    /// Moves of the patch, regions and mask. Owned by the canvas.
    QUndoStack* undoStack() const;

    /// Newest frames, from the start of painting until shown; empty where painted on the processor.
    FrameTimes frameTimes() const;
    /// The view that draws and takes events: for tests and for the focus.
    QWidget* view() const { return m_view; }

Q_SIGNALS:
    /// Each step of a drag: ask for a preview here. The end of it, also after undo and redo.
    void patchDragged(const PlacedRect& patch);
    void patchPlaced(const PlacedRect& patch);
    void regionsChanged();
    void maskChanged(const QRect& area);
    /// The pixel under the cursor; (-1, -1) outside.
    void pixelHovered(const QPoint& pixel);
    void viewChanged();
    void toolChanged(CanvasTool tool);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void useGl();
    void usePainted(const QString& notice);
    void place(QWidget* view);
    void updateBlinking();

    CanvasScene* m_scene;
    CanvasController* m_controller;
    QTimer* m_blink;
    QWidget* m_view = nullptr;
    GlView* m_glView = nullptr;
};

} // namespace assay::widgets
