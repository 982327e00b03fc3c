#include "sample_pictures.h"
#include "virtual_display.h"

#include "widgets/canvas/gl_view.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/software_renderer.h"

#include <QDir>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>
#include <QWheelEvent>

#include <cmath>

using namespace assay;
using namespace assay::widgets;

namespace {

/// A canvas in a window of its own, without instruments unless a test asks for them.
struct ShownCanvas
{
    ImageCanvas canvas;
    GlView* view = nullptr;

    explicit ShownCanvas(const QVector<CanvasImage>& images, const Theme& theme = Theme::dark(),
                         QSize size = {900, 640}, Instruments instruments = {})
    {
        canvas.setTheme(theme);
        canvas.setImages(images);
        canvas.setInstruments(instruments);
        canvas.resize(size);
        canvas.show();
        view = qobject_cast<GlView*>(canvas.view());
    }

    bool isReady() { return view && QTest::qWaitForWindowExposed(&canvas) && settle(); }
    /// Until all tiles are there and the instruments stand still.
    bool settle()
    {
        return QTest::qWaitFor(
            [this] {
                view->grabFramebuffer();
                return !view->isUnfinished();
            },
            10000);
    }
    QImage shot()
    {
        settle();
        return view->grabFramebuffer().convertToFormat(QImage::Format_RGB32);
    }
    QImage save(const QString& name)
    {
        const QImage image = shot();
        image.save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/%1.png").arg(name));
        return image;
    }
    void drag(const QPointF& from, const QPointF& to, Qt::KeyboardModifiers modifiers = {})
    {
        hover(from);
        QTest::mousePress(view, Qt::LeftButton, modifiers, from.toPoint());
        for (int i = 1; i <= 4; ++i) {
            const QPointF at = from + (to - from) * i / 4;
            hover(at, Qt::LeftButton, modifiers);
        }
        QTest::mouseRelease(view, Qt::LeftButton, modifiers, to.toPoint());
    }
    void hover(const QPointF& at, Qt::MouseButtons buttons = {}, Qt::KeyboardModifiers modifiers = {})
    {
        QMouseEvent move(QEvent::MouseMove, at.toPoint(), view->mapToGlobal(at.toPoint()), Qt::NoButton,
                         buttons, modifiers);
        QCoreApplication::sendEvent(view, &move);
    }
    void wheel(const QPointF& at, int notches)
    {
        QWheelEvent event(at, view->mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(view, &event);
    }
};

/// Pixels that differ by more than @p tolerance in a channel, as a share of all.
double shareOfOthers(const QImage& a, const QImage& b, int tolerance)
{
    if (a.size() != b.size())
        return 1;
    qint64 others = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            others += std::abs(qRed(p) - qRed(q)) > tolerance ||
                      std::abs(qGreen(p) - qGreen(q)) > tolerance ||
                      std::abs(qBlue(p) - qBlue(q)) > tolerance;
        }
    return double(others) / (double(a.width()) * a.height());
}

HeatMap sampleHeat()
{
    std::vector<float> values(8 * 6);
    for (int i = 0; i < 48; ++i)
        values[i] = static_cast<float>(i % 8) / 7.0F * static_cast<float>(i / 8) / 5.0F;
    return {.values = CanvasImage::fromPlanes(std::span<const float>(values), QSize(8, 6), 1)};
}

} // namespace

class ImageCanvasTest : public QObject
{
    Q_OBJECT
public:
    static void initMain() { assay::test::useVirtualDisplay(); }

private Q_SLOTS:
    void initTestCase() { QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots"); }
    void drawsAsTheProcessorDoes_data();
    void drawsAsTheProcessorDoes();
    void wheelZoomsAboutTheCursor();
    void handleScalesThePatchAndUndoPutsItBack();
    void brushPaintsWhatIsShown();
    void instrumentsTakeTheirClicks();
    void looksGood_data();
    void looksGood();
    void largeImageComesTileByTile();
};

void ImageCanvasTest::drawsAsTheProcessorDoes_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("colours");
    QTest::addColumn<int>("filter");
    QTest::addColumn<double>("scale");
    QTest::addColumn<bool>("overlays");
    const auto row = [](const char* name, CompareMode mode, FalseColour colours, CanvasFilter filter,
                        double scale, bool overlays) {
        QTest::newRow(name) << int(mode) << int(colours) << int(filter) << scale << overlays;
    };
    using enum CompareMode;
    // Scales at which no pixel centre falls on the border of two texels, which may round either way.
    row("plain", Single, FalseColour::Off, CanvasFilter::Nearest, 1, false);
    row("reduced", Single, FalseColour::Off, CanvasFilter::Nearest, 0.3, false);
    row("enlarged-nearest", Single, FalseColour::Off, CanvasFilter::Nearest, 5.3, false);
    row("enlarged-linear", Single, FalseColour::Off, CanvasFilter::Linear, 5.3, false);
    row("false-colour", Single, FalseColour::Sequential, CanvasFilter::Nearest, 2.2, false);
    row("side-by-side", SideBySide, FalseColour::Off, CanvasFilter::Nearest, 1, false);
    row("swipe", Swipe, FalseColour::Diverging, CanvasFilter::Nearest, 1, false);
    row("difference", Difference, FalseColour::Off, CanvasFilter::Nearest, 1, false);
    row("difference-mapped", Difference, FalseColour::Sequential, CanvasFilter::Linear, 2.7, false);
    row("heat-and-mask", Single, FalseColour::Off, CanvasFilter::Nearest, 1.37, true);
}

void ImageCanvasTest::drawsAsTheProcessorDoes()
{
    QFETCH(int, mode);
    QFETCH(int, colours);
    QFETCH(int, filter);
    QFETCH(double, scale);
    QFETCH(bool, overlays);
    // Two tiles in each direction, so that a seam would show.
    const QImage clean = test::samplePicture({700, 600});
    const QVector<CanvasImage> images{CanvasImage(clean), CanvasImage(test::perturbed(clean, 6))};
    ImageCanvas canvas;
    auto* scene = canvas.findChild<CanvasScene*>();
    canvas.setImages(images);
    canvas.setInstruments({});
    canvas.setCompare({.mode = CompareMode(mode), .divider = 0.4, .gain = 12});
    canvas.setLook({.filter = CanvasFilter(filter),
                    .falseColour = FalseColour(colours),
                    .grid = false,
                    .overlays = overlays});
    if (overlays) {
        canvas.setHeatMaps({sampleHeat()});
        QImage mask(clean.size(), QImage::Format_Grayscale8);
        mask.fill(0);
        for (int y = 200; y < 320; ++y)
            std::fill_n(mask.scanLine(y) + 150, 260, uchar(255));
        QVERIFY(canvas.setMask(mask));
    }
    canvas.resize(640, 480);
    canvas.show();
    QVERIFY(QTest::qWaitForWindowExposed(&canvas));
    QVERIFY(canvas.usesOpenGl());
    scene->setView({scale, QPointF(-37.13 * scale, -21.21 * scale)});
    auto* view = qobject_cast<GlView*>(canvas.view());
    QTRY_VERIFY((view->grabFramebuffer(), !view->isUnfinished()));
    const QImage shown = view->grabFramebuffer().convertToFormat(QImage::Format_RGB32);
    QImage expected = renderOnProcessor(*scene);
    // Captions and divider are QPainter's.
    const QRect part = mode == int(CompareMode::Swipe) ? QRect(270, 100, 370, 380) : QRect(0, 100, 640, 380);
    const double others = shareOfOthers(shown.copy(part), expected.copy(part), 3);
    if (others > 0.002) {
        shown.save(ASSAY_TEST_BUILD_DIR "/screenshots/canvas-differs-shown.png");
        expected.save(ASSAY_TEST_BUILD_DIR "/screenshots/canvas-differs-expected.png");
    }
    QVERIFY2(others <= 0.002, qPrintable(QString("%1 of the pixels differ").arg(others)));
    // The comparison can fail: a view moved by one pixel is another picture.
    scene->panBy({1, 0});
    QVERIFY(shareOfOthers(shown.copy(part), renderOnProcessor(*scene).copy(part), 3) > 0.02);
}

void ImageCanvasTest::wheelZoomsAboutTheCursor()
{
    ShownCanvas shown({CanvasImage(test::samplePicture({400, 300}))});
    QVERIFY(shown.isReady());
    const QPointF cursor(300, 200);
    const QPointF under = shown.canvas.toImage(cursor);
    const double before = shown.canvas.zoom();
    QSignalSpy moved(&shown.canvas, &ImageCanvas::viewChanged);
    shown.wheel(cursor, 3);
    QVERIFY(std::abs(shown.canvas.zoom() / before - std::pow(1.25, 3)) < 1e-9);
    const QPointF after = shown.canvas.toImage(cursor);
    QVERIFY((after - under).manhattanLength() < 1e-6);
    QVERIFY(!moved.isEmpty());
    QTest::keyClick(shown.view, Qt::Key_0);
    QCOMPARE(shown.canvas.zoom(), before);
}

void ImageCanvasTest::handleScalesThePatchAndUndoPutsItBack()
{
    ShownCanvas shown({CanvasImage(test::samplePicture({400, 300}))});
    QVERIFY(shown.isReady());
    const PlacedRect start{{200, 150}, {80, 60}, 30};
    shown.canvas.setPatch(test::samplePicture({32, 24}, 5), start);
    QSignalSpy dragged(&shown.canvas, &ImageCanvas::patchDragged);
    QSignalSpy placed(&shown.canvas, &ImageCanvas::patchPlaced);

    shown.drag(shown.canvas.toView(start.centre), shown.canvas.toView(QPointF(230, 160)));
    QVERIFY(dragged.size() >= 3);
    QCOMPARE(placed.size(), 1);
    QVERIFY(QLineF(shown.canvas.patch().centre, QPointF(230, 160)).length() < 1);
    QCOMPARE(shown.canvas.patch().size, start.size);

    const PlacedRect movedPatch = shown.canvas.patch();
    const QPointF corner = gripPoint(movedPatch, Grip::BottomRight, 0);
    const QPointF wanted = movedPatch.centre + (corner - movedPatch.centre) * 2;
    shown.drag(shown.canvas.toView(corner), shown.canvas.toView(wanted));
    QVERIFY(std::abs(shown.canvas.patch().size.width() - 120) < 2);
    QVERIFY(std::abs(shown.canvas.patch().size.height() - 90) < 2);
    // The opposite corner stayed.
    QVERIFY(QLineF(gripPoint(shown.canvas.patch(), Grip::TopLeft, 0), gripPoint(movedPatch, Grip::TopLeft, 0))
                .length() < 1e-6);
    shown.save("canvas-patch");

    QTest::keyClick(shown.view, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(shown.canvas.patch(), movedPatch);
    QTest::keyClick(shown.view, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(shown.canvas.patch(), start);
    QCOMPARE(placed.size(), 4);
}

void ImageCanvasTest::brushPaintsWhatIsShown()
{
    ShownCanvas shown({CanvasImage(test::samplePicture({400, 300}))});
    QVERIFY(shown.isReady());
    const QImage before = shown.shot();
    shown.canvas.setBrushRadius(12);
    QTest::keyClick(shown.view, Qt::Key_B);
    QCOMPARE(shown.canvas.tool(), CanvasTool::Brush);
    const QPointF from = shown.canvas.toView(QPointF(100, 100)), to = shown.canvas.toView(QPointF(300, 180));
    shown.drag(from, to);
    QCOMPARE(shown.canvas.mask().pixelColor(200, 140).red(), 255);
    QCOMPARE(shown.canvas.mask().pixelColor(200, 180).red(), 0);
    const QImage painted = shown.save("canvas-mask");
    const QPoint middle = shown.canvas.toView(QPointF(200, 140)).toPoint();
    QVERIFY(painted.pixel(middle) != before.pixel(middle));
    const QPoint beside = shown.canvas.toView(QPointF(200, 200)).toPoint();
    QCOMPARE(painted.pixel(beside), before.pixel(beside));
    shown.canvas.undoStack()->undo();
    QCOMPARE(shown.shot().pixel(middle), before.pixel(middle));
}

void ImageCanvasTest::instrumentsTakeTheirClicks()
{
    const QImage clean = test::samplePicture({400, 300});
    ShownCanvas shown({CanvasImage(clean, "clean"), CanvasImage(test::perturbed(clean, 8), "attacked")},
                      Theme::light(), {900, 640}, Instrument::Tools | Instrument::Probe);
    QVERIFY(shown.isReady());
    const double before = shown.canvas.zoom();
    const QRectF tools = shown.view->instruments().place(Instrument::Tools);
    QVERIFY(tools.width() > 100);
    // A click on "Region", the second of the first row, chooses it and does not reach the picture.
    const double line = QFontMetricsF(Theme::light().font()).height();
    const QPoint region = QPointF(tools.center().x(), tools.top() + 2.4 * line).toPoint();
    shown.hover(region);
    shown.settle();
    QTest::mouseClick(shown.view, Qt::LeftButton, {}, region);
    shown.settle();
    shown.save("canvas-instruments-clicked");
    QCOMPARE(shown.canvas.tool(), CanvasTool::Region);
    // The wheel over an instrument does not zoom.
    shown.wheel(region, 2);
    QCOMPARE(shown.canvas.zoom(), before);
    // A title bar drags its window; the picture stays.
    const QPointF bar(tools.left() + 60, tools.top() + 10);
    shown.drag(bar, bar + QPointF(120, 90));
    shown.settle();
    const QRectF moved = shown.view->instruments().place(Instrument::Tools);
    QVERIFY(QLineF(moved.topLeft(), tools.topLeft() + QPointF(120, 90)).length() < 3);
    QVERIFY(shown.canvas.regions().isEmpty());
}

void ImageCanvasTest::looksGood_data()
{
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("what");
    const char* names[] = {"boxes", "compare", "close", "heat"};
    for (const bool dark : {false, true})
        for (int what = 0; what < 4; ++what)
            QTest::addRow("canvas-%s-%s", names[what], dark ? "dark" : "light") << dark << what;
}

void ImageCanvasTest::looksGood()
{
    QFETCH(bool, dark);
    QFETCH(int, what);
    const QImage clean = test::samplePicture({640, 480});
    QVector<CanvasImage> images{CanvasImage(clean, "clean")};
    if (what == 1)
        images.append(CanvasImage(test::perturbed(clean, 8), "attacked"));
    ShownCanvas shown(images, dark ? Theme::dark() : Theme::light(), {1100, 720},
                      Instrument::Tools | Instrument::Probabilities | Instrument::Probe | Instrument::Frames);
    QVERIFY(shown.isReady());
    shown.canvas.setProbabilities({{"ankle boot", 0.741, "good"},
                                   {"sneaker", 0.182, ""},
                                   {"sandal", 0.053, ""},
                                   {"ε-Größe → überlang beschriftet", 0.02, "bad"}});
    if (what == 0) {
        shown.canvas.setBoxes({{QRectF(120, 90, 140, 200), "person", 0.93, ""},
                               {QRectF(330, 40, 180, 120), "patch", 0.61, "bad"}});
        shown.canvas.setRegions({QRectF(400, 300, 120, 90)});
        shown.canvas.setPatch(test::samplePicture({64, 64}, 3), {{260, 330}, {90, 90}, -20});
    } else if (what == 1) {
        shown.canvas.setCompare({.mode = CompareMode::Swipe, .divider = 0.55});
    } else if (what == 2) {
        shown.wheel({550, 360}, 17);
    } else {
        shown.canvas.setHeatMaps({sampleHeat()});
    }
    shown.hover({560, 380});
    const QImage shot = shown.save(QTest::currentDataTag());
    QCOMPARE(shot.size(), QSize(1100, 720) * shown.view->devicePixelRatio());
}

void ImageCanvasTest::largeImageComesTileByTile()
{
    QImage large(9000, 7000, QImage::Format_Grayscale8);
    for (int y = 0; y < large.height(); ++y) {
        uchar* line = large.scanLine(y);
        for (int x = 0; x < large.width(); ++x)
            line[x] = static_cast<uchar>((x / 64 + y / 64) % 2 == 0 ? 200 : x * 255 / 9000);
    }
    ShownCanvas shown({CanvasImage(large)});
    QVERIFY(shown.isReady());
    QVERIFY(shown.view->textureBytes() < 4 << 20); // the whole image in sight: its reduced copy alone
    QTest::keyClick(shown.view, Qt::Key_1);
    QVERIFY(shown.settle());
    QCOMPARE(shown.canvas.zoom(), 1.0);
    QVERIFY(shown.view->textureBytes() < 8 << 20);
    const QPointF middle = shown.canvas.toImage({450, 320});
    const QRgb expected = large.pixel(int(middle.x()), int(middle.y()));
    QCOMPARE(shown.shot().pixel(450, 320), expected);
    for (int i = 0; i < 30; ++i) {
        shown.drag({500, 300}, {480, 290});
        QTest::qWait(1);
    }
    const FrameTimes frames = shown.canvas.frameTimes();
    qInfo("9000 x 7000 panned: %d frames, median %.1f ms, 99 %%: %.1f ms", frames.count(),
          frames.quantile(0.5), frames.quantile(0.99));
}

QTEST_MAIN(ImageCanvasTest)
#include "gui_image_canvas.moc"
