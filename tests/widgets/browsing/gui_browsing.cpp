#include "fake_library.h"

#include "widgets/browsing/data_browser.h"
#include "widgets/browsing/model_inspector.h"
#include "widgets/browsing/predictions_view.h"
#include "widgets/browsing/sample_panel.h"
#include "widgets/browsing/sample_tiles.h"
#include "widgets/browsing/zoom_view.h"
#include "widgets/engine/stall_meter.h"
#include "widgets/figures/figure_view.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QRadioButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QTreeView>
#include <QWheelEvent>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

/// The data set browser and the model inspector over a library made up by the test: 100,000 images, keyboard,
/// filters, what the engine refuses, light and dark.
class GuiBrowsing : public QObject
{
    Q_OBJECT
    std::unique_ptr<FakeLibrary> m_library;
    std::unique_ptr<Selection> m_selection;
    std::unique_ptr<BrowsingPage> m_page;

    template <class T>
    T* find(const char* name) const
    {
        T* widget = m_page->findChild<T*>(QString::fromLatin1(name));
        if (!widget)
            qFatal("no widget %s", name);
        return widget;
    }
    SampleTiles& tiles() const { return *find<SampleTiles>("sampleTiles"); }
    QString said() const { return find<QLabel>("browsingMessage")->text(); }
    QString shownText() const { return find<QLabel>("samplesShown")->text(); }
    /// "300 of 1,200 images", as this machine writes numbers.
    static QString images(qint64 count) { return QLocale().toString(count) + " images"; }
    static QString images(qint64 shown, qint64 count)
    {
        return QLocale().toString(shown) + " of " + images(count);
    }
    qint64 panelId() const { return find<SamplePanel>("samplePanel")->shownId(); }

    void show(std::unique_ptr<BrowsingPage> page, const Theme& theme, QSize size)
    {
        theme.apply();
        m_page = std::move(page);
        m_page->setTheme(theme);
        m_page->setEngineProblem({});
        m_page->resize(size);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    }
    void browse(qint64 count, const Theme& theme = Theme::light(), QSize size = {1200, 800},
                const QString& name = "shapes")
    {
        m_page.reset();
        m_library = std::make_unique<FakeLibrary>(count);
        m_selection = std::make_unique<Selection>();
        show(std::make_unique<DataBrowser>(m_library->port(), *m_selection, name, nullptr), theme, size);
    }
    void open(qint64 count, const Theme& theme = Theme::light(), QSize size = {1200, 800})
    {
        browse(count, theme, size);
        QSignalSpy filtered(m_page.get(), SIGNAL(filterApplied()));
        m_page->setCatalogue(m_library->catalogue());
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 1, 20000);
    }
    void inspect(const Theme& theme = Theme::light(), QSize size = {1100, 800},
                 const QString& name = "shapes-cnn")
    {
        m_page.reset();
        m_library = std::make_unique<FakeLibrary>();
        show(std::make_unique<ModelInspector>(m_library->port(), name, nullptr), theme, size);
        m_page->setCatalogue(m_library->catalogue());
    }
    void settle(int ms = 150) { QTest::qWait(ms); }
    QImage picture(const QString& name)
    {
        settle(300);
        QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
        const QImage image = m_page->grab().toImage();
        image.save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/") + name + ".png");
        return image;
    }
    void checkNames() const
    {
        for (const QWidget* widget : m_page->findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->focusProxy())
                continue;
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            const bool inside = widget->objectName().startsWith("qt_") || widget->inherits("QTabBar") ||
                                widget->inherits("QHeaderView");
            QVERIFY2(
                inside || !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()) ||
                    qobject_cast<const QLabel*>(widget),
                qPrintable(QString("%1 %2").arg(widget->metaObject()->className(), widget->objectName())));
        }
    }

private Q_SLOTS:
    void cleanup()
    {
        m_page.reset();
        m_selection.reset();
        m_library.reset();
    }

    void aHundredThousandImagesWithoutAStall()
    {
        open(100000);
        QCOMPARE(shownText(), images(100000));
        QScrollBar* bar = tiles().verticalScrollBar();
        settle();
        const qint64 before = m_library->thumbnails;
        StallMeter meter;
        meter.start();
        for (int i = 1; i <= 200; ++i) {
            bar->setValue(int(qint64(bar->maximum()) * i / 200));
            QTest::qWait(8);
        }
        settle(300);
        const qint64 asked = m_library->thumbnails - before;
        qInfo("scrolled through 100,000 images: longest wait %.1f ms, median %.2f ms, %lld thumbnails asked "
              "for",
              meter.longestMs(), meter.medianMs(), asked);
        QVERIFY(meter.heartbeats() > 50);
        QVERIFY(asked > 0 && asked < 60000);
        QVERIFY(m_library->mostIds <= 256);
        // Where it came to rest, the pictures are there.
        const auto [first, last] =
            tiles().tiles().visible(bar->value(), bar->value() + tiles().viewport()->height());
        const QPoint middle = tiles().tiles().imageRect(last - 1, 0).center() - QPoint(0, bar->value());
        QVERIFY(first < last);
        QTRY_VERIFY(tiles().viewport()->grab(QRect(middle, QSize(1, 1))).toImage().pixelColor(0, 0) !=
                    Theme::light().raised);
        picture("browser-end-of-100000");
    }

    void filtersAreCombined()
    {
        open(1200);
        find<QComboBox>("filter-class")->setCurrentIndex(2); // square
        QTRY_COMPARE(shownText(), images(300, 1200));
        find<QComboBox>("filter-style")->setCurrentIndex(1);
        QTRY_COMPARE(shownText(), images(100, 1200));
        QTest::keyClicks(find<QLineEdit>("sampleSearch"), "BLUE shape-1");
        QTRY_VERIFY(tiles().shown().size() < 100);
        for (const qint64 id : tiles().shown())
            QVERIFY(id % 4 == 1 && id / 4 % 3 == 0 && QString::number(id).startsWith('1'));
        QTest::keyClicks(find<QLineEdit>("sampleSearch"), "nothing");
        QTRY_VERIFY(tiles().shown().isEmpty());
        picture("browser-no-match");
        find<QAbstractButton>("resetFilters")->click();
        QTRY_COMPARE(shownText(), images(1200));
        QVERIFY(find<QLineEdit>("sampleSearch")->text().isEmpty());
    }

    void filteringIsQuick()
    {
        open(100000);
        StallMeter meter;
        meter.start();
        for (const char* text : {"b", "bl", "blue", "red", "shape-9"}) {
            find<QLineEdit>("sampleSearch")->setText(text);
            QTest::keyClick(find<QLineEdit>("sampleSearch"), Qt::Key_Return);
            QTest::qWait(60);
        }
        QTRY_COMPARE(tiles().shown().size(), 11111);
        qInfo("filtered 100,000 images by text: longest wait %.1f ms", meter.longestMs());
    }

    void aBarChoosesItsClass()
    {
        open(1200);
        auto* chart = find<FigureView>("classBalance");
        QVERIFY(chart->figure());
        QCOMPARE(chart->figure()->layers[0].y, std::vector<double>({300, 300, 300, 300}));
        // The keyboard in the chart walks over the bars and chooses one.
        QWidget* canvas = chart->focusProxy();
        canvas->setFocus();
        QTest::keyClick(canvas, Qt::Key_Right);
        QTest::keyClick(canvas, Qt::Key_Return);
        QTRY_COMPARE(shownText(), images(300, 1200));
        QVERIFY(find<QComboBox>("filter-class")->currentIndex() > 0);
        // The other classes keep their counts.
        QCOMPARE(chart->figure()->layers[0].y, std::vector<double>({300, 300, 300, 300}));
    }

    void theTestSplitIsTheWorkspacesSelection()
    {
        open(400);
        tiles().setFocus();
        QTest::keyClick(&tiles(), Qt::Key_Home);
        QTest::keyClick(&tiles(), Qt::Key_Right);
        QCOMPARE(m_selection->primary(), 1);
        QTRY_COMPARE(find<QLabel>("sampleTitle")->text(), QString("Image 1"));
        QTest::keyClick(&tiles(), Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY(m_selection->ids().size() > 3);
        // Chosen elsewhere: shown here.
        m_selection->set({321}, this, "elsewhere");
        QTRY_COMPARE(find<QLabel>("sampleTitle")->text(), QString("Image 321"));
        QVERIFY(tiles().verticalScrollBar()->value() > 0);
        QTest::keyClick(&tiles(), Qt::Key_Escape);
        QVERIFY(m_selection->isEmpty());
    }

    void theTrainingSplitLeavesItAlone()
    {
        open(400);
        m_selection->set({5}, this, "elsewhere");
        QTRY_COMPARE(panelId(), 5);
        QSignalSpy filtered(m_page.get(), SIGNAL(filterApplied()));
        find<QRadioButton>("splitTrain")->click();
        QTRY_COMPARE(filtered.count(), 1);
        QCOMPARE(panelId(), -1);
        tiles().setFocus();
        QTest::keyClick(&tiles(), Qt::Key_End);
        QTRY_COMPARE(panelId(), 399);
        QCOMPARE(m_selection->ids(), QVector<qint64>({5}));
    }

    void zoomKeepsToItsBounds()
    {
        open(400);
        const int side = tiles().imageSide();
        QWheelEvent wheel(QPointF(50, 50), tiles().mapToGlobal(QPointF(50, 50)), {}, {0, 240}, Qt::NoButton,
                          Qt::ControlModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(tiles().viewport(), &wheel);
        QVERIFY(tiles().imageSide() > side);
        QCOMPARE(find<QSlider>("tileZoom")->value(), tiles().imageSide());
        find<QSlider>("tileZoom")->setValue(find<QSlider>("tileZoom")->minimum());
        QCOMPARE(tiles().imageSide(), tiles().smallestSide());
        tiles().setFocus();
        for (int i = 0; i < 30; ++i)
            QTest::keyClick(&tiles(), Qt::Key_Plus);
        QCOMPARE(tiles().imageSide(), tiles().largestSide());
    }

    void anImageIsSeenPixelByPixel()
    {
        open(400);
        m_selection->set({12}, this, "elsewhere");
        auto* image = find<ZoomView>("sampleImage");
        QTRY_VERIFY(image->isVisible() && image->target().width() > 28);
        const QPointF at = image->target().topLeft() + QPointF(3.5, 2.5) * image->zoom();
        QTest::mouseMove(image, at.toPoint());
        QTRY_COMPARE(find<QLabel>("pixelValue")->text(), QString("(3, 2)  15 55 95 = 0.059 0.216 0.373"));
        // Enlarged with hard edges: the screen shows that pixel's colour.
        const QImage grabbed = image->grab().toImage();
        QCOMPARE(grabbed.pixel(at.toPoint() + QPoint(2, 2)), qRgb(15, 55, 95));
        image->setFocus();
        QTest::keyClick(image, Qt::Key_1);
        QCOMPARE(image->target().width(), 28.0);
        QTest::keyClick(image, Qt::Key_Plus);
        QCOMPARE(image->zoom(), 1.25);
        QTest::keyClick(image, Qt::Key_0);
        QVERIFY(image->isFitted());
        QVERIFY(find<QAbstractButton>("showBoxes")->isVisible());
        picture("browser-sample");
    }

    void predictionsAndTheirErrorsAreShown()
    {
        open(400);
        m_selection->set({5}, this, "elsewhere"); // a square
        auto* predictions = find<PredictionsView>("predictions");
        QTRY_COMPARE(predictions->spoken(), QString("shapes-cnn: square 75.0 %, disc 25.0 %"));
        find<QAbstractButton>("chooseModels")->click();
        auto* list = m_page->findChild<QListView*>("field:browser-models");
        QVERIFY(list && list->isVisible());
        list->setFocus();
        for (int row = 0; row < list->model()->rowCount(); ++row)
            list->model()->setData(list->model()->index(row, 0), Qt::Checked, Qt::CheckStateRole);
        QTRY_VERIFY(predictions->spoken().contains("answers-only: it holds predictions only"));
        picture("browser-predictions");
    }

    void holdingAKeyAsksForTheNewestOnly()
    {
        open(400);
        settle();
        m_library->answersAtOnce = false;
        tiles().setFocus();
        for (int i = 0; i < 20; ++i)
            QTest::keyClick(&tiles(), Qt::Key_Right);
        const auto isSample = [](const FakeLibrary::Question& question) {
            return question.method == "data.sample";
        };
        QCOMPARE(std::count_if(m_library->questions.begin(), m_library->questions.end(), isSample), 1);
        m_library->answerAll();
        QTRY_VERIFY(!m_library->questions.isEmpty());
        m_library->answerAll();
        QTRY_COMPARE(find<QLabel>("sampleTitle")->text(), QString("Image %1").arg(m_selection->primary()));
    }

    void whatIsNotInstalledSaysHowToGetIt()
    {
        browse(10, Theme::light(), {1000, 650}, "absent");
        m_page->setCatalogue(m_library->catalogue());
        QCOMPARE(said(), QString("Install the Debian package dataset-absent."));
        QCOMPARE(m_library->asked, 0);
        picture("browser-not-installed");
    }

    void aRefusalCanBeTriedAgain()
    {
        browse(50);
        m_library->refusal = "shapes.npz: the file is gone. Put it back or import it again.";
        m_page->setCatalogue(m_library->catalogue());
        QTRY_COMPARE(said(), QString::fromStdString(m_library->refusal));
        auto* again = find<QAbstractButton>("tryAgain");
        QVERIFY(again->isVisible());
        m_library->refusal.clear();
        again->click();
        QTRY_COMPARE(shownText(), images(50));
    }

    void theEnginesRestartIsSaidAndSurvived()
    {
        browse(50);
        m_page->setEngineProblem("The engine is starting.");
        QCOMPARE(said(), QString("The engine is starting."));
        m_page->setEngineProblem({});
        m_page->setCatalogue(m_library->catalogue());
        QTRY_COMPARE(shownText(), images(50));
        m_page->setEngineProblem("The engine ended unexpectedly; it is being started again.");
        QVERIFY(find<QLabel>("browserAway")->isVisible());
        QCOMPARE(shownText(), images(50)); // what there was stays
        m_page->setEngineProblem({});
        QVERIFY(!find<QLabel>("browserAway")->isVisible());
    }

    void aRemovedDataSetIsSaid()
    {
        open(50);
        Catalogue empty;
        empty.datasets.append(DatasetEntry{"other"});
        m_page->setCatalogue(empty);
        QCOMPARE(said(), QString("The data set “shapes” is no longer in this workspace."));
    }

    void aModelIsTakenApart()
    {
        inspect();
        auto* tree = find<QTreeView>("layerTree");
        QTRY_COMPARE(tree->model()->rowCount(), 2);
        QVERIFY(tree->isExpanded(tree->model()->index(0, 0)));
        QVERIFY(find<QLabel>("inputContract")->text().startsWith("Expects 3 × 224 × 224 images, RGB"));
        QCOMPARE(m_page->findChildren<QLabel*>("inspectorFinding").size(), 2);
        QTest::keyClicks(find<QLineEdit>("layerSearch"), "batch");
        QCOMPARE(tree->model()->rowCount(), 1);
        find<QTabWidget>("inspectorTabs")->setCurrentIndex(1);
        auto* table = find<QTableView>("parameterTable");
        QCOMPARE(table->model()->rowCount(), 2);
        auto* histogram = find<FigureView>("parameterHistogram");
        QCOMPARE(histogram->figure()->title, std::string("features.0.weight"));
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Down);
        QCOMPARE(histogram->figure()->title, std::string("head.bias"));
        QCOMPARE(find<QListView>("tapList")->model()->rowCount(), 3);
    }

    void speedIsMeasuredWhenAsked()
    {
        inspect();
        QTRY_VERIFY(find<QAbstractButton>("measureSpeed")->isVisible());
        QVERIFY(find<QLabel>("speed")->text().isEmpty());
        find<QAbstractButton>("measureSpeed")->click();
        QVERIFY(!find<QAbstractButton>("measureSpeed")->isEnabled());
        QTRY_COMPARE(find<QLabel>("speed")->text(), QString("12.3 k images per second"));
        QVERIFY(find<QAbstractButton>("measureSpeed")->isEnabled());
    }

    void aRefusedModelSaysWhy()
    {
        m_page.reset();
        m_library = std::make_unique<FakeLibrary>();
        m_library->refusal = "shapes-cnn.onnx: the file is gone.";
        show(std::make_unique<ModelInspector>(m_library->port(), "shapes-cnn", nullptr), Theme::light(),
             {1000, 650});
        m_page->setCatalogue(m_library->catalogue());
        QTRY_COMPARE(said(), QString("shapes-cnn.onnx: the file is gone."));
        m_library->refusal.clear();
        find<QAbstractButton>("tryAgain")->click();
        QTRY_VERIFY(find<QTreeView>("layerTree")->isVisible());
    }

    void everyControlHasAName()
    {
        open(100);
        m_selection->set({5}, this, "elsewhere");
        QTRY_VERIFY(find<ZoomView>("sampleImage")->isVisible());
        checkNames();
        inspect();
        QTRY_VERIFY(find<QTreeView>("layerTree")->isVisible());
        checkNames();
    }

    void theyLookRight_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        for (const bool dark : {false, true}) {
            const QByteArray name = dark ? "dark" : "light";
            QTest::newRow(name + "-1000x650") << dark << QSize(1000, 650);
            QTest::newRow(name + "-1600x1000") << dark << QSize(1600, 1000);
        }
    }

    void theyLookRight()
    {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        const Theme theme = dark ? Theme::dark() : Theme::light();
        const QString name = QTest::currentDataTag();
        open(5000, theme, size);
        m_selection->set({5, 6, 9}, this, "elsewhere", 6);
        QTRY_VERIFY(find<ZoomView>("sampleImage")->isVisible());
        QVERIFY(!picture("browser-" + name).isNull());
        QCOMPARE(m_page->size(), size); // it can be that small
        inspect(theme, size);
        QTRY_VERIFY(find<QTreeView>("layerTree")->isVisible());
        picture("inspector-" + name);
        find<QTabWidget>("inspectorTabs")->setCurrentIndex(1);
        picture("inspector-parameters-" + name);
        QCOMPARE(m_page->size(), size);
    }
};

QTEST_MAIN(GuiBrowsing)
#include "gui_browsing.moc"
