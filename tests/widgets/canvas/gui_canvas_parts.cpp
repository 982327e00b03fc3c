#include "sample_pictures.h"
#include "virtual_display.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/canvas_controller.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/imgui_bridge.h"

#include <QClipboard>
#include <QDir>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFramebufferObject>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <imgui.h>

#include <cmath>

using namespace assay;
using namespace assay::widgets;

namespace {

/// A context and a framebuffer without any window.
struct HiddenGl
{
    QOffscreenSurface surface;
    QOpenGLContext context;
    std::unique_ptr<QOpenGLFramebufferObject> buffer;

    explicit HiddenGl(const QSize& size)
    {
        QSurfaceFormat format;
        format.setVersion(3, 3);
        format.setProfile(QSurfaceFormat::CoreProfile);
        context.setFormat(format);
        surface.setFormat(format);
        surface.create();
        if (!context.create() || !context.makeCurrent(&surface))
            qFatal("no OpenGL 3.3");
        buffer = std::make_unique<QOpenGLFramebufferObject>(size);
        buffer->bind();
    }
};

QMouseEvent mouse(QEvent::Type type, const QPointF& at, Qt::MouseButton button = Qt::NoButton,
                  Qt::MouseButtons buttons = {}, Qt::KeyboardModifiers modifiers = {})
{
    return {type, at, at, button, buttons, modifiers};
}

/// A bridge with one text field in a window at a known place.
struct TextWindow
{
    ImguiBridge bridge;
    char text[64] = "";

    void frame(int frames = 1)
    {
        for (int i = 0; i < frames; ++i)
            bridge.frame({400, 300}, 1, [this] {
                ImGui::SetNextWindowPos(ImVec2(20, 20), ImGuiCond_Always);
                ImGui::SetNextWindowSize(ImVec2(200, 100), ImGuiCond_Always);
                ImGui::Begin("field", nullptr, ImGuiWindowFlags_NoTitleBar);
                ImGui::InputText("##text", text, sizeof text);
                ImGui::End();
            });
    }
    void click(const QPointF& at)
    {
        bridge.press(mouse(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton));
        bridge.release(mouse(QEvent::MouseButtonRelease, at, Qt::LeftButton));
        frame(4);
    }
    void type(int key, const QString& letters = {}, Qt::KeyboardModifiers modifiers = {})
    {
        bridge.key(QKeyEvent(QEvent::KeyPress, key, modifiers, letters), true);
        bridge.key(QKeyEvent(QEvent::KeyRelease, key, modifiers, letters), false);
        frame(3);
    }
};

/// A scene with a controller and no view.
struct Handled
{
    CanvasScene scene;
    CanvasController controller{scene};

    Handled()
    {
        scene.setImages({CanvasImage(test::samplePicture({200, 100}))});
        scene.setViewport({400, 200}, 1);
        scene.setView({2, {0, 0}});
    }
    void drag(const QPointF& from, const QPointF& to, Qt::KeyboardModifiers modifiers = {})
    {
        controller.press(mouse(QEvent::MouseButtonPress, from, Qt::LeftButton, Qt::LeftButton, modifiers));
        controller.move(mouse(QEvent::MouseMove, to, Qt::NoButton, Qt::LeftButton, modifiers));
        controller.release(mouse(QEvent::MouseButtonRelease, to, Qt::LeftButton, {}, modifiers));
    }
    bool key(int key, Qt::KeyboardModifiers modifiers = {})
    {
        return controller.keyPress(QKeyEvent(QEvent::KeyPress, key, modifiers));
    }
};

} // namespace

class CanvasPartsTest : public QObject
{
    Q_OBJECT
public:
    static void initMain() { assay::test::useVirtualDisplay(); }

private Q_SLOTS:
    void initTestCase() { QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots"); }
    void textFieldsTypeCopyAndPaste();
    void contextsDoNotMix();
    void glyphsAreSharpAtTwoDevicePixels();
    void quickClicksAreNotLost();
    void regionsAreDrawnSelectedAndRemoved();
    void maskBoxFillsAndEmpties();
    void panAndDivider();
    void arrowsMoveThePatch();
    void newSizesDropEdits();
    void twoCanvasesLiveSideBySide();
    void processorPaintsTheSame();
};

void CanvasPartsTest::textFieldsTypeCopyAndPaste()
{
    HiddenGl gl({400, 300});
    TextWindow window;
    window.frame(2);
    QVERIFY(window.bridge.takesMouseAt({60, 40}));
    QVERIFY(!window.bridge.takesMouseAt({300, 200}));
    QVERIFY(!window.bridge.wantsText());
    QVERIFY(!window.bridge.key(QKeyEvent(QEvent::KeyPress, Qt::Key_B, Qt::NoModifier, "b"), true));
    window.click({60, 38});
    QVERIFY(window.bridge.wantsText());
    window.type(Qt::Key_H, "H");
    window.type(Qt::Key_Adiaeresis, "ä");
    window.type(Qt::Key_X, "x");
    window.type(Qt::Key_Backspace);
    QCOMPARE(QString::fromUtf8(window.text), QString("Hä"));
    window.type(Qt::Key_A, "\x01", Qt::ControlModifier);
    window.type(Qt::Key_C, "\x03", Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("Hä"));
    QGuiApplication::clipboard()->setText("→ ε");
    window.type(Qt::Key_V, "\x16", Qt::ControlModifier);
    QCOMPARE(QString::fromUtf8(window.text), QString("→ ε"));
    window.click({300, 200}); // beside the window: the field lets go
    QVERIFY(!window.bridge.wantsText());
    window.bridge.releaseGl();
}

void CanvasPartsTest::contextsDoNotMix()
{
    HiddenGl gl({400, 300});
    TextWindow one, other;
    one.frame(2);
    other.frame(2);
    one.click({60, 38});
    other.frame();
    one.type(Qt::Key_A, "a");
    QVERIFY(one.bridge.wantsText());
    QVERIFY(!other.bridge.wantsText());
    QCOMPARE(QString(one.text), QString("a"));
    QCOMPARE(QString(other.text), QString());
    QVERIFY(ImGui::GetCurrentContext() == nullptr);
    one.bridge.releaseGl();
    other.bridge.releaseGl();
}

void CanvasPartsTest::glyphsAreSharpAtTwoDevicePixels()
{
    HiddenGl gl({800, 600});
    ImguiBridge bridge;
    QVector<double> widths;
    for (const double ratio : {1.0, 2.0}) {
        double width = 0;
        bridge.frame({400, 300}, ratio, [&width] {
            ImGui::Begin("a");
            width = ImGui::CalcTextSize("Wahrscheinlichkeit").x;
            ImGui::End();
        });
        widths.append(width);
        QCOMPARE(bridge.fonts().text->FontSize > 20, ratio > 1.5); // in device pixels
    }
    QVERIFY(widths[0] > 80);
    QVERIFY(std::abs(widths[1] / widths[0] - 1) < 0.06); // in logical pixels
    bridge.releaseGl();
}

void CanvasPartsTest::quickClicksAreNotLost()
{
    HiddenGl gl({400, 300});
    ImguiBridge bridge;
    int clicks = 0;
    const auto frame = [&] {
        bridge.frame({400, 300}, 1, [&clicks] {
            ImGui::SetNextWindowPos(ImVec2(0, 0));
            ImGui::Begin("b", nullptr, ImGuiWindowFlags_NoTitleBar);
            clicks += ImGui::Button("push", ImVec2(100, 40));
            ImGui::End();
        });
    };
    frame();
    frame();
    for (int i = 0; i < 3; ++i) {
        bridge.press(mouse(QEvent::MouseButtonPress, {50, 25}, Qt::LeftButton, Qt::LeftButton));
        bridge.release(mouse(QEvent::MouseButtonRelease, {50, 25}, Qt::LeftButton));
    }
    int frames = 0;
    for (; bridge.wantsFrame() && frames < 50; ++frames)
        frame();
    QCOMPARE(clicks, 3);
    QVERIFY(frames < 20);
    bridge.releaseGl();
}

void CanvasPartsTest::regionsAreDrawnSelectedAndRemoved()
{
    Handled h;
    QVERIFY(h.key(Qt::Key_R));
    h.drag({20, 20}, {101, 61});
    h.drag({10, 10}, {399, 199});
    QCOMPARE(h.scene.regions(), (QVector<QRectF>{QRectF(10, 10, 41, 21), QRectF(5, 5, 195, 95)}));
    QCOMPARE(h.scene.selectedRegion(), 1);
    h.drag({60, 40}, {60, 40}); // a click selects the smallest below it
    QCOMPARE(h.scene.selectedRegion(), 0);
    QVERIFY(h.key(Qt::Key_Delete));
    QCOMPARE(h.scene.regions(), QVector<QRectF>{QRectF(5, 5, 195, 95)});
    QVERIFY(h.key(Qt::Key_Z, Qt::ControlModifier));
    QCOMPARE(h.scene.regions().size(), 2);
    QCOMPARE(h.scene.undoStack()->redoText(), QString("Remove region"));
    QVERIFY(h.scene.rubberBand().isNull());
}

void CanvasPartsTest::maskBoxFillsAndEmpties()
{
    Handled h;
    QSignalSpy changed(&h.scene, &CanvasScene::maskChanged);
    h.scene.setTool(CanvasTool::MaskBox);
    h.drag({20, 20}, {60, 40});
    QCOMPARE(h.scene.mask()->count(), qint64(20 * 10));
    h.drag({20, 20}, {40, 40}, Qt::AltModifier);
    QCOMPARE(h.scene.mask()->count(), qint64(10 * 10));
    QVERIFY(!h.scene.mask()->at({10, 10}) && h.scene.mask()->at({20, 10}));
    h.controller.clearMask();
    QVERIFY(h.scene.mask()->isEmpty());
    h.scene.undoStack()->undo();
    h.scene.undoStack()->undo();
    QCOMPARE(h.scene.mask()->count(), qint64(20 * 10));
    QCOMPARE(changed.size(), 5);
}

void CanvasPartsTest::panAndDivider()
{
    Handled h;
    h.drag({100, 100}, {130, 90});
    QCOMPARE(h.scene.view().origin, QPointF(30, -10));
    h.scene.setImages(
        {CanvasImage(test::samplePicture({200, 100})), CanvasImage(test::samplePicture({200, 100}, 2))});
    QCOMPARE(h.scene.view().origin, QPointF(30, -10)); // the same size keeps the view
    h.scene.setCompare({.mode = CompareMode::Swipe});
    QCOMPARE(h.controller.cursorAt({204, 50}), Qt::SplitHCursor);
    h.drag({204, 50}, {100, 50});
    QCOMPARE(h.scene.compare().divider, 0.25);
    QCOMPARE(h.scene.view().origin, QPointF(30, -10));
    // Space pans whatever the tool is.
    h.scene.setTool(CanvasTool::Brush);
    QVERIFY(h.key(Qt::Key_Space));
    h.drag({300, 100}, {310, 100});
    QCOMPARE(h.scene.view().origin, QPointF(40, -10));
    QVERIFY(h.scene.mask()->isUntouched());
}

void CanvasPartsTest::arrowsMoveThePatch()
{
    Handled h;
    h.scene.setPatch({{50, 50}, {20, 20}, 0});
    QSignalSpy placed(&h.controller, &CanvasController::patchPlaced);
    QVERIFY(h.key(Qt::Key_Right));
    QVERIFY(h.key(Qt::Key_Up, Qt::ShiftModifier));
    QCOMPARE(h.scene.patch().centre, QPointF(51, 40));
    QCOMPARE(placed.size(), 2);
    QVERIFY(!h.key(Qt::Key_Q));
    h.scene.undoStack()->undo();
    QCOMPARE(h.scene.patch().centre, QPointF(51, 50));
}

void CanvasPartsTest::newSizesDropEdits()
{
    Handled h;
    h.scene.setTool(CanvasTool::Brush);
    h.drag({100, 100}, {150, 100});
    h.scene.setPatch({{50, 50}, {20, 20}, 0});
    QVERIFY(h.scene.undoStack()->canUndo());
    h.scene.setImages({CanvasImage(test::samplePicture({64, 64}))});
    QVERIFY(!h.scene.undoStack()->canUndo());
    QVERIFY(h.scene.patch().isEmpty());
    QCOMPARE(h.scene.mask()->size(), QSize(64, 64));
    QVERIFY(h.scene.isFitted());
    QVERIFY_EXCEPTION_THROWN(h.scene.replaceImage(0, CanvasImage(test::samplePicture({63, 64}))), Error);
    h.scene.setImages({});
    QVERIFY(h.scene.panes().isEmpty());
    h.drag({10, 10}, {20, 20});
}

void CanvasPartsTest::twoCanvasesLiveSideBySide()
{
    QWidget window;
    auto* first = new ImageCanvas(&window);
    auto* second = new ImageCanvas(&window);
    first->setGeometry(0, 0, 400, 300);
    second->setGeometry(400, 0, 400, 300);
    first->setImage(CanvasImage(test::samplePicture({200, 150})));
    second->setImage(CanvasImage(test::samplePicture({100, 150})));
    second->setTheme(Theme::dark());
    window.resize(800, 300);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QTRY_VERIFY(first->frameTimes().count() > 0 && second->frameTimes().count() > 0);
    QTest::keyClick(second->view(), Qt::Key_B);
    QCOMPARE(second->tool(), CanvasTool::Brush);
    QCOMPARE(first->tool(), CanvasTool::Move);
    window.grab().save(ASSAY_TEST_BUILD_DIR "/screenshots/canvas-two.png");
    delete first; // the other one goes on
    second->oneToOne();
    const int frames = second->frameTimes().count();
    QTRY_VERIFY(second->frameTimes().count() > frames);
}

void CanvasPartsTest::processorPaintsTheSame()
{
    ImageCanvas canvas(nullptr, ImageCanvas::Drawing::Processor);
    QVERIFY(!canvas.usesOpenGl());
    const QImage clean = test::samplePicture({300, 200});
    canvas.setImages({CanvasImage(clean, "clean"), CanvasImage(test::perturbed(clean, 8), "attacked")});
    canvas.setCompare({.mode = CompareMode::Difference, .signedDifference = true});
    canvas.setProbabilities({{"ankle boot", 0.741, "good"}, {"sneaker", 0.182, ""}});
    canvas.setPatch(test::samplePicture({32, 32}, 3), {{150, 100}, {60, 60}, 15});
    canvas.resize(760, 520);
    canvas.show();
    QVERIFY(QTest::qWaitForWindowExposed(&canvas));
    const QPointF from = canvas.toView(QPointF(150, 100));
    QTest::mousePress(canvas.view(), Qt::LeftButton, {}, from.toPoint());
    QMouseEvent move(QEvent::MouseMove, from + QPointF(40, 20),
                     canvas.view()->mapToGlobal(from + QPointF(40, 20)), Qt::NoButton, Qt::LeftButton, {});
    QCoreApplication::sendEvent(canvas.view(), &move);
    QTest::mouseRelease(canvas.view(), Qt::LeftButton, {}, (from + QPointF(40, 20)).toPoint());
    QVERIFY(canvas.patch().centre.x() > 155);
    QVERIFY(canvas.grab().save(ASSAY_TEST_BUILD_DIR "/screenshots/canvas-processor.png"));
}

QTEST_MAIN(CanvasPartsTest)
#include "gui_canvas_parts.moc"
