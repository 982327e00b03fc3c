#include "widgets/canvas/image_canvas.h"

#include "widgets/canvas/canvas_controller.h"
#include "widgets/canvas/gl_view.h"
#include "widgets/canvas/painted_view.h"

#include <QTimer>
#include <QVBoxLayout>

namespace assay::widgets {

ImageCanvas::ImageCanvas(QWidget* parent, Drawing drawing)
    : QWidget(parent)
    , m_scene(new CanvasScene(this))
    , m_controller(new CanvasController(*m_scene, this))
    , m_blink(new QTimer(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    if (drawing == Drawing::Processor)
        usePainted(tr("Drawn on the processor"));
    else if (GlView::isPossible())
        useGl();
    else
        usePainted(tr("There is no OpenGL 3.3 here: drawn on the processor, without instruments"));

    connect(m_controller, &CanvasController::patchDragged, this, &ImageCanvas::patchDragged);
    connect(m_controller, &CanvasController::patchPlaced, this, &ImageCanvas::patchPlaced);
    connect(m_scene, &CanvasScene::regionsChanged, this, &ImageCanvas::regionsChanged);
    connect(m_scene, &CanvasScene::maskChanged, this, &ImageCanvas::maskChanged);
    connect(m_scene, &CanvasScene::hoveredChanged, this, &ImageCanvas::pixelHovered);
    connect(m_scene, &CanvasScene::viewChanged, this, &ImageCanvas::viewChanged);
    connect(m_scene, &CanvasScene::toolChanged, this, &ImageCanvas::toolChanged);
    connect(m_scene, &CanvasScene::compareChanged, this, &ImageCanvas::updateBlinking);
    connect(m_blink, &QTimer::timeout, this, [this, phase = 0]() mutable {
        phase = 1 - phase;
        m_scene->setBlinkPhase(phase);
    });
}

ImageCanvas::~ImageCanvas()
{
    // The view refers to scene and controller, which are children, too, and older ones.
    delete m_view;
}

void ImageCanvas::place(QWidget* view)
{
    m_view = view;
    view->setObjectName("canvasView");
    view->setAccessibleName(tr("Image canvas"));
    layout()->addWidget(view);
    setFocusProxy(view);
}

void ImageCanvas::useGl()
{
    m_glView = new GlView(*m_scene, *m_controller, this);
    place(m_glView);
    // Queued: the view reports from within its own painting.
    connect(
        m_glView, &GlView::failed, this,
        [this](const QString& why) {
            delete std::exchange(m_glView, nullptr);
            usePainted(why);
        },
        Qt::QueuedConnection);
}

void ImageCanvas::usePainted(const QString& notice)
{
    place(new PaintedView(*m_scene, *m_controller, notice, this));
}

void ImageCanvas::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_scene->setViewport(size(), devicePixelRatioF());
}

void ImageCanvas::setTheme(const Theme& theme)
{
    m_scene->setTheme(theme);
    if (m_glView)
        m_glView->applyTheme();
}

void ImageCanvas::setImages(const QVector<CanvasImage>& images)
{
    m_scene->setImages(images);
}

void ImageCanvas::replaceImage(int index, const CanvasImage& image)
{
    m_scene->replaceImage(index, image);
}

QSize ImageCanvas::imageSize() const
{
    return m_scene->imageSize();
}

void ImageCanvas::fit()
{
    m_scene->fit();
}

void ImageCanvas::oneToOne()
{
    m_scene->oneToOne();
}

double ImageCanvas::zoom() const
{
    return m_scene->view().scale;
}

QPointF ImageCanvas::toView(const QPointF& image) const
{
    const QVector<Pane> panes = m_scene->panes();
    return panes.isEmpty() ? image : m_scene->toView(image, panes.first());
}

QPointF ImageCanvas::toImage(const QPointF& view) const
{
    return m_scene->toImage(view);
}

const CompareSettings& ImageCanvas::compare() const
{
    return m_scene->compare();
}

void ImageCanvas::setCompare(const CompareSettings& compare)
{
    m_scene->setCompare(compare);
}

void ImageCanvas::updateBlinking()
{
    const CompareSettings& compare = m_scene->compare();
    if (compare.mode != CompareMode::Blink) {
        m_blink->stop();
        m_scene->setBlinkPhase(0);
    } else if (!m_blink->isActive() || m_blink->interval() != compare.blinkMs) {
        m_blink->start(compare.blinkMs);
    }
}

const CanvasLook& ImageCanvas::look() const
{
    return m_scene->look();
}

void ImageCanvas::setLook(const CanvasLook& look)
{
    m_scene->setLook(look);
}

Instruments ImageCanvas::instruments() const
{
    return m_glView ? m_glView->instruments().shown() : Instruments();
}

void ImageCanvas::setInstruments(Instruments instruments)
{
    if (!m_glView)
        return;
    m_glView->instruments().setShown(instruments);
    m_glView->refresh();
}

void ImageCanvas::setBoxes(const QVector<CanvasBox>& boxes)
{
    m_scene->setBoxes(boxes);
}

void ImageCanvas::setHeatMaps(const QVector<HeatMap>& maps)
{
    m_scene->setHeatMaps(maps);
}

void ImageCanvas::setProbabilities(const QVector<ClassProbability>& probabilities)
{
    m_scene->setProbabilities(probabilities);
}

void ImageCanvas::setPatch(const QImage& picture, const PlacedRect& place)
{
    m_scene->setPatchImage(picture);
    m_scene->setPatch(place);
}

const PlacedRect& ImageCanvas::patch() const
{
    return m_scene->patch();
}

void ImageCanvas::setPatchFreedom(const PlaceFreedom& freedom)
{
    m_scene->setPatchFreedom(freedom);
}

bool ImageCanvas::isDragging() const
{
    return m_controller->isDragging();
}

void ImageCanvas::setWheelNeedsCtrl(bool needsCtrl)
{
    m_controller->setWheelNeedsCtrl(needsCtrl);
}

const QVector<QRectF>& ImageCanvas::regions() const
{
    return m_scene->regions();
}

void ImageCanvas::setRegions(const QVector<QRectF>& regions)
{
    m_scene->setRegions(regions);
}

QImage ImageCanvas::mask() const
{
    return m_scene->mask() ? m_scene->mask()->image() : QImage();
}

bool ImageCanvas::setMask(const QImage& mask)
{
    if (!m_scene->mask() || !m_scene->mask()->setImage(mask))
        return false;
    m_scene->noteMask(mask.rect());
    return true;
}

CanvasTool ImageCanvas::tool() const
{
    return m_scene->tool();
}

void ImageCanvas::setTool(CanvasTool tool)
{
    m_scene->setTool(tool);
}

double ImageCanvas::brushRadius() const
{
    return m_scene->brushRadius();
}

void ImageCanvas::setBrushRadius(double imagePixels)
{
    m_scene->setBrushRadius(imagePixels);
}

QUndoStack* ImageCanvas::undoStack() const
{
    return m_scene->undoStack();
}

FrameTimes ImageCanvas::frameTimes() const
{
    return m_glView ? m_glView->frames() : FrameTimes();
}

} // namespace assay::widgets
