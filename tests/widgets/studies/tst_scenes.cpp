#include "backend/protocol/error.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/patch_dialogs.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/scene_bars.h"
#include "widgets/studies/scene_card.h"
#include "widgets/studies/scene_toolbar.h"
#include "widgets/studies/scene_view.h"

#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>
#include <QWheelEvent>

using namespace assay;
using namespace assay::widgets;

namespace {

/// 40 x 20 pixels in two variants, a patch of 2 x 2 pixels in the middle, bars, a box, a map and samples.
std::shared_ptr<protocol::Scene> sampleScene(double patchX = 20, double top = 0.75)
{
    auto scene = std::make_shared<protocol::Scene>();
    scene->name = "patch";
    scene->title = "A patch on a picture";
    scene->width = 40;
    scene->height = 20;
    for (const char* name : {"clean", "patched"}) {
        protocol::ScenePicture picture{name, 3, {}};
        picture.pixels.assign(scene->pictureBytes(3), name[0] == 'c' ? 90 : 160);
        scene->pictures.push_back(std::move(picture));
    }
    scene->bars = {{"shirt", top, "good", {}}, {"bag", 1 - top, "bad", {}}};
    scene->boxes = {{2, 2, 10, 10, "person", 0.8, {}}};
    scene->patch.name = "patch";
    scene->patch.rows = scene->patch.columns = 2;
    scene->patch.pixels = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 0};
    scene->patch.x = patchX;
    scene->patch.y = 10;
    scene->patch.width = scene->patch.height = 6;
    scene->patch.xField = "patch_x";
    scene->patch.yField = "patch_y";
    scene->patch.sizeField = "patch_size";
    scene->patch.angleField = "patch_angle";
    scene->sampleField = "sample";
    scene->samples = {3, 8, 15};
    scene->sample = 8;
    return scene;
}

protocol::Field liveReal(const std::string& name, double low, double high)
{
    protocol::Field field;
    field.name = name;
    field.low = low;
    field.high = high;
    field.live = true;
    return field;
}

std::vector<protocol::Field> liveFields()
{
    protocol::Field sample = liveReal("sample", 0, 10000);
    sample.type = protocol::FieldType::Integer;
    return {liveReal("patch_x", 0, 1), liveReal("patch_y", 0, 1), liveReal("patch_size", 0.1, 0.5),
            liveReal("patch_angle", -45, 45), sample};
}

bool same(const Json& found, const Json& expected)
{
    if (found == expected)
        return true;
    qWarning("found %s, expected %s", found.dump().c_str(), expected.dump().c_str());
    return false;
}

/// A view with a scene, shown without a screen.
struct ShownScene
{
    SceneView view;

    explicit ShownScene(const std::vector<protocol::Field>& live = liveFields(), const QString& why = {})
    {
        view.setTheme(Theme::light());
        view.resize(900, 500);
        view.setLive(live, why);
        view.setScene(sampleScene());
        view.show();
        QCoreApplication::processEvents();
    }
    ImageCanvas& canvas() { return *view.canvas(); }
    void mouse(QEvent::Type type, const QPointF& image, Qt::MouseButton button = Qt::LeftButton)
    {
        const QPointF at = canvas().toView(image);
        const bool move = type == QEvent::MouseMove;
        QMouseEvent event(type, at, canvas().view()->mapToGlobal(at), move ? Qt::NoButton : button,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : button, Qt::NoModifier);
        QCoreApplication::sendEvent(canvas().view(), &event);
    }
};

} // namespace

class TestScenes : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void placesBecomeParametersAndStayInTheirRanges()
    {
        const auto scene = sampleScene();
        const PlaceFreedom freedom = freedomOf(*scene, liveFields());
        QVERIFY(freedom.moves && freedom.scales && freedom.turns && !freedom.stretches);
        QCOMPARE(freedom.leastWidth, 2.0);
        QCOMPARE(freedom.mostWidth, 10.0);
        QCOMPARE(freedom.mostAngle, 45.0);
        const Json params = paramsOf({{10, 5}, {5, 5}, 30.04}, *scene, liveFields());
        QVERIFY(
            same(params,
                 Json({{"patch_x", 0.25}, {"patch_y", 0.25}, {"patch_size", 0.25}, {"patch_angle", 30.0}})));
        QVERIFY(same(paramsOf({{44, -2}, {30, 30}, 90}, *scene, liveFields()),
                     Json({{"patch_x", 1.0}, {"patch_y", 0.0}, {"patch_size", 0.5}, {"patch_angle", 45.0}})));
        const PlacedRect kept = limited({{60, 10}, {30, 30}, 90}, freedom);
        QCOMPARE(kept, (PlacedRect{{40, 10}, {10, 10}, 45}));
    }

    void angleFieldsMayCountFromZero()
    {
        auto live = liveFields();
        live[3] = liveReal("patch_angle", 0, 360);
        QVERIFY(same(paramsOf({{20, 10}, {6, 6}, -90}, *sampleScene(), live)["patch_angle"], Json(270.0)));
        QCOMPARE(freedomOf(*sampleScene(), live).leastAngle, -180.0);
    }

    void whatIsNoLiveFieldStays()
    {
        const std::vector<protocol::Field> live{liveReal("patch_y", 0, 1)};
        const PlaceFreedom freedom = freedomOf(*sampleScene(), live);
        QVERIFY(freedom.moves && !freedom.scales && !freedom.turns);
        QCOMPARE(limited({{5, 5}, {6, 6}, 0}, freedom).centre, QPointF(20, 5));
        QVERIFY(same(paramsOf({{5, 5}, {6, 6}, 0}, *sampleScene(), live), Json({{"patch_y", 0.25}})));
        QVERIFY(!freedomOf(*sampleScene(), {}).any());
    }

    void pixelsAreThoseOfTheScene()
    {
        const SharedScene scene = sampleScene();
        const QImage picture = pictureOf(scene, 1);
        QCOMPARE(picture.size(), QSize(40, 20));
        QCOMPARE(picture.pixel(39, 19), qRgb(160, 160, 160));
        QCOMPARE(patchOf(scene).pixelColor(1, 1), QColor(255, 255, 255, 0));
        QVERIFY(maskOf(scene).isNull());
    }

    void eachStepOfADragAsksAndOlderAnswersLeaveThePatchInTheHand()
    {
        ShownScene shown;
        QSignalSpy edited(&shown.view, &SceneView::edited);
        shown.mouse(QEvent::MouseButtonPress, {20, 10});
        shown.mouse(QEvent::MouseMove, {24, 10});
        shown.mouse(QEvent::MouseMove, {30, 10});
        QCOMPARE(edited.count(), 2);
        QVERIFY(same(edited.last().first().value<Json>()["patch_x"], Json(0.75)));
        // The answer to the first step arrives in the middle of the drag.
        shown.view.setScene(sampleScene(24, 0.5));
        QCOMPARE(shown.canvas().patch().centre, QPointF(30, 10));
        QCOMPARE(shown.view.bars()->bars()[0].value, 0.5);
        shown.view.settle(); // in the hand it stays, whatever was answered
        QCOMPARE(shown.canvas().patch().centre, QPointF(30, 10));
        shown.mouse(QEvent::MouseButtonRelease, {30, 10});
        QCOMPARE(shown.canvas().patch().centre, QPointF(30, 10));
        // The newest answer says where the study put it.
        shown.view.setScene(sampleScene(29, 0.25));
        QCOMPARE(shown.canvas().patch().centre, QPointF(30, 10));
        shown.view.settle();
        QCOMPARE(shown.canvas().patch().centre, QPointF(29, 10));
        // And from then on follows what sliders do.
        shown.view.setScene(sampleScene(12, 0.25));
        QCOMPARE(shown.canvas().patch().centre, QPointF(12, 10));
    }

    void movesAreUndoneAndAskAgain()
    {
        ShownScene shown;
        QSignalSpy edited(&shown.view, &SceneView::edited);
        QTest::keyClick(shown.canvas().view(), Qt::Key_Right, Qt::ShiftModifier);
        QVERIFY(same(edited.last().first().value<Json>()["patch_x"], Json(0.75)));
        auto* undo = shown.view.findChild<QToolButton*>("sceneUndo");
        QVERIFY(undo->isEnabled());
        undo->click();
        QVERIFY(same(edited.last().first().value<Json>()["patch_x"], Json(0.5)));
        QVERIFY(!undo->isEnabled());
        QTest::keyClick(shown.canvas().view(), Qt::Key_PageUp);
        QVERIFY(same(edited.last().first().value<Json>()["patch_size"], Json(0.315)));
        QTest::keyClick(shown.canvas().view(), Qt::Key_Period);
        QVERIFY(same(edited.last().first().value<Json>()["patch_angle"], Json(5.0)));
        QTest::keyClick(shown.canvas().view(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(same(edited.last().first().value<Json>()["patch_angle"], Json(0.0)));
    }

    void aDragThatEndsWhereItBeganAsksForThatPlace()
    {
        ShownScene shown;
        QSignalSpy edited(&shown.view, &SceneView::edited);
        shown.mouse(QEvent::MouseButtonPress, {20, 10});
        shown.mouse(QEvent::MouseMove, {30, 10});
        shown.mouse(QEvent::MouseMove, {20, 10});
        shown.mouse(QEvent::MouseButtonRelease, {20, 10});
        QCOMPARE(edited.count(), 3);
        QVERIFY(same(edited.last().first().value<Json>()["patch_x"], Json(0.5)));
        QVERIFY(!shown.canvas().undoStack()->canUndo());
    }

    void aPatchThatCannotBeMovedSaysWhy()
    {
        const QString why = "This study answers nothing after its run, so that the patch cannot be moved.";
        ShownScene shown({}, why);
        QSignalSpy edited(&shown.view, &SceneView::edited);
        QCOMPARE(shown.canvas().view()->toolTip(), why);
        shown.mouse(QEvent::MouseButtonPress, {20, 10});
        shown.mouse(QEvent::MouseMove, {30, 10});
        shown.mouse(QEvent::MouseButtonRelease, {30, 10});
        QTest::keyClick(shown.canvas().view(), Qt::Key_Right);
        QCOMPARE(shown.canvas().patch().centre, QPointF(20, 10));
        QCOMPARE(edited.count(), 0);
        auto* samples = shown.view.findChild<QComboBox*>("sceneSample");
        QVERIFY(!samples->isEnabled());
        QCOMPARE(samples->toolTip(), why);
        shown.view.setLive(liveFields(), {});
        QCOMPARE(shown.canvas().view()->toolTip(), QString());
        QVERIFY(samples->isEnabled());
    }

    void samplesAreStepped()
    {
        ShownScene shown;
        QSignalSpy edited(&shown.view, &SceneView::edited);
        auto* next = shown.view.findChild<QToolButton*>("sceneNext");
        auto* samples = shown.view.findChild<QComboBox*>("sceneSample");
        QCOMPARE(samples->currentText(), QString("Sample 8"));
        next->click();
        QVERIFY(same(edited.last().first().value<Json>(), Json({{"sample", 15}})));
        QVERIFY(!next->isEnabled());
        shown.view.setScene(sampleScene(21)); // an older answer
        QCOMPARE(samples->currentText(), QString("Sample 15"));
        shown.view.settle(); // the study kept its own
        QCOMPARE(samples->currentText(), QString("Sample 8"));
        QVERIFY(next->isEnabled());
    }

    void theToolbarSetsTheCanvas()
    {
        ShownScene shown;
        auto* compare = shown.view.findChild<QComboBox*>("sceneCompare");
        const auto choose = [&](const QString& text) {
            compare->setCurrentIndex(compare->findText(text));
            Q_EMIT compare->activated(compare->currentIndex());
        };
        QCOMPARE(shown.canvas().compare().mode, CompareMode::Single);
        choose("Swipe");
        QCOMPARE(shown.canvas().compare().mode, CompareMode::Swipe);
        choose("patched");
        QCOMPARE(shown.canvas().compare().mode, CompareMode::Single);
        QCOMPARE(shown.canvas().compare().first, 1);
        QCOMPARE(shown.view.shownPicture().pixel(0, 0), qRgb(160, 160, 160));
        shown.view.findChild<QToolButton*>("sceneOverlays")->click();
        QVERIFY(!shown.canvas().look().overlays);
        shown.view.findChild<QAction*>("filterLinear")->trigger();
        QCOMPARE(shown.canvas().look().filter, CanvasFilter::Linear);
        shown.view.findChild<QAction*>("coloursDiverging")->trigger();
        QCOMPARE(shown.canvas().look().falseColour, FalseColour::Diverging);
        shown.view.findChild<QAction*>("toolBrush")->trigger();
        QCOMPARE(shown.canvas().tool(), CanvasTool::Brush);
        shown.canvas().setTool(CanvasTool::Move);
        QVERIFY(shown.view.findChild<QAction*>("toolMove")->isChecked());
    }

    void theWheelIsThePagesWithoutCtrl()
    {
        ShownScene shown;
        const double before = shown.canvas().zoom();
        const auto wheel = [&](Qt::KeyboardModifiers modifiers) {
            const QPointF at = shown.canvas().toView({20, 10});
            QWheelEvent event(at, shown.canvas().view()->mapToGlobal(at), {}, {0, 120}, Qt::NoButton,
                              modifiers, Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(shown.canvas().view(), &event);
            return event.isAccepted();
        };
        QVERIFY(!wheel({}));
        QCOMPARE(shown.canvas().zoom(), before);
        QVERIFY(wheel(Qt::ControlModifier));
        QVERIFY(shown.canvas().zoom() > before);
    }

    void withoutOpenGlThePictureIsPaintedWithANotice()
    {
        ShownScene shown;
        QVERIFY(!shown.canvas().usesOpenGl());
        QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
        const QImage seen = shown.view.grab().toImage();
        QVERIFY(seen.save(ASSAY_TEST_BUILD_DIR "/screenshots/scene-painted.png"));
        const auto at = [&](const QPointF& image) {
            const QPoint place = shown.canvas().mapTo(&shown.view, shown.canvas().toView(image).toPoint());
            return seen.pixel(place);
        };
        QCOMPARE(at({35, 15}), qRgb(90, 90, 90));
        QCOMPARE(at({19, 9}), qRgb(255, 0, 0)); // the patch's first pixel
        // What OpenGL's floating windows offer is in the toolbar.
        for (const char* tool : {"toolMove", "toolRegion", "toolMaskBox", "toolBrush", "toolEraser"})
            QVERIFY(shown.view.findChild<QAction*>(tool));
        QVERIFY(!shown.view.findChild<QAction*>("lookProbe"));
    }

    void aPageFollowsItsRecord()
    {
        RunRecord record("run");
        record.apply(*sampleScene());
        SceneCard card("patch", nullptr);
        card.setScene(valueOf(record.scenes(), "patch"));
        card.setLive(liveFields(), {});
        card.refreshNow();
        QSignalSpy settled(&record, &RunRecord::previewSettled);
        record.expectPreview();
        QVERIFY(record.isExpectingPreview());
        record.applyPreview(*sampleScene(30, 0.1));
        card.setScene(valueOf(record.scenes(), "patch"));
        card.refreshNow();
        QCOMPARE(card.view()->canvas()->patch().centre, QPointF(30, 10));
        QCOMPARE(card.view()->bars()->bars()[0].value, 0.1);
        record.settlePreview();
        QVERIFY(!record.isExpectingPreview());
        record.endPreview();
        QCOMPARE(settled.count(), 2);
        QCOMPARE(valueOf(record.scenes(), "patch")->patch.x, 20.0);
        QVERIFY(card.view()->toolbar()->patchMenu()->actions().size() >= 3);
    }

    void aPrintHasItsPixelsAndItsResolution()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("patch.png");
        const PatchPrint print{.widthCm = 5.08, .dpi = 100};
        writePng(printImage(patchOf(sampleScene()), print, 0.5), path);
        const QImage read(path);
        QCOMPARE(read.size(), QSize(200, 100));
        QCOMPARE(read.dotsPerMeterX(), 3937);
        QCOMPARE(read.dotsPerMeterY(), 3937);
        // Each pixel of the patch is a rectangle with sharp edges.
        QCOMPARE(read.pixelColor(0, 0), QColor(255, 0, 0));
        QCOMPARE(read.pixelColor(99, 49), QColor(255, 0, 0));
        QCOMPARE(read.pixelColor(100, 49), QColor(0, 255, 0));
        QCOMPARE(read.pixelColor(99, 50), QColor(0, 0, 255));
        QCOMPARE(read.pixelColor(199, 99).alpha(), 0);
        QCOMPARE(printPixels({}, 1), QSize(2362, 2362));
    }

    void aPrintThatCannotBeWrittenSaysSo()
    {
        const QString path = QTemporaryDir().path() + "/missing/patch.png";
        try {
            writePng(printImage(patchOf(sampleScene()), {.widthCm = 1, .dpi = 36}, 1), path);
            QFAIL("written");
        } catch (const Error& error) {
            const QString said = error.what();
            QVERIFY2(said.contains(path) && said.contains("Check the folder's permissions"),
                     qPrintable(said));
        }
        QCOMPARE(
            printProblem({.widthCm = 200, .dpi = 300}, 1),
            QString("That makes 558 million pixels; at most 200 can be written. Choose a smaller width or "
                    "resolution."));
    }

    void theDialogueSaysThePixels()
    {
        PrintDialog dialog(1);
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        const auto* text = dialog.findChild<QLabel*>("printPixels");
        QVERIFY(text->text().startsWith("2,362 × 2,362 pixels"));
        dialog.findChild<QDoubleSpinBox*>("widthCm")->setValue(200);
        QVERIFY(!dialog.findChild<QPushButton*>("accept")->isEnabled());
        KeepDialog keep("bad name");
        keep.setAttribute(Qt::WA_DeleteOnClose, false);
        QVERIFY(!keep.findChild<QPushButton*>("accept")->isEnabled());
    }
};

QTEST_MAIN(TestScenes)
#include "tst_scenes.moc"
