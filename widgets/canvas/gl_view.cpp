#include "widgets/canvas/gl_view.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/gl_renderer.h"

#include <QInputMethodEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QPainter>

namespace assay::widgets {

namespace {

QSurfaceFormat canvasFormat()
{
    QSurfaceFormat format = QSurfaceFormat::defaultFormat();
    format.setRenderableType(QSurfaceFormat::OpenGL);
    format.setVersion(3, 3);
    format.setProfile(QSurfaceFormat::CoreProfile);
    return format;
}

bool makesContext()
{
    QOpenGLContext context;
    context.setFormat(canvasFormat());
    if (!context.create() || context.isOpenGLES() || context.format().version() < std::pair(3, 3))
        return false;
    QOffscreenSurface surface;
    surface.setFormat(context.format());
    surface.create();
    if (!surface.isValid() || !context.makeCurrent(&surface))
        return false;
    context.doneCurrent();
    return true;
}

} // namespace

bool GlView::isPossible()
{
    static const bool possible = makesContext();
    return possible;
}

GlView::GlView(CanvasScene& scene, CanvasController& controller, QWidget* parent)
    : QOpenGLWidget(parent)
    , m_scene(scene)
    , m_controller(controller)
    , m_panel(scene, controller, m_bridge)
{
    setFormat(canvasFormat());
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_InputMethodEnabled);
    connect(&scene, &CanvasScene::changed, this, &GlView::refresh);
    connect(this, &QOpenGLWidget::frameSwapped, this, [this] {
        if (m_frameTimer.isValid())
            m_frames.add(static_cast<double>(m_frameTimer.nsecsElapsed()) / 1e6);
        m_frameTimer.invalidate();
        if (isUnfinished())
            update();
    });
    m_bridge.setTheme(scene.theme());
}

GlView::~GlView()
{
    releaseGl();
}

void GlView::releaseGl()
{
    if (!m_renderer)
        return;
    makeCurrent();
    m_bridge.releaseGl();
    m_renderer.reset();
    doneCurrent();
}

void GlView::refresh()
{
    m_bridge.settle();
    update();
}

void GlView::applyTheme()
{
    m_bridge.setTheme(m_scene.theme());
    update();
}

bool GlView::isUnfinished() const
{
    return m_bridge.wantsFrame() || (m_renderer && m_renderer->tiles().isWaiting());
}

qint64 GlView::textureBytes() const
{
    return m_renderer ? m_renderer->tiles().bytes() : 0;
}

void GlView::initializeGL()
{
    // The context goes when the widget moves to another window, and with it all textures.
    connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, &GlView::releaseGl, Qt::UniqueConnection);
    try {
        m_renderer = std::make_unique<GlRenderer>();
    } catch (const Error& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
}

void GlView::paintGL()
{
    if (!m_renderer)
        return;
    m_frameTimer.start();
    m_scene.setViewport(size(), devicePixelRatioF());
    const QSize device = (QSizeF(size()) * devicePixelRatioF()).toSize();
    m_renderer->draw(m_scene, device);
    {
        QPainter painter(this);
        m_overlay.paint(painter, m_scene);
    }
    m_bridge.frame(size(), devicePixelRatioF(), [this] { m_panel.build(m_frames, textureBytes()); });
}

bool GlView::event(QEvent* event)
{
    // While a field of an instrument has the keyboard, the window's shortcuts must not take its letters.
    if (event->type() == QEvent::ShortcutOverride &&
        (m_bridge.wantsText() || m_controller.overridesShortcut(*static_cast<QKeyEvent*>(event)))) {
        event->accept();
        return true;
    }
    if (event->type() == QEvent::NativeGesture) {
        const auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() == Qt::ZoomNativeGesture) {
            m_scene.zoomAbout(gesture->position(), 1 + gesture->value());
            return true;
        }
    }
    return QOpenGLWidget::event(event);
}

void GlView::updateCursor(const QPointF& point)
{
    const bool instrument = !m_controller.isDragging() && m_bridge.takesMouseAt(point);
    const Qt::CursorShape shape = instrument ? m_bridge.cursor() : m_controller.cursorAt(point);
    if (cursor().shape() != shape)
        setCursor(shape);
}

void GlView::mousePressEvent(QMouseEvent* event)
{
    if (!m_bridge.press(*event))
        m_controller.press(*event);
    updateCursor(event->position());
    update();
}

void GlView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_controller.isDragging())
        m_controller.move(*event);
    else if (m_bridge.move(*event))
        m_controller.leave();
    else
        m_controller.move(*event);
    updateCursor(event->position());
    update();
}

void GlView::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_bridge.release(*event))
        m_controller.release(*event);
    updateCursor(event->position());
    update();
}

void GlView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (m_bridge.press(*event)) {
        update();
        return;
    }
    m_controller.press(*event);
    m_controller.doubleClick(*event);
}

void GlView::wheelEvent(QWheelEvent* event)
{
    if (!m_controller.takesWheel(*event)) {
        event->ignore();
        return;
    }
    if (!m_bridge.wheel(*event))
        m_controller.wheel(*event);
    event->accept();
    update();
}

void GlView::keyPressEvent(QKeyEvent* event)
{
    const bool taken = m_bridge.key(*event, true) || m_controller.keyPress(*event);
    event->setAccepted(taken);
    if (taken)
        update();
}

void GlView::keyReleaseEvent(QKeyEvent* event)
{
    m_bridge.key(*event, false);
    event->setAccepted(m_controller.keyRelease(*event) || m_bridge.wantsText());
    update();
}

void GlView::inputMethodEvent(QInputMethodEvent* event)
{
    if (m_bridge.wantsText() && !event->commitString().isEmpty())
        m_bridge.inputText(event->commitString());
    event->accept();
    update();
}

void GlView::leaveEvent(QEvent*)
{
    m_bridge.leave();
    m_controller.leave();
    update();
}

void GlView::focusOutEvent(QFocusEvent* event)
{
    m_bridge.loseFocus();
    m_controller.loseFocus();
    QOpenGLWidget::focusOutEvent(event);
}

bool GlView::focusNextPrevChild(bool next)
{
    return !m_bridge.wantsText() && QOpenGLWidget::focusNextPrevChild(next);
}

} // namespace assay::widgets
