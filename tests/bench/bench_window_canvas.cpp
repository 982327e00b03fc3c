// What a frame of the image canvas costs, from the mouse to the picture on the screen, on a virtual display
// with Mesa's software renderer: panning an image of 16,384 x 16,384 pixels, and dragging a patch whose every
// step is answered with another picture, boxes and bars. The variants tell what the cost is made of.

#include "tests/widgets/canvas/virtual_display.h"
#include "widgets/canvas/gl_view.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/studies/scene_view.h"

#include <benchmark/benchmark.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QMouseEvent>
#include <QTest>

#include <algorithm>
#include <vector>

using namespace assay;
using namespace assay::widgets;

namespace {

/// Sends a move and waits until the frame that it asked for was shown; milliseconds.
double shownAfter(ImageCanvas& canvas, const QPointF& at, Qt::MouseButtons buttons,
                  const std::function<void()>& answer = {})
{
    bool shown = false;
    auto* view = static_cast<GlView*>(canvas.view());
    const auto connection = QObject::connect(view, &QOpenGLWidget::frameSwapped, view, [&] { shown = true; });
    QElapsedTimer clock;
    clock.start();
    QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, buttons, Qt::NoModifier);
    QCoreApplication::sendEvent(view, &move);
    if (answer)
        answer();
    while (!shown)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QObject::disconnect(connection);
    return double(clock.nsecsElapsed()) / 1e6;
}

void press(ImageCanvas& canvas, QEvent::Type type, const QPointF& at)
{
    QMouseEvent event(type, at, canvas.view()->mapToGlobal(at), Qt::LeftButton,
                      type == QEvent::MouseButtonPress ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(canvas.view(), &event);
}

void report(benchmark::State& state, std::vector<double> times)
{
    std::ranges::sort(times);
    state.counters["median_ms"] = times[times.size() / 2];
    state.counters["p99_ms"] = times[times.size() * 99 / 100];
    state.counters["longest_ms"] = times.back();
}

QImage largeImage()
{
    constexpr int kSide = 16384;
    QImage image(kSide, kSide, QImage::Format_Grayscale8);
    for (int y = 0; y < kSide; ++y) {
        uchar* line = image.scanLine(y);
        for (int x = 0; x < kSide; ++x)
            line[x] = static_cast<uchar>((x ^ y) + (x * y >> 12));
    }
    return image;
}

bool settleFrames(ImageCanvas& canvas)
{
    return QTest::qWaitFor([&] { return !static_cast<GlView*>(canvas.view())->isUnfinished(); }, 20000);
}

/// @p range(0): view width; (1): 0 without instruments, 1 with.
void panLarge(benchmark::State& state)
{
    static const CanvasImage image{largeImage()};
    ImageCanvas canvas;
    const int width = int(state.range(0));
    canvas.resize(width, width * 5 / 8);
    canvas.setImage(image);
    canvas.setInstruments(state.range(1) ? Instruments(Instrument::Tools | Instrument::Probe)
                                         : Instruments());
    canvas.show();
    if (!QTest::qWaitForWindowExposed(&canvas) || !canvas.usesOpenGl())
        state.SkipWithError("no OpenGL");
    QTest::qWait(3000); // the reduced copies are made in a worker
    canvas.oneToOne();
    if (!settleFrames(canvas))
        state.SkipWithError("the canvas does not stand still");
    std::vector<double> times;
    QPointF at(width / 2.0, 100);
    press(canvas, QEvent::MouseButtonPress, at);
    int step = 0;
    for (auto _ : state) {
        at += (step++ / 40) % 2 == 0 ? QPointF(-17, -6) : QPointF(17, -6);
        times.push_back(shownAfter(canvas, at, Qt::LeftButton));
        state.SetIterationTime(times.back() / 1e3);
    }
    press(canvas, QEvent::MouseButtonRelease, at);
    report(state, std::move(times));
}
BENCHMARK(panLarge)
    ->Args({960, 0})
    ->Args({960, 1})
    ->Args({1600, 0})
    ->Args({1600, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(400);

SharedScene sceneAt(int side, int step)
{
    auto scene = std::make_shared<protocol::Scene>();
    scene->name = "scene";
    scene->width = scene->height = std::uint32_t(side);
    for (int k = 0; k < 2; ++k) {
        protocol::ScenePicture picture{k == 0 ? "clean" : "patched", 3, {}};
        picture.pixels.assign(scene->pictureBytes(3), std::uint8_t(k == 0 ? 90 : 60 + step % 100));
        scene->pictures.push_back(std::move(picture));
    }
    for (int i = 0; i < 10; ++i)
        scene->bars.push_back({"class " + std::to_string(i), ((step + i * 7) % 97) / 97.0, {}, {}});
    for (int i = 0; i < 8; ++i)
        scene->boxes.push_back({double(side) * i / 9,
                                double((step * 3 + i * 11) % (side / 2)),
                                side / 8.0,
                                side / 4.0,
                                "person",
                                0.5,
                                {}});
    scene->patch.name = "patch";
    scene->patch.rows = scene->patch.columns = 64;
    scene->patch.pixels.assign(std::size_t(64) * 64 * 4, 200);
    scene->patch.x = scene->patch.y = side / 2.0;
    scene->patch.width = scene->patch.height = side / 4.0;
    scene->patch.xField = "patch_x";
    scene->patch.yField = "patch_y";
    return scene;
}

/// @p range(0): side of the picture; (1): 0 nothing is answered, 1 each step is.
void dragPatch(benchmark::State& state)
{
    const int side = int(state.range(0));
    const bool answers = state.range(1) != 0;
    std::vector<SharedScene> scenes;
    for (int i = 0; i < 16; ++i)
        scenes.push_back(sceneAt(side, i));
    SceneView view;
    protocol::Field x, y;
    x.name = "patch_x";
    y.name = "patch_y";
    x.live = y.live = true;
    view.setLive({x, y}, {});
    view.resize(1100, 700);
    view.setScene(scenes[0]);
    view.canvas()->setCompare({.mode = CompareMode::SideBySide});
    view.show();
    if (!QTest::qWaitForWindowExposed(&view) || !view.canvas()->usesOpenGl())
        state.SkipWithError("no OpenGL");
    if (!settleFrames(*view.canvas()))
        state.SkipWithError("the canvas does not stand still");
    std::vector<double> times;
    const QPointF middle = view.canvas()->toView({side / 2.0, side / 2.0});
    press(*view.canvas(), QEvent::MouseButtonPress, middle);
    int step = 0;
    for (auto _ : state) {
        const QPointF at = middle + QPointF((step * 5) % 120 - 60, (step * 3) % 80 - 40);
        ++step;
        const auto answer = [&] {
            if (answers)
                view.setScene(scenes[std::size_t(step) % scenes.size()]);
        };
        times.push_back(shownAfter(*view.canvas(), at, Qt::LeftButton, answer));
        state.SetIterationTime(times.back() / 1e3);
    }
    press(*view.canvas(), QEvent::MouseButtonRelease, middle);
    report(state, std::move(times));
}
BENCHMARK(dragPatch)
    ->Args({224, 0})
    ->Args({224, 1})
    ->Args({640, 0})
    ->Args({640, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(300);

} // namespace

int main(int argc, char** argv)
{
    test::useVirtualDisplay();
    QApplication app(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
