#include "window_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/command_palette.h"
#include "app/workbench/shell/document_tabs.h"
#include "widgets/engine/run_record.h"
#include "widgets/figures/figure_view.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/study_document.h"

#include <QDockWidget>
#include <QScrollBar>
#include <QSet>
#include <QTest>

using namespace assay;
using namespace assay::test;
using workbench::ThemeKeeper;

/// The window at work in both appearances and three sizes, for the README and for looking at. Each picture
/// must show something: a window of one colour fails.
class GuiScreenshots : public QObject
{
    Q_OBJECT

    static int colours(const QImage& image)
    {
        QSet<QRgb> seen;
        for (int y = 0; y < image.height(); y += 7) {
            for (int x = 0; x < image.width(); x += 7)
                seen.insert(image.pixel(x, y));
        }
        return int(seen.size());
    }

    /// What keeps a window from being narrower, for the message of a failure.
    static QString widestParts(const QWidget& window)
    {
        QString parts;
        for (const QWidget* widget : window.findChildren<QWidget*>()) {
            const int least = std::max(widget->minimumSizeHint().width(), widget->minimumWidth());
            if (widget->isVisible() && least > 300)
                parts +=
                    QStringLiteral("%1 %2 %3; ")
                        .arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName())
                        .arg(least);
        }
        return parts;
    }

    static void selectSomething(WindowDriver& driver, const widgets::StudyDocument* document)
    {
        // The last layer that has samples: its marks are outcomes of one kind.
        for (const auto& named : document->record()->figures()) {
            for (const auto& layer : named.value->layers) {
                if (layer.samples.marks() < 2 || layer.role != "different")
                    continue;
                QVector<qint64> ids;
                for (std::size_t mark = 0; mark < layer.samples.marks() && ids.isEmpty(); ++mark) {
                    for (const auto id : layer.samples.of(mark))
                        ids << id;
                }
                driver.window().selection().set(ids, nullptr, QStringLiteral("different mistakes"));
                return;
            }
        }
    }

private Q_SLOTS:
    void theWindowAtWork()
    {
        WindowDriver driver({1600, 1000});
        driver.settle(50);
        driver.screenshot("01-starting");
        QVERIFY(driver.waitForCatalogue());
        driver.settle();
        QVERIFY(colours(driver.screenshot("02-first-start")) > 20);

        auto& tabs = driver.window().tabs();
        tabs.setCurrentIndex(0);
        driver.settle();
        QVERIFY(colours(driver.screenshot("03-catalogue")) > 20);

        protocol::RunSpec spec;
        spec.study = "transfer.class-aware";
        spec.title = "Same mistake? A first look";
        spec.params = {
            {"targets", {"fashion-cnn-early", "fashion-cnn-reorder", "fashion-cnn-reinit", "fashion-mlp"}},
            {"count", 400},
            {"attack", "fgsm"},
            {"eps", {0.5, 1, 1.5, 2, 2.5, 3}},
            {"distance_count", 60}};
        widgets::StudyDocument* document = tabs.addDocument(spec);
        document->run();
        QVERIFY(QTest::qWaitFor([&] { return document->record() && !document->record()->figures().empty(); },
                                120000));
        driver.settle(200);
        driver.screenshot("04-running");
        QVERIFY(QTest::qWaitFor([&] { return document->record()->state() == protocol::RunState::Finished; },
                                180000));
        driver.settle(800);
        QVERIFY(colours(driver.screenshot("05-results-light")) > 50);

        selectSomething(driver, document);
        driver.find<QDockWidget>("inspectorDock")->show();
        driver.settle(600);
        driver.screenshot("06-selection-light");

        auto* page = document->findChild<widgets::ResultsView*>();
        for (int part = 1; part <= 4; ++part) {
            page->verticalScrollBar()->setValue(page->verticalScrollBar()->maximum() * part / 4);
            driver.settle(500);
            driver.screenshot(QStringLiteral("07-page-%1").arg(part));
        }
        page->verticalScrollBar()->setValue(0);
        driver.window().themes().choose(ThemeKeeper::Choice::Dark);
        driver.settle(600);
        QVERIFY(colours(driver.screenshot("08-results-dark")) > 50);
        driver.find<QDockWidget>("jobsDock")->show();
        driver.window().actions().find("view.palette")->trigger();
        driver.settle(500);
        driver.screenshot("09-palette-dark");
        driver.find<QWidget>("commandPalette")->hide();
        driver.find<QDockWidget>("jobsDock")->hide();
        driver.find<QDockWidget>("inspectorDock")->hide();

        driver.window().themes().choose(ThemeKeeper::Choice::Light);
        // The library gives way, and with the next layout there is room to be this small.
        const auto small = [&] {
            driver.window().resize(1000, 650);
            return driver.window().size() == QSize(1000, 650);
        };
        QVERIFY2(QTest::qWaitFor(small), qPrintable(widestParts(driver.window())));
        driver.settle(600);
        QCOMPARE(driver.window().size(), QSize(1000, 650));
        QVERIFY(colours(driver.screenshot("10-small-light")) > 50);
        tabs.setCurrentIndex(1);
        driver.settle(400);
        driver.screenshot("11-small-first");
        tabs.setCurrentWidget(document);
        driver.window().resize(2200, 1400);
        driver.settle(800);
        QVERIFY(colours(driver.screenshot("12-large-light")) > 50);
    }
};

QTEST_MAIN(GuiScreenshots)
#include "gui_screenshots.moc"
