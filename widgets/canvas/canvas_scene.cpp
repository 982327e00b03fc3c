#include "widgets/canvas/canvas_scene.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

std::string sizeText(const QSize& size)
{
    return std::to_string(size.width()) + " x " + std::to_string(size.height());
}

void requireSameSize(const CanvasImage& image, const QSize& size)
{
    if (image.size() != size)
        throw Error("the image has " + sizeText(image.size()) + " pixels, the others have " + sizeText(size),
                    image.name().toStdString(), "Compare images of the same size.");
}

} // namespace

CanvasScene::CanvasScene(QObject* parent)
    : QObject(parent)
{}

CanvasScene::~CanvasScene()
{
    // Commands call back into this object's members.
    m_undo.clear();
}

template <class T, class Signal>
void CanvasScene::change(T& field, const T& value, Signal signal)
{
    if (field == value)
        return;
    field = value;
    signal();
    Q_EMIT changed();
}

void CanvasScene::setImages(const QVector<CanvasImage>& images)
{
    const QSize before = imageSize();
    const QSize size = images.isEmpty() ? QSize() : images.first().size();
    for (const CanvasImage& image : images)
        requireSameSize(image, size);
    m_pyramids.clear();
    for (const CanvasImage& image : images)
        m_pyramids.push_back(makePyramid(image));
    if (size != before) {
        dropEdits();
        applyView(m_view, true);
    } else if (m_fitted) {
        applyView(m_view, true);
    }
    Q_EMIT changed();
}

void CanvasScene::replaceImage(int index, const CanvasImage& image)
{
    requireSameSize(image, imageSize());
    m_pyramids[index] = makePyramid(image);
    Q_EMIT changed();
}

std::unique_ptr<ImagePyramid> CanvasScene::makePyramid(const CanvasImage& image)
{
    auto pyramid = std::make_unique<ImagePyramid>(image);
    connect(pyramid.get(), &ImagePyramid::levelReady, this, &CanvasScene::changed);
    return pyramid;
}

void CanvasScene::dropEdits()
{
    m_undo.clear();
    m_mask = imageSize().isEmpty() ? nullptr : std::make_shared<MaskImage>(imageSize());
    m_regions.clear();
    m_selectedRegion = -1;
    m_patch = {};
    m_hovered = {-1, -1};
    m_rubberBand = {};
}

QSize CanvasScene::imageSize() const
{
    return m_pyramids.empty() ? QSize() : m_pyramids.front()->image().size();
}

void CanvasScene::setViewport(const QSizeF& size, double pixelRatio)
{
    if (size == m_viewport && pixelRatio == m_pixelRatio)
        return;
    m_viewport = size;
    m_pixelRatio = pixelRatio;
    applyView(m_view, m_fitted);
    Q_EMIT changed();
}

void CanvasScene::applyView(const ViewTransform& view, bool fitted)
{
    const QSizeF pane = paneSize(m_compare, imageCount(), m_viewport);
    const ViewTransform next =
        fitted ? ViewTransform::fitted(imageSize(), pane, 8) : view.keptInside(imageSize(), pane);
    m_fitted = fitted;
    change(m_view, next, [this] { Q_EMIT viewChanged(); });
}

void CanvasScene::setView(const ViewTransform& view)
{
    applyView(view, false);
}

void CanvasScene::fit()
{
    applyView(m_view, true);
}

void CanvasScene::oneToOne()
{
    const QSizeF pane = paneSize(m_compare, imageCount(), m_viewport);
    ViewTransform next = m_view.scaledTo(1 / m_pixelRatio, pane);
    // On whole device pixels, so that the picture is as sharp as its file.
    const auto whole = [this](double v) { return std::round(v * m_pixelRatio) / m_pixelRatio; };
    next.origin = {whole(next.origin.x()), whole(next.origin.y())};
    applyView(next, false);
}

void CanvasScene::zoomAbout(const QPointF& point, double factor)
{
    const QVector<Pane> all = panes();
    if (all.isEmpty())
        return;
    const Pane& pane = all[std::max(0, paneAt(all, point))];
    const ZoomRange range = zoomRange(imageSize(), pane.rect.size());
    applyView(m_view.zoomedAbout(point - pane.rect.topLeft(), factor, range), false);
}

void CanvasScene::panBy(const QPointF& viewDelta)
{
    applyView(m_view.panned(viewDelta), false);
}

QVector<Pane> CanvasScene::panes() const
{
    return comparePanes(m_compare, imageCount(), m_viewport, m_blinkPhase);
}

QPointF CanvasScene::toImage(const QPointF& viewPoint) const
{
    const QVector<Pane> all = panes();
    if (all.isEmpty())
        return m_view.toImage(viewPoint);
    return m_view.toImage(viewPoint - all[std::max(0, paneAt(all, viewPoint))].rect.topLeft());
}

QPointF CanvasScene::toView(const QPointF& imagePoint, const Pane& pane) const
{
    return m_view.toView(imagePoint) + pane.rect.topLeft();
}

void CanvasScene::setCompare(const CompareSettings& compare)
{
    CompareSettings kept = compare;
    kept.divider = std::clamp(kept.divider, 0.0, 1.0);
    kept.gain = std::clamp(kept.gain, 1.0, 256.0);
    if (kept == m_compare)
        return;
    const QSizeF before = paneSize(m_compare, imageCount(), m_viewport);
    m_compare = kept;
    const QSizeF after = paneSize(m_compare, imageCount(), m_viewport);
    if (before != after) {
        // What was in the middle of a pane stays there.
        const QPointF shift((after.width() - before.width()) / 2, (after.height() - before.height()) / 2);
        applyView(m_view.panned(shift), m_fitted);
    }
    Q_EMIT compareChanged();
    Q_EMIT changed();
}

void CanvasScene::setBlinkPhase(int phase)
{
    change(m_blinkPhase, phase, [] {});
}

void CanvasScene::setLook(const CanvasLook& look)
{
    change(m_look, look, [this] { Q_EMIT lookChanged(); });
}

void CanvasScene::setTheme(const Theme& theme)
{
    m_theme = theme;
    Q_EMIT changed();
}

void CanvasScene::setBoxes(const QVector<CanvasBox>& boxes)
{
    change(m_boxes, boxes, [] {});
}

void CanvasScene::setRegions(const QVector<QRectF>& regions)
{
    if (m_selectedRegion >= regions.size())
        m_selectedRegion = -1;
    change(m_regions, regions, [this] { Q_EMIT regionsChanged(); });
}

void CanvasScene::selectRegion(int index)
{
    change(m_selectedRegion, index, [] {});
}

void CanvasScene::setHeatMaps(const QVector<HeatMap>& maps)
{
    m_heat.clear();
    for (const HeatMap& map : maps)
        m_heat.push_back({map, makePyramid(map.values)});
    Q_EMIT changed();
}

void CanvasScene::noteMask(const QRect& area)
{
    if (area.isEmpty())
        return;
    Q_EMIT maskChanged(area);
    Q_EMIT changed();
}

void CanvasScene::setPatchImage(const QImage& image)
{
    m_patchImage = image;
    Q_EMIT changed();
}

void CanvasScene::setPatch(const PlacedRect& patch)
{
    change(m_patch, patch, [this] { Q_EMIT patchChanged(m_patch); });
}

void CanvasScene::setPatchFreedom(const PlaceFreedom& freedom)
{
    change(m_patchFreedom, freedom, [] {});
}

void CanvasScene::setTool(CanvasTool tool)
{
    change(m_tool, tool, [this] { Q_EMIT toolChanged(m_tool); });
}

void CanvasScene::setBrushRadius(double radius)
{
    change(m_brushRadius, std::clamp(radius, 0.5, 512.0), [] {});
}

void CanvasScene::setProbabilities(const QVector<ClassProbability>& probabilities)
{
    change(m_probabilities, probabilities, [] {});
}

void CanvasScene::setHovered(const QPoint& pixel)
{
    change(m_hovered, pixel, [this] { Q_EMIT hoveredChanged(m_hovered); });
}

void CanvasScene::setRubberBand(const QRectF& box)
{
    change(m_rubberBand, box, [] {});
}

} // namespace assay::widgets
