#include "window_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/notice_bar.h"
#include "widgets/engine/run_record.h"
#include "widgets/figures/export_dialog.h"
#include "widgets/figures/figure_export.h"
#include "widgets/report/comparison/compare_page.h"
#include "widgets/report/comparison/compare_results.h"
#include "widgets/report/editor/report_page.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/result_card.h"
#include "widgets/studies/study_document.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QTest>
#include <QToolButton>

using namespace assay;
using namespace assay::test;

/// Two small real runs against each other in the real window, from the selection in the library to a report.
class GuiCompare : public QObject
{
    Q_OBJECT
    std::unique_ptr<WindowDriver> m_driver;
    QStringList m_runs;

    QString run(int bins)
    {
        protocol::RunSpec spec;
        spec.study = "calibration.reliability";
        spec.device = "cpu";
        spec.params = {{"model", "fashion-cnn-early"}, {"count", 200}, {"resamples", 100}, {"bins", bins}};
        auto* document = m_driver->window().tabs().addDocument(spec);
        return m_driver->run(document) ? document->runId() : QString();
    }
    widgets::ComparePage* page() const
    {
        return m_driver->window().tabs().findChild<widgets::ComparePage*>();
    }
    /// Waits until both runs have been read.
    bool isCompared() const
    {
        return QTest::qWaitFor([this] { return page() && page()->comparison().metrics != nullptr; }, 15000);
    }
    void choose(int column, const QString& run)
    {
        auto* choice = m_driver->find<QComboBox>(QStringLiteral("compareRun-%1").arg(column), page());
        choice->setCurrentIndex(choice->findData(run));
        Q_EMIT choice->activated(choice->currentIndex());
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>();
        QVERIFY(m_driver->waitForCatalogue());
        m_runs = {run(10), run(20)};
        QVERIFY(!m_runs.contains(QString()));
        QTRY_COMPARE(m_driver->find<QListView>("libraryRuns")->model()->rowCount(), 2);
    }

    void nothingSelectedSaysHow()
    {
        m_driver->find<QListView>("libraryRuns")->clearSelection();
        m_driver->window().actions().find("run.compare")->trigger();
        QVERIFY(!page());
        QVERIFY(m_driver->window().notices().sentences().join(' ').contains("Select two or more runs"));
    }

    void selectedRunsAreCompared()
    {
        auto* list = m_driver->find<QListView>("libraryRuns");
        m_driver->window().findChild<widgets::LibraryView*>()->showShelf(widgets::LibraryView::Shelf::Runs);
        const auto at = [list](int row) { return list->visualRect(list->model()->index(row, 0)).center(); };
        QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::NoModifier, at(0));
        QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::ControlModifier, at(1));
        m_driver->window().actions().find("run.compare")->trigger();
        QVERIFY(isCompared());
        QCOMPARE(page()->runIds(), (QStringList{m_runs[1], m_runs[0]})); // newest first, as in the list
        const auto& comparison = page()->comparison();
        QVERIFY(comparison.parameters);
        QCOMPARE(comparison.parameters->columns[0].texts, std::vector<std::string>{"bins"});
        QCOMPARE(page()->runs()[0].name, QString("bins 20"));
        QVERIFY(!comparison.overlays.isEmpty());
        // The columns stand under headers that name study and state.
        for (const char* number : {"1", "2"}) {
            auto* state = m_driver->find<QLabel>(QStringLiteral("compareState-") + number, page());
            QCOMPARE(state->text(), QString("finished"));
            QVERIFY(state->isVisible());
            auto* problem = m_driver->find<QLabel>(QStringLiteral("compareProblem-") + number, page());
            QVERIFY(!problem->isVisible());
        }
        const auto figures = page()->runs()[0].record->figures();
        auto* results = page()->findChild<widgets::CompareResults*>();
        for (const auto& figure : figures) {
            const QString name = QString::fromStdString(figure.name);
            for (int k = 0; k < 2; ++k)
                QVERIFY2(results->card(QStringLiteral("%1-%2-%3").arg(k + 1).arg(page()->runIds()[k], name)),
                         qPrintable(name));
        }
        m_driver->settle();
        m_driver->screenshot("compare");
    }

    void aRunCanBeExchanged()
    {
        choose(2, m_runs[1]);
        QTRY_COMPARE(page()->runIds(), (QStringList{m_runs[1], m_runs[1]}));
        QVERIFY(isCompared());
        QVERIFY(!page()->comparison().parameters);
        choose(2, m_runs[0]);
        QTRY_COMPARE(page()->runIds(), (QStringList{m_runs[1], m_runs[0]}));
        QVERIFY(isCompared());
        QVERIFY(page()->comparison().parameters);
    }

    void anOverlayIsExported()
    {
        const auto overlay = page()->comparison().overlays.first();
        auto* results = page()->findChild<widgets::CompareResults*>();
        auto* card = results->card(QStringLiteral("overlay-") + QString::fromStdString(overlay->name));
        QVERIFY(card);
        m_driver->dialogs().path = m_driver->folder() + "/overlay.pdf";
        m_driver->find<QToolButton>("exportButton", card)->click();
        widgets::ExportDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = m_driver->window().findChild<widgets::ExportDialog*>()));
        dialog->findChild<QCheckBox*>("greySafe")->setChecked(true);
        dialog->accept();
        QTRY_VERIFY(QFileInfo::exists(m_driver->dialogs().path));
        const auto evidence = widgets::readEvidence(m_driver->dialogs().path);
        QVERIFY(evidence);
        QCOMPARE(evidence->json["runs"].size(), std::size_t(2));
        QCOMPARE(evidence->json["figure_sha256"].get<std::string>(),
                 widgets::figureHash(*overlay).toStdString());
        // Dropped on the window again, it says what it is.
        m_driver->window().openFile(m_driver->dialogs().path);
        QTRY_VERIFY(
            m_driver->window().notices().sentences().join(' ').contains("comparison of several runs"));
    }

    void itGoesIntoAReport()
    {
        m_driver->find<QToolButton>("compareToReport", page())->click();
        QMenu* menu = nullptr;
        QTRY_VERIFY((menu = page()->findChild<QMenu*>("addToReportMenu")));
        menu->findChild<QAction*>("addToNew")->trigger();
        menu->close();
        QTRY_COMPARE(m_driver->window().tabs().reports().size(), 1);
        const auto& blocks = m_driver->window().tabs().reports().first()->report().blocks;
        QTRY_COMPARE(blocks.size(), 1);
        QCOMPARE(blocks[0].kind, widgets::ReportBlock::Kind::Comparison);
        QCOMPARE(blocks[0].parts.size(), 2);
        QVERIFY(blocks[0].parts[0].source.pinned);
        QCOMPARE(blocks[0].parts[0].source.run, m_runs[1]);
        QCOMPARE(blocks[0].parts[1].name, QString("bins 10"));
    }

    void theSessionBringsItBack()
    {
        m_driver->reopen();
        QVERIFY(page());
        QCOMPARE(page()->runIds(), (QStringList{m_runs[1], m_runs[0]}));
        m_driver->window().tabs().setCurrentWidget(page());
        QVERIFY(isCompared());
    }

    void aMissingRunKeepsItsColumn()
    {
        m_driver->close();
        QVERIFY(QDir(m_driver->workspace() + "/runs/" + m_runs[0]).removeRecursively());
        m_driver->reopen();
        m_driver->window().tabs().setCurrentWidget(page());
        auto* problem = m_driver->find<QLabel>("compareProblem-2", page());
        QTRY_VERIFY_WITH_TIMEOUT(
            problem->isVisible() && problem->text().contains(m_runs[0]) && !page()->runs()[1].awaited, 15000);
        QTRY_VERIFY(page()->runs()[0].record);
        QVERIFY(page()->comparison().notices.join(' ').contains("missing or cannot be read"));
        m_driver->settle();
        m_driver->screenshot("compare-missing");
    }

    void cleanupTestCase() { m_driver.reset(); }
};

QTEST_MAIN(GuiCompare)
#include "gui_compare.moc"
