#pragma once

#include "widgets/canvas/canvas_types.h"
#include "widgets/canvas/compare_layout.h"
#include "widgets/canvas/image_pyramid.h"
#include "widgets/canvas/mask_image.h"
#include "widgets/canvas/placed_rect.h"
#include "widgets/canvas/view_transform.h"
#include "widgets/theme/theme.h"

#include <QObject>
#include <QUndoStack>

#include <memory>
#include <vector>

namespace assay::widgets {

/// All that a canvas shows and how, apart from drawing it: the OpenGL view, the painted view and the
/// instruments read it, the controller and the instruments change it. A setter that changes nothing emits
/// nothing. GUI thread only.
class CanvasScene : public QObject
{
    Q_OBJECT
public:
    explicit CanvasScene(QObject* parent = nullptr);
    ~CanvasScene() override;

    /// Aligned images, all of the same size (throws Error otherwise); none empties the canvas. When the size
    /// differs from before, the view is fitted and mask, regions, patch place and undo history are dropped.
    void setImages(const QVector<CanvasImage>& images);
    /// Another picture in the place of one, e.g. with a patch that was moved. Same size, else Error.
    void replaceImage(int index, const CanvasImage& image);
    int imageCount() const { return static_cast<int>(m_pyramids.size()); }
    const ImagePyramid& pyramid(int index) const { return *m_pyramids[index]; }
    /// In image pixels; empty without images.
    QSize imageSize() const;

    /// The view in logical pixels, and device pixels per logical pixel. Keeps a fitted view fitted.
    void setViewport(const QSizeF& size, double pixelRatio);
    const QSizeF& viewport() const { return m_viewport; }
    double pixelRatio() const { return m_pixelRatio; }
    /// Of every pane, relative to its rect.
    const ViewTransform& view() const { return m_view; }
    void setView(const ViewTransform& view);
    bool isFitted() const { return m_fitted; }
    void fit();
    /// One image pixel on one device pixel, about the view's centre.
    void oneToOne();
    /// @p point in view coordinates.
    void zoomAbout(const QPointF& point, double factor);
    void panBy(const QPointF& viewDelta);

    QVector<Pane> panes() const;
    /// From the view to image pixels, by the pane at that point (the first where there is none).
    QPointF toImage(const QPointF& viewPoint) const;
    QPointF toView(const QPointF& imagePoint, const Pane& pane) const;

    const CompareSettings& compare() const { return m_compare; }
    void setCompare(const CompareSettings& compare);
    void setBlinkPhase(int phase);
    const CanvasLook& look() const { return m_look; }
    void setLook(const CanvasLook& look);
    const Theme& theme() const { return m_theme; }
    void setTheme(const Theme& theme);

    const QVector<CanvasBox>& boxes() const { return m_boxes; }
    void setBoxes(const QVector<CanvasBox>& boxes);
    /// The user's boxes, in image pixels.
    const QVector<QRectF>& regions() const { return m_regions; }
    void setRegions(const QVector<QRectF>& regions);
    int selectedRegion() const { return m_selectedRegion; }
    void selectRegion(int index);
    struct HeatLayer
    {
        HeatMap heat;
        std::unique_ptr<ImagePyramid> pyramid;
    };
    const std::vector<HeatLayer>& heatLayers() const { return m_heat; }
    void setHeatMaps(const QVector<HeatMap>& maps);
    /// Null without images.
    const std::shared_ptr<MaskImage>& mask() const { return m_mask; }
    /// After the mask was edited: @p area in image pixels.
    void noteMask(const QRect& area);
    /// The picture that lies in the patch's place; may be null while only the place matters.
    const QImage& patchImage() const { return m_patchImage; }
    void setPatchImage(const QImage& image);
    /// Empty: no patch.
    const PlacedRect& patch() const { return m_patch; }
    void setPatch(const PlacedRect& patch);
    /// What the user may do with the patch.
    const PlaceFreedom& patchFreedom() const { return m_patchFreedom; }
    void setPatchFreedom(const PlaceFreedom& freedom);

    CanvasTool tool() const { return m_tool; }
    void setTool(CanvasTool tool);
    /// In image pixels.
    double brushRadius() const { return m_brushRadius; }
    void setBrushRadius(double radius);
    const QVector<ClassProbability>& probabilities() const { return m_probabilities; }
    void setProbabilities(const QVector<ClassProbability>& probabilities);
    /// The pixel under the cursor; outside the image for none.
    const QPoint& hovered() const { return m_hovered; }
    void setHovered(const QPoint& pixel);
    /// What a drag is drawing, in image pixels; null for nothing.
    const QRectF& rubberBand() const { return m_rubberBand; }
    void setRubberBand(const QRectF& box);
    QUndoStack* undoStack() { return &m_undo; }

Q_SIGNALS:
    /// Something to draw anew; follows every other signal here.
    void changed();
    void viewChanged();
    void compareChanged();
    void lookChanged();
    void toolChanged(CanvasTool tool);
    void patchChanged(const PlacedRect& patch);
    void regionsChanged();
    void maskChanged(const QRect& area);
    void hoveredChanged(const QPoint& pixel);

private:
    void applyView(const ViewTransform& view, bool fitted);
    void dropEdits();
    std::unique_ptr<ImagePyramid> makePyramid(const CanvasImage& image);
    template <class T, class Signal>
    void change(T& field, const T& value, Signal signal);

    std::vector<std::unique_ptr<ImagePyramid>> m_pyramids;
    QSizeF m_viewport;
    double m_pixelRatio = 1;
    ViewTransform m_view;
    bool m_fitted = true;
    CompareSettings m_compare;
    int m_blinkPhase = 0;
    CanvasLook m_look;
    Theme m_theme = Theme::light();
    QVector<CanvasBox> m_boxes;
    QVector<QRectF> m_regions;
    int m_selectedRegion = -1;
    std::vector<HeatLayer> m_heat;
    std::shared_ptr<MaskImage> m_mask; ///< shared with the commands that edit it
    QImage m_patchImage;
    PlacedRect m_patch;
    PlaceFreedom m_patchFreedom;
    CanvasTool m_tool = CanvasTool::Move;
    double m_brushRadius = 8;
    QVector<ClassProbability> m_probabilities;
    QPoint m_hovered{-1, -1};
    QRectF m_rubberBand;
    QUndoStack m_undo;
};

} // namespace assay::widgets
