#include "page_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/notice_bar.h"
#include "tests/widgets/canvas/virtual_display.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/patch_dialogs.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/scene_bars.h"
#include "widgets/studies/scene_card.h"
#include "widgets/studies/scene_toolbar.h"
#include "widgets/studies/scene_view.h"
#include "widgets/studies/study_document.h"

#include <QAction>
#include <QDir>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScreen>
#include <QScrollBar>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <qtestspontaneevent.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::test;
using widgets::ImageCanvas;
using widgets::ResultCard;
using widgets::SceneCard;
using workbench::ThemeKeeper;

/// A patch held in the hand: the real window with OpenGL over the real engine. A small patch is trained, the
/// patch is dragged over the picture and the model answers every step; then it is printed and kept.
class GuiPatches : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<PageDriver> m_page;

    SceneCard* card() const
    {
        const auto& scenes = m_page->document()->record()->scenes();
        if (scenes.empty())
            return nullptr;
        return static_cast<SceneCard*>(
            m_page->results()->card(ResultCard::Kind::Scene, QString::fromStdString(scenes.front().name)));
    }
    ImageCanvas* canvas() const { return card()->view()->canvas(); }
    std::vector<protocol::SceneBar> bars() const { return card()->view()->bars()->bars(); }
    bool isSettled() const
    {
        return !m_page->document()->record()->isExpectingPreview() &&
               card()->scene() == card()->view()->scene();
    }
    void mouse(QEvent::Type type, const QPointF& image)
    {
        QWidget* view = canvas()->view();
        const QPointF at = canvas()->toView(image);
        const bool move = type == QEvent::MouseMove;
        QMouseEvent event(type, at, view->mapToGlobal(at), move ? Qt::NoButton : Qt::LeftButton,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(view, &event);
    }
    QAction* patchAction(const char* name) const
    {
        return card()->view()->toolbar()->patchMenu()->findChild<QAction*>(name);
    }
    /// What the display shows: a grab of the window would leave out what a painter draws over OpenGL.
    void saveScreen(const QString& name)
    {
        m_driver->settle(300);
        const QPixmap shown = m_driver->window().screen()->grabWindow(m_driver->window().winId());
        QVERIFY(shown.save(ASSAY_TEST_BUILD_DIR "/screenshots/" + name + ".png"));
    }
    bool resized(QSize size)
    {
        return QTest::qWaitFor([&] {
            m_driver->window().resize(size);
            return m_driver->window().size() == size;
        });
    }

public:
    static void initMain() { useVirtualDisplay(); }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        QVERIFY(m_driver->waitForCatalogue());
        protocol::RunSpec spec{.study = "patches.attack", .device = "cpu"};
        spec.params = {
            {"models", {"fashion-cnn"}}, {"train_count", 100},     {"count", 40}, {"steps", 40},
            {"sizes", {0.35, 0.45}},     {"angles", {-30, 0, 30}}, {"grid", 3},   {"map_count", 10}};
        m_page = std::make_unique<PageDriver>(*m_driver, m_driver->window().tabs().addDocument(spec));
        QVERIFY(m_page->run());
        QTRY_VERIFY(card());
        m_page->results()->ensureWidgetVisible(card());
        QTRY_VERIFY(card()->view());
        QVERIFY(canvas()->usesOpenGl());
        QTRY_VERIFY(!canvas()->frameTimes().values().isEmpty());
    }

    void theModelAnswersWhileThePatchIsDragged()
    {
        QTRY_VERIFY(isSettled());
        const auto before = bars();
        QVERIFY(before.size() > 1);
        const QSizeF size = canvas()->imageSize();
        const QPointF from = canvas()->patch().centre, to(size.width() * 0.25, size.height() * 0.7);
        mouse(QEvent::MouseButtonPress, from);
        QList<double> waits;
        constexpr int kSteps = 24;
        for (int i = 1; i <= kSteps; ++i) {
            const auto shown = bars();
            const protocol::Scene* old = card()->view()->scene().get();
            QElapsedTimer since;
            since.start();
            const QPointF at = from + (to - from) * i / kSteps;
            mouse(QEvent::MouseMove, at);
            QCOMPARE(canvas()->patch().centre, at);
            QTRY_VERIFY_WITH_TIMEOUT(card()->view()->scene().get() != old, 20000);
            waits << double(since.nsecsElapsed()) / 1e6;
            QCOMPARE(canvas()->patch().centre, at); // and the answer left it in the hand
        }
        mouse(QEvent::MouseButtonRelease, to);
        QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 20000);
        std::ranges::sort(waits);
        qInfo("from the mouse to the bars: median %.1f ms, longest %.1f ms", waits[kSteps / 2], waits.last());
        QVERIFY(bars() != before);
        const Json values = m_page->live()->values();
        QVERIFY(std::abs(values["patch_x"].get<double>() - 0.25) < 1e-3);
        QVERIFY(std::abs(values["patch_y"].get<double>() - 0.7) < 1e-3);
        QVERIFY(std::abs(card()->scene()->patch.x - to.x()) < 0.5);
        saveScreen("patches-dragged");
    }

    void itIsScaledTurnedAndUndone()
    {
        const auto before = bars();
        const widgets::PlacedRect placed = canvas()->patch();
        canvas()->view()->setFocus();
        QTest::keyClick(canvas()->view(), Qt::Key_PageUp);
        QTest::keyClick(canvas()->view(), Qt::Key_Period, Qt::NoModifier);
        QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 20000);
        QVERIFY(std::abs(canvas()->patch().size.width() - placed.size.width() * 1.05) < 0.5);
        QCOMPARE(m_page->live()->values()["patch_angle"].get<double>(), 5.0);
        // Ctrl+Z is the picture's while it has the focus, although the window has a shortcut of that name.
        QTest::keyClick(canvas()->view(), Qt::Key_Z, Qt::ControlModifier);
        QTest::keyClick(canvas()->view(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(isSettled() && bars() == before, 20000);
        QCOMPARE(m_page->live()->values()["patch_angle"].get<double>(), 0.0);
    }

    void theWheelScrollsThePageUnlessCtrlIsHeld()
    {
        QScrollBar* scroll = m_page->results()->verticalScrollBar();
        scroll->setValue(card()->mapTo(m_page->results()->widget(), QPoint()).y());
        m_driver->settle(100);
        const int before = scroll->value();
        const double zoom = canvas()->zoom();
        // As the display sends it: only spontaneous events go on to the widgets around.
        const auto wheel = [&](Qt::KeyboardModifiers modifiers) {
            QWidget* view = canvas()->view();
            const QPointF at(view->width() / 2.0, 20);
            QWheelEvent event(at, view->mapToGlobal(at), {}, {0, -120}, Qt::NoButton, modifiers,
                              Qt::NoScrollPhase, false);
            QSpontaneKeyEvent::setSpontaneous(&event);
            qApp->notify(view, &event);
        };
        wheel({});
        QVERIFY(scroll->value() > before);
        QCOMPARE(canvas()->zoom(), zoom);
        const int scrolled = scroll->value();
        wheel(Qt::ControlModifier);
        QCOMPARE(scroll->value(), scrolled);
        QVERIFY(canvas()->zoom() != zoom);
        canvas()->fit();
    }

    void itIsPrintedAndKept()
    {
        m_driver->dialogs().path = m_driver->folder() + "/print.png";
        patchAction("printPatch")->trigger();
        auto* print = m_page->document()->findChild<widgets::PrintDialog*>();
        QVERIFY(print);
        QTRY_VERIFY(print->isVisible());
        print->grab().save(ASSAY_TEST_BUILD_DIR "/screenshots/patches-print-dialog.png");
        print->accept();
        const QImage written(m_driver->dialogs().path);
        QCOMPARE(written.width(), 2362);
        QCOMPARE(written.dotsPerMeterX(), 11811);

        patchAction("keepPatch")->trigger();
        auto* keep = m_page->document()->findChild<widgets::KeepDialog*>();
        QVERIFY(keep);
        keep->findChild<QLineEdit*>("patchName")->setText("from-the-window");
        QString said;
        const auto connection = connect(m_page->document(), &widgets::StudyDocument::noticed, this,
                                        [&](const QString&, const QString& sentence) { said = sentence; });
        keep->accept();
        QTRY_VERIFY_WITH_TIMEOUT(!said.isEmpty(), 20000);
        disconnect(connection);
        QCOMPARE(said, QString("The patch is kept in the workspace as “from-the-window”."));
    }

    void backToTheRunsValuesPutsThePatchBack()
    {
        m_page->live()->findChild<QPushButton*>("liveReset")->click();
        QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 20000);
        const QSizeF size = canvas()->imageSize();
        QTRY_VERIFY(std::abs(canvas()->patch().centre.x() - size.width() / 2) < 0.5);
        QVERIFY(std::abs(canvas()->patch().centre.y() - size.height() / 2) < 0.5);
    }

    /// In both appearances, and in a small and a large window.
    void picturesAreTaken()
    {
        for (const bool dark : {false, true}) {
            m_driver->window().themes().choose(dark ? ThemeKeeper::Choice::Dark : ThemeKeeper::Choice::Light);
            for (const QSize size : {QSize(1024, 700), QSize(1400, 900), QSize(1920, 1200)}) {
                QVERIFY(resized(size));
                m_driver->settle(200);
                m_page->results()->verticalScrollBar()->setValue(
                    card()->mapTo(m_page->results()->widget(), QPoint()).y() - 8);
                m_driver->settle(600);
                saveScreen(QStringLiteral("patches-%1-%2").arg(dark ? "dark" : "light").arg(size.width()));
            }
        }
    }

    void cleanupTestCase()
    {
        m_page.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiPatches)
#include "gui_patches.moc"
