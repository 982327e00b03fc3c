#include "tests/app/workbench/window_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/engine/stall_meter.h"
#include "widgets/figures/figure_view.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/study_document.h"

#include <QApplication>
#include <QProcess>
#include <QTest>

#include <benchmark/benchmark.h>

#include <chrono>

// The real window over the real engine: what its user waits for. Run it with QT_QPA_PLATFORM=offscreen, or
// under a display to include the window system.

namespace {

using namespace assay;
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point began)
{
    return std::chrono::duration<double>(Clock::now() - began).count();
}

/// Counts the paint events of a widget's whole tree.
class PaintCounter : public QObject
{
public:
    int painted = 0;
    const QWidget* of = nullptr;

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        const auto* widget = qobject_cast<QWidget*>(watched);
        if (event->type() == QEvent::Paint && widget && (!of || of == widget || of->isAncestorOf(widget)))
            ++painted;
        return QObject::eventFilter(watched, event);
    }
};

/// A process that links what the window links and leaves at once: what comes before main().
void processStart(benchmark::State& state)
{
    for (auto _ : state) {
        QProcess assay;
        assay.start(QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay"), {"--version"});
        if (!assay.waitForFinished())
            state.SkipWithError("assay --version does not end");
    }
}
BENCHMARK(processStart)->Unit(benchmark::kMillisecond)->UseRealTime();

/// From making the window to its first paint, which does not wait for the engine.
void firstPaint(benchmark::State& state)
{
    for (auto _ : state) {
        PaintCounter counter;
        qApp->installEventFilter(&counter);
        const auto began = Clock::now();
        test::WindowDriver driver;
        if (!QTest::qWaitFor([&] { return counter.painted > 0; }))
            state.SkipWithError("the window was not painted");
        state.SetIterationTime(secondsSince(began));
        qApp->removeEventFilter(&counter);
    }
}
BENCHMARK(firstPaint)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(5);

/// From making the window to a study that can be run: engine started, plugins loaded, lists there.
void engineReady(benchmark::State& state)
{
    for (auto _ : state) {
        const auto began = Clock::now();
        test::WindowDriver driver;
        if (!driver.waitForCatalogue())
            state.SkipWithError("the engine did not get ready");
        state.SetIterationTime(secondsSince(began));
    }
}
BENCHMARK(engineReady)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(3);

/// How long the event loop leaves events lying while a study runs and streams figures and galleries.
void streamingStudy(benchmark::State& state)
{
    for (auto _ : state) {
        test::WindowDriver driver;
        driver.waitForCatalogue();
        protocol::RunSpec spec;
        spec.study = "transfer.class-aware";
        spec.params = {{"attack", "fgsm"}, {"count", 1000}};
        widgets::StudyDocument* document = driver.window().tabs().addDocument(spec);
        driver.settle();
        widgets::StallMeter meter;
        meter.start();
        if (!driver.run(document))
            state.SkipWithError("the study did not finish");
        meter.stop();
        state.counters["longest_ms"] = meter.longestMs();
        state.counters["median_ms"] = meter.medianMs();
        state.counters["p99_ms"] = meter.quantileMs(0.99);
        state.counters["above_50ms"] = double(meter.countAbove(50));
    }
}
BENCHMARK(streamingStudy)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

/// From moving the eps slider of a finished run to the repainted stacked bars.
void liveEps(benchmark::State& state)
{
    test::WindowDriver driver;
    driver.waitForCatalogue();
    widgets::StudyDocument* document = driver.smallStudy();
    if (!driver.run(document))
        state.SkipWithError("the study did not finish");
    driver.settle();
    auto* live = document->findChild<widgets::LiveBar*>();
    auto* view = document->findChild<widgets::FigureView*>();
    Json values = live->values();
    bool low = false;
    for (auto _ : state) {
        values["view_eps"] = low ? 2.0 : 1.0;
        low = !low;
        PaintCounter counter;
        counter.of = view;
        bool arrived = false;
        const auto connection = QObject::connect(document->record(), &widgets::RunRecord::figureChanged, view,
                                                 [&](const QString& name) {
                                                     arrived = arrived || name == QLatin1String("outcomes");
                                                     counter.painted = 0;
                                                 });
        qApp->installEventFilter(&counter);
        const auto began = Clock::now();
        live->propose(values);
        if (!QTest::qWaitFor([&] { return arrived && counter.painted > 0; }, 5000))
            state.SkipWithError("the figure was not repainted");
        state.SetIterationTime(secondsSince(began));
        qApp->removeEventFilter(&counter);
        QObject::disconnect(connection);
        driver.settle(150); // a preview of its own each: none may supersede the one before
    }
}
BENCHMARK(liveEps)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(20);

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
