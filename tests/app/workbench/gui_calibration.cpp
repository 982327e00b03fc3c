#include "page_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "tests/app/cli/cli_result.h"
#include "widgets/figures/plot_canvas.h"
#include "widgets/importing/import_dialog.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/study_document.h"

#include <QAbstractItemModel>
#include <QAbstractItemView>
#include <QComboBox>
#include <QCompleter>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSlider>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace assay;
using namespace assay::test;
using widgets::ImportDialog;
using widgets::ImportFile;

/// Calibration in the real window over the real engine, with few images: what is run there is what the
/// command line runs, a bin selects its images, live fields move the figures, and a file of logits is enough.
class GuiCalibration : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<PageDriver> m_reliability;
    std::unique_ptr<PageDriver> m_shift;
    std::unique_ptr<PageDriver> m_compare;

    static protocol::RunSpec specOf(const std::string& study)
    {
        protocol::RunSpec spec;
        spec.study = study;
        spec.device = "cpu";
        if (study == "calibration.reliability")
            spec.params = {{"model", "fashion-cnn-early"}, {"count", 600}, {"resamples", 100}, {"bins", 10}};
        else if (study == "calibration.shift")
            spec.params = {{"model", "fashion-cnn-early"},
                           {"count", 400},
                           {"shifts", {"gaussian_noise", "contrast"}},
                           {"severities", {1, 3, 5}},
                           {"bins", 10}};
        else
            spec.params = {{"models", {"fashion-cnn-early", "fashion-mlp"}},
                           {"calibrators", {"temperature", "histogram"}},
                           {"count", 300},
                           {"shifts", {"contrast", "gaussian_blur"}},
                           {"severities", {2, 4}},
                           {"splits", 2},
                           {"resamples", 50},
                           {"view_model", "fashion-cnn-early"}};
        return spec;
    }
    static QByteArray bytesOf(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static CliResult commandLine(const QStringList& arguments)
    {
        QProcess process;
        process.start(QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"), arguments);
        return resultOf(process);
    }
    std::unique_ptr<PageDriver> document(const protocol::RunSpec& spec)
    {
        return std::make_unique<PageDriver>(*m_driver, m_driver->window().tabs().addDocument(spec));
    }
    std::set<qint64> selected() const
    {
        const auto& ids = m_driver->window().selection().ids();
        return {ids.begin(), ids.end()};
    }

    /// The bin of a diagram of ten bins that holds the most samples but not half of them.
    static int middlingBin(const protocol::Layer& bars)
    {
        int best = -1;
        std::size_t most = 0;
        for (std::size_t b = 0; b < bars.samples.marks(); ++b) {
            const std::size_t count = bars.samples.of(b).size();
            if (count > most && 2 * count < bars.samples.ids.size() && bars.y[b] > 5) {
                most = count;
                best = static_cast<int>(b);
            }
        }
        return best;
    }
    /// Clicks a bin and looks for it in the gallery, which says of each image in which tenth its confidence
    /// is.
    void checkBinSelects(PageDriver& page, const char* figure, const char* gallery)
    {
        m_driver->window().selection().clear(nullptr);
        const int layer = page.layer(figure, "Common part");
        QVERIFY(layer >= 0);
        const protocol::Layer bars = page.figure(figure)->layers[static_cast<std::size_t>(layer)];
        const int bin = middlingBin(bars);
        QVERIFY(bin >= 0);
        page.click(figure, layer, bin);
        QTRY_VERIFY(!selected().empty());
        const auto grid = page.grid(gallery);
        const auto tenth = std::ranges::find(grid->attributes, "confidence", &protocol::ImageAttribute::name);
        QVERIFY(tenth != grid->attributes.end());
        QCOMPARE(tenth->values.size(), std::size_t(10));
        std::set<qint64> inBin;
        for (std::size_t i = 0; i < grid->count(); ++i)
            if (tenth->codes[i] == bin)
                inBin.insert(grid->ids[i]);
        QCOMPARE(inBin.size(), bars.samples.of(static_cast<std::size_t>(bin)).size());
        QCOMPARE(selected(), inBin);
        QTRY_VERIFY(page.isInView(gallery));
    }

    ImportDialog* dialog() const
    {
        for (ImportDialog* dialog : m_driver->window().findChildren<ImportDialog*>())
            if (dialog->isVisible())
                return dialog;
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        QVERIFY(m_driver->waitForCatalogue());
        QProcess python;
        python.start("/usr/bin/python3",
                     {ASSAY_TEST_SOURCE_DIR "/tests/plugins/calibration/make_logits.py", m_driver->folder()});
        QVERIFY(python.waitForFinished(120000));
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
    }

    void windowAndCommandLineAgree_data()
    {
        QTest::addColumn<QString>("study");
        QTest::addColumn<QStringList>("figures");
        QTest::addColumn<QString>("table");
        QTest::newRow("compare") << "calibration.compare" << QStringList{"changes", "severity"} << "compare";
        QTest::newRow("shift") << "calibration.shift"
                               << QStringList{"confidence-and-accuracy", "ece", "reliability-before",
                                              "reliability-after"}
                               << "severities";
        QTest::newRow("reliability") << "calibration.reliability"
                                     << QStringList{"reliability-equal-width",
                                                    "reliability-equal-mass",
                                                    "confidence",
                                                    "class-gaps",
                                                    "reliability-class",
                                                    "temperature"}
                                     << "bins";
    }
    void windowAndCommandLineAgree()
    {
        QFETCH(QString, study);
        QFETCH(QStringList, figures);
        QFETCH(QString, table);
        auto page = document(specOf(study.toStdString()));
        QVERIFY(page->run());
        QVERIFY(page->shows(figures));
        const QString other = m_driver->folder() + "/" + study;
        const CliResult result = commandLine({"run", page->runFolder() + "/spec.json", "--workspace",
                                              m_driver->folder() + "/of the command line", "--out", other});
        QVERIFY2(result.status == 0, qPrintable(result.err));
        for (const QString& file : {QString("/metrics.json"), "/tables/" + table + ".csv"}) {
            QVERIFY2(!bytesOf(other + file).isEmpty(), qPrintable(file));
            QCOMPARE(bytesOf(page->runFolder() + file), bytesOf(other + file));
        }
        (study.endsWith("reliability") ? m_reliability
         : study.endsWith("shift")     ? m_shift
                                       : m_compare) = std::move(page);
    }

    void aBinSelectsItsImages()
    {
        QVERIFY(m_reliability);
        checkBinSelects(*m_reliability, "reliability-equal-width", "samples");
        m_driver->settle(300);
        m_driver->screenshot("calibration-bin");
    }

    void aWrongBarSelectsItsImages()
    {
        const int layer = m_reliability->layer("confidence", "wrong");
        QVERIFY(layer >= 0);
        const protocol::Layer bars =
            m_reliability->figure("confidence")->layers[static_cast<std::size_t>(layer)];
        const int last = 9;
        m_reliability->click("confidence", layer, last);
        const std::vector<std::int64_t> ids = bars.samples.of(last);
        QTRY_COMPARE(selected(), (std::set<qint64>{ids.begin(), ids.end()}));
        QCOMPARE(static_cast<double>(ids.size()), bars.y[last]);
        m_driver->window().selection().clear(nullptr);
    }

    void liveFieldsMoveTheFigures()
    {
        PageDriver& page = *m_reliability;
        const auto rows = [&] { return page.table("bins")->rows(); };
        QCOMPARE(rows(), std::size_t(10));
        auto* bins = page.live()->findChild<QSlider*>("slider:bins");
        QVERIFY(bins);
        QTest::keyClick(bins, Qt::Key_Right);
        QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t(11), 10000);
        QCOMPARE(page.figure("class-gaps")->layers[0].columns, std::uint32_t(11));
        const auto* plot = page.canvas("reliability-equal-width");
        page.results()->ensureWidgetVisible(page.canvas("reliability-equal-width"));
        QTRY_COMPARE(plot->figure(), page.figure("reliability-equal-width").get()); // and it is drawn

        auto* mass = page.live()->findChild<QRadioButton*>("field:binning:equal-mass");
        QVERIFY(mass);
        mass->click();
        QTRY_VERIFY_WITH_TIMEOUT(page.table("bins")->title == "Bins of equal mass", 10000);

        const auto mean = [&] {
            const auto figure = page.figure("reliability-equal-mass");
            double sum = 0, n = 0;
            const auto& layer =
                figure->layers[static_cast<std::size_t>(page.layer("reliability-equal-mass", "Accuracy"))];
            const auto& confidence = figure->layers[static_cast<std::size_t>(
                page.layer("reliability-equal-mass", "Mean confidence"))];
            for (std::size_t b = 0; b < confidence.y.size(); ++b) {
                sum += confidence.y[b] * layer.denominator[b];
                n += layer.denominator[b];
            }
            return sum / n;
        };
        const double before = mean();
        auto* temperature = page.live()->findChild<QSlider*>("slider:temperature");
        QVERIFY(temperature);
        QCOMPARE(temperature->value(), temperature->maximum() / 2); // 1 is in the middle
        QTest::keyClick(temperature, Qt::Key_PageUp);
        QTRY_VERIFY_WITH_TIMEOUT(mean() < before - 5, 10000);
        QVERIFY(page.figure("reliability-class")->title.find("temperature") != std::string::npos);
        m_driver->settle(200);
        m_driver->screenshot("calibration-live");

        page.live()->findChild<QPushButton*>("liveReset")->click();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t(10), 10000);
        QCOMPARE(page.table("bins")->title, std::string("Bins of equal width"));
    }

    void aClassIsChosenByAClickOrByName()
    {
        PageDriver& page = *m_reliability;
        const auto shown = [&] { return page.figure("reliability-class")->title; };
        QVERIFY(shown().find("T-shirt") != std::string::npos);
        page.click("class-gaps", 0, 3 * 10 + 9); // the most sure tenth of the fourth class
        QTRY_VERIFY_WITH_TIMEOUT(shown().find("“Dress”") != std::string::npos, 10000);
        auto* name = page.live()->findChild<QLineEdit*>("field:view_class");
        QVERIFY(name);
        QCOMPARE(name->text(), QString("Dress"));
        QVERIFY(name->completer());
        QCOMPARE(name->completer()->model()->rowCount(), 10);
        name->selectAll();
        QTest::keyClicks(name, "Bag");
        QTRY_VERIFY_WITH_TIMEOUT(shown().find("“Bag”") != std::string::npos, 10000);
        name->completer()->popup()->hide();
    }

    void severityIsMovedAndABinSelects()
    {
        QVERIFY(m_shift);
        PageDriver& page = *m_shift;
        m_driver->window().tabs().openRun(page.document()->runId(), "calibration.shift");
        const auto shown = [&] { return page.figure("reliability-before")->title; };
        QVERIFY2(shown().starts_with("Gaussian noise 3"), shown().c_str());
        page.click("ece", 0, 3);
        QTRY_VERIFY_WITH_TIMEOUT(shown().starts_with("Gaussian noise 5"), 10000);
        QCOMPARE(page.live()->values()["view_severity"].get<double>(), 5.0);
        const auto marked = [&] {
            return page.figure("ece")->layers[static_cast<std::size_t>(page.layer("ece", "Shown"))].x;
        };
        QCOMPARE(marked(), std::vector<double>{5});

        auto* shift = page.live()->findChild<QComboBox*>("field:view_shift");
        QVERIFY(shift);
        shift->setFocus();
        QTest::keyClick(shift, Qt::Key_End);
        QTRY_VERIFY_WITH_TIMEOUT(shown().starts_with("Contrast 5"), 10000);
        QCOMPARE(page.figure("ece")->title, std::string("ECE of fashion-cnn-early: Contrast"));
        QTRY_COMPARE(page.grid("shifted")->title, std::string("Contrast 5"));
        checkBinSelects(page, "reliability-before", "shifted");
        m_driver->settle(300);
        m_driver->screenshot("calibration-shift-bin");
        m_driver->window().selection().clear(nullptr);

        auto* severity = page.live()->findChild<QSlider*>("slider:view_severity");
        QVERIFY(severity);
        QTest::keyClick(severity, Qt::Key_Home);
        QTRY_VERIFY_WITH_TIMEOUT(shown().starts_with("clean"), 10000);
        QCOMPARE(marked(), std::vector<double>{0});
    }

    void aFileOfLogitsIsImportedAndStudied()
    {
        m_driver->window().openFile(m_driver->folder() + "/too_sure.npz");
        const auto ready = [this] {
            return dialog() && dialog()->files().count() == 1 &&
                   dialog()->files().file(0).state == ImportFile::State::Ready;
        };
        QTRY_VERIFY_WITH_TIMEOUT(ready(), 60000);
        m_driver->settle(200);
        dialog()->grab().save(ASSAY_TEST_BUILD_DIR "/screenshots/calibration-import.png");
        QCOMPARE(m_driver->find<QLineEdit>("field:name", dialog())->text(), QString("too-sure"));
        m_driver->find<QPushButton>("importButton", dialog())->click();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog(), 60000);

        protocol::RunSpec spec{.study = "calibration.reliability", .device = "cpu"};
        spec.params = {{"model", "too-sure"}, {"resamples", 100}};
        const auto page = document(spec);
        QVERIFY(page->run());
        QVERIFY(page->shows({"reliability-equal-width", "reliability-equal-mass", "reliability-class"}));
        QVERIFY(page->document()->record()->grids().empty()); // nobody knows the images
        const auto metrics = Json::parse(bytesOf(page->runFolder() + "/metrics.json").toStdString());
        const auto expected = Json::parse(bytesOf(m_driver->folder() + "/expected.json").toStdString());
        QVERIFY(expected.size() >= 8);
        for (const auto& [name, value] : expected.items())
            QVERIFY2(std::abs(metrics.at(name).get<double>() - value.get<double>()) < 1e-6, name.c_str());

        spec.study = "calibration.compare";
        spec.params = {{"models", {"too-sure"}},
                       {"calibrators", {"temperature"}},
                       {"splits", 2},
                       {"resamples", 50},
                       {"view_model", "too-sure"}};
        const auto compared = document(spec);
        QVERIFY(compared->run());
        QCOMPARE(compared->figure("changes")->x.categories, std::vector<std::string>{"clean"});
        QVERIFY(compared->figure("changes")->layers[0].z[0] < -3); // twice too sure, and mended
        m_driver->screenshot("calibration-logits");
    }

    void aFileWithTooFewLabelsIsRefusedInOneSentence()
    {
        const QString path = m_driver->folder() + "/short.npz";
        QProcess python;
        python.start("/usr/bin/python3",
                     {"-c",
                      "import numpy, sys; numpy.savez(sys.argv[1], logits=numpy.eye(5, dtype='float32'), "
                      "labels=numpy.arange(4))",
                      path});
        QVERIFY(python.waitForFinished(60000) && python.exitCode() == 0);
        const QString sentence = "array 'labels': holds 4 labels for 5 rows of answers.";
        m_driver->window().openFile(path);
        QTRY_VERIFY_WITH_TIMEOUT(
            dialog() && dialog()->files().count() == 1 && !dialog()->files().file(0).isBusy(), 60000);
        QVERIFY(!m_driver->find<QPushButton>("importButton", dialog())->isEnabled());
        QStringList said;
        for (const QLabel* label : dialog()->findChildren<QLabel*>("findingText"))
            said << label->text();
        QVERIFY2(said.join(' ').contains(sentence), qPrintable(said.join(' ')));
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());

        const CliResult refused = commandLine({"run", "calibration.reliability", "--workspace",
                                               m_driver->workspace(), "--set", "model=" + path});
        QCOMPARE(refused.status, 2);
        QVERIFY2(refused.err.contains(sentence), qPrintable(refused.err));
    }

    /// In both appearances, and in a small and a large window.
    void picturesAreTaken()
    {
        using workbench::ThemeKeeper;
        QVERIFY(m_compare);
        const auto resized = [this](QSize size) {
            return QTest::qWaitFor([&] {
                m_driver->window().resize(size);
                return m_driver->window().size() == size;
            });
        };
        for (const QString shade : {"light", "dark"}) {
            m_driver->window().themes().choose(shade == "light" ? ThemeKeeper::Choice::Light
                                                                : ThemeKeeper::Choice::Dark);
            QVERIFY(resized({1400, 900}));
            m_reliability->lookAt("calibration-reliability-" + shade, 4);
            m_shift->lookAt("calibration-shift-" + shade, 2);
            m_compare->lookAt("calibration-compare-" + shade, 2);
            QVERIFY(resized(shade == "light" ? QSize(1024, 700) : QSize(2000, 1300)));
            for (PageDriver* page : {m_reliability.get(), m_shift.get(), m_compare.get()})
                page->lookAt(QStringLiteral("calibration-%1-%2")
                                 .arg(page->document()->studyId().section('.', 1))
                                 .arg(m_driver->window().width()),
                             0);
        }
    }

    void cleanupTestCase()
    {
        m_reliability.reset();
        m_shift.reset();
        m_compare.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiCalibration)
#include "gui_calibration.moc"
