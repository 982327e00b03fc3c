#include "window_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/command_palette.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/notice_bar.h"
#include "widgets/engine/run_record.h"
#include "widgets/figures/figure_export.h"
#include "widgets/figures/figure_view.h"
#include "widgets/forms/schema_form.h"
#include "widgets/gallery/gallery_view.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/setup_panel.h"
#include "widgets/studies/study_document.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDialog>
#include <QDockWidget>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

using namespace assay;
using namespace assay::test;

namespace {

/// Hashes of a run's figures by name.
QMap<QString, QString> hashes(const widgets::RunRecord& run)
{
    QMap<QString, QString> all;
    for (const auto& figure : run.figures())
        all.insert(QString::fromStdString(figure.name), widgets::figureHash(*figure.value));
    return all;
}

} // namespace

/// The real window over the real engine: what the first issue promises, in the order a user meets it.
class GuiWorkbench : public QObject
{
    Q_OBJECT
    std::unique_ptr<WindowDriver> m_driver;
    widgets::StudyDocument* m_document = nullptr;
    QString m_run;
    QMap<QString, QString> m_hashes;
    QString m_exported;

    bool said(const QString& part) const
    {
        return m_driver->window().notices().sentences().join(QLatin1Char('\n')).contains(part);
    }

private Q_SLOTS:
    void initTestCase() { m_driver = std::make_unique<WindowDriver>(); }

    void aFirstStartOpensTheDemonstration()
    {
        QCOMPARE(m_driver->window().tabs().documents().size(), 1);
        widgets::StudyDocument* first = m_driver->window().tabs().current();
        QVERIFY(first);
        QCOMPARE(first->studyId(), QString("transfer.class-aware"));
        QVERIFY(m_driver->waitForCatalogue());
        QTRY_VERIFY(m_driver->find<QPushButton>("runButton", first)->isEnabled());
        QVERIFY(m_driver->find<QLabel>("welcomeHint", first)->isVisible());
        QTRY_VERIFY(m_driver->find<QListView>("libraryModels")->model()->rowCount() >= 5);
    }

    void theCatalogueFindsAndOpensAStudy()
    {
        m_driver->window().actions().find("file.new")->trigger();
        auto* search = m_driver->find<QLineEdit>("catalogueSearch");
        QTest::keyClicks(search, "robust features");
        auto* list = m_driver->find<QListView>("catalogueList");
        QTRY_COMPARE(list->model()->rowCount(), 1);
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(m_driver->window().tabs().current()->studyId(), QString("transfer.non-robust-features"));
        m_driver->window().actions().find("file.closeTab")->trigger();
        QTRY_COMPARE(m_driver->window().tabs().documents().size(), 1);
    }

    void wrongParametersAreSaidInPlace()
    {
        m_document = m_driver->smallStudy();
        QTRY_VERIFY(m_driver->find<QPushButton>("runButton", m_document)->isEnabled());
        auto* setup = m_document->findChild<widgets::SetupPanel*>();
        protocol::RunSpec wrong = setup->spec();
        const protocol::RunSpec right = wrong;
        wrong.params["count"] = 0;
        setup->setSpec(wrong);
        QVERIFY(!setup->canRun());
        QVERIFY(!m_driver->find<QPushButton>("runButton", m_document)->isEnabled());
        QCOMPARE(m_driver->find<QLabel>("runBlocked", m_document)->text(),
                 QString("Mend the marked parameters to run."));
        QVERIFY(m_driver->find<QLabel>("problem:count", m_document)->isVisibleTo(m_document));
        setup->setSpec(right);
        QVERIFY(setup->canRun());
    }

    void undoGoesToTheFormInFront()
    {
        auto* setup = m_document->findChild<widgets::SetupPanel*>();
        QUndoStack* stack = m_document->undoStack();
        QAction* undo = m_driver->window().actions().find("edit.undo");
        QVERIFY(!undo->isEnabled());
        auto* box = setup->findChild<QCheckBox*>("field:targeted");
        QVERIFY(box);
        const bool before = setup->spec().params["targeted"].get<bool>();
        box->click();
        QCOMPARE(setup->spec().params["targeted"].get<bool>(), !before);
        QCOMPARE(stack->count(), 1);
        QVERIFY(undo->isEnabled());
        undo->trigger();
        QCOMPARE(setup->spec().params["targeted"].get<bool>(), before);
    }

    void aRunFillsThePage()
    {
        QTest::mouseClick(m_driver->find<QPushButton>("runButton", m_document), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(m_document->record() && isFinal(m_document->record()->state()), 180000);
        QVERIFY2(m_document->record()->state() == protocol::RunState::Finished,
                 qPrintable(m_document->record()->error()));
        m_run = m_document->runId();
        m_hashes = hashes(*m_document->record());
        QVERIFY(m_hashes.size() >= 3);
        m_driver->settle();
        auto* page = m_document->findChild<widgets::ResultsView*>();
        for (const auto& figure : m_document->record()->figures())
            QVERIFY(page->card(widgets::ResultCard::Kind::Figure, QString::fromStdString(figure.name)));
        QTRY_VERIFY(m_driver->find<QListView>("libraryRuns")->model()->rowCount() == 1);
    }

    void aLiveParameterChangesTheFigures()
    {
        auto* live = m_document->findChild<widgets::LiveBar*>();
        QVERIFY(live->isVisible());
        Json moved = live->values();
        QCOMPARE(moved["view_eps"].get<double>(), 2.0);
        moved["view_eps"] = 1.0;
        QSignalSpy changed(m_document->record(), &widgets::RunRecord::figureChanged);
        live->propose(moved);
        QTRY_VERIFY_WITH_TIMEOUT(!changed.isEmpty(), 10000);
        QTRY_VERIFY(hashes(*m_document->record()) != m_hashes);
        QVERIFY(m_document->record()->isPreviewing());
        QTest::mouseClick(m_driver->find<QPushButton>("liveReset", m_document), Qt::LeftButton);
        QTRY_COMPARE(hashes(*m_document->record()), m_hashes);
        QVERIFY(!m_document->record()->isPreviewing());
    }

    void aClickedMarkSelectsItsSamplesEverywhere()
    {
        // A bar that stands for samples, clicked where it is drawn.
        auto* page = m_document->findChild<widgets::ResultsView*>();
        widgets::Selection& selection = m_driver->window().selection();
        const QList<widgets::FigureCard*> cards = page->findChildren<widgets::FigureCard*>();
        for (widgets::FigureCard* card : cards) {
            page->ensureWidgetVisible(card, 0, 0);
            m_driver->settle(100);
            QWidget* plot = card->view()->findChild<QWidget*>("plot");
            for (int x = plot->width() / 6; selection.isEmpty() && x < plot->width(); x += 12) {
                for (int y = plot->height() / 3; selection.isEmpty() && y < plot->height() - 40; y += 24)
                    QTest::mouseClick(plot, Qt::LeftButton, {}, {x, y});
            }
            if (!selection.isEmpty())
                break;
        }
        QVERIFY(!selection.isEmpty());
        QVERIFY(!selection.reason().isEmpty());
        m_driver->find<QDockWidget>("inspectorDock")->show();
        QTRY_VERIFY(m_driver->find<QLabel>("selectionCount")->text().contains("selected"));
        QVERIFY(m_driver->find<QLabel>("selectionStatus")->text().contains("selected"));
        m_driver->window().actions().find("edit.clearSelection")->trigger();
        QVERIFY(selection.isEmpty());
    }

    void aFigureIsExportedWithItsEvidence()
    {
        const auto& figure = *m_document->record()->figures().front().value;
        m_exported = m_driver->folder() + "/figure.svg";
        m_driver->dialogs().path = m_exported;
        m_document->exportFigure(QString::fromStdString(figure.name));
        auto* dialog = m_driver->find<QDialog>("exportDialog");
        QVERIFY(dialog);
        dialog->accept();
        QTRY_VERIFY(QFile::exists(m_exported));
        const auto evidence = widgets::readEvidence(m_exported);
        QVERIFY(evidence.has_value());
        QCOMPARE(widgets::readClaim(*evidence, m_exported).run, m_run);
        QVERIFY(said("Figure written to " + m_exported));
    }

    void everythingIsExportedIntoAFolder()
    {
        m_driver->dialogs().path = m_driver->folder() + "/all";
        m_document->exportAll();
        QTRY_VERIFY_WITH_TIMEOUT(said("Figures and tables written to"), 60000);
        QVERIFY(QFile::exists(m_driver->folder() + "/all/tables/pairs.csv"));
        for (const QString& name : m_hashes.keys())
            QVERIFY2(QFile::exists(m_driver->folder() + "/all/" + name + ".pdf"), qPrintable(name));
    }

    void anExportThatCannotBeWrittenIsSaid()
    {
        m_driver->dialogs().path = m_exported + "/below";
        m_document->exportTables();
        QVERIFY(said("cannot be written"));
        m_driver->window().notices().clear();
    }

    void theCommandLineIsCopied()
    {
        m_document->copyCommandLine();
        const QString text = QGuiApplication::clipboard()->text();
        QVERIFY(text.startsWith("assay-cli run transfer.class-aware --set "));
        QVERIFY(text.contains("--set count=60"));
    }

    void thePaletteFindsARun()
    {
        m_driver->window().actions().find("file.new")->trigger();
        m_driver->window().actions().find("view.palette")->trigger();
        auto* search = m_driver->find<QLineEdit>("paletteSearch");
        QTRY_VERIFY(search->isVisible());
        QTest::keyClicks(search, "small");
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(m_driver->window().tabs().current(), m_document);
    }

    void aReopenedWindowShowsTheSameRun()
    {
        m_driver->reopen();
        m_document = nullptr;
        QCOMPARE(m_driver->window().tabs().documents().size(), 2);
        m_document = m_driver->window().tabs().current();
        QVERIFY(m_document);
        QCOMPARE(m_document->runId(), m_run);
        QTRY_VERIFY_WITH_TIMEOUT(
            m_document->record() && m_document->record()->state() == protocol::RunState::Finished, 60000);
        QTRY_COMPARE(hashes(*m_document->record()), m_hashes);
        QVERIFY(m_driver->waitForCatalogue());
        QTRY_COMPARE(m_document->spec().params["count"].get<int>(), 60);
    }

    void aDroppedFigureOpensItsRunAndIsVerified()
    {
        m_driver->window().actions().find("file.closeTab")->trigger();
        QTRY_VERIFY(
            !m_driver->find<QListView>("libraryRuns")->model()->index(0, 0).data().toString().isEmpty());
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(m_exported)});
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&m_driver->window(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&m_driver->window(), &drop);
        QTRY_VERIFY_WITH_TIMEOUT(said("has the same digits as the file."), 30000);
        QCOMPARE(m_driver->window().tabs().current()->runId(), m_run);
    }

    void aSpecOpensADocument()
    {
        m_driver->window().openFile(m_driver->workspace() + "/runs/" + m_run + "/spec.json");
        QTRY_COMPARE(m_driver->window().tabs().documents().size(), 3);
        QTRY_COMPARE(m_driver->window().tabs().current()->spec().params["count"].get<int>(), 60);
    }

    void aDeletedRunCanBeMadeAgainFromItsFigure()
    {
        auto* library = m_driver->find<widgets::LibraryView>("libraryView");
        m_driver->dialogs().agrees = false;
        Q_EMIT library->runDeleted(m_run);
        m_driver->settle(200);
        QVERIFY(QFile::exists(m_driver->workspace() + "/runs/" + m_run));
        m_driver->dialogs().agrees = true;
        Q_EMIT library->runDeleted(m_run);
        QTRY_VERIFY(!QFile::exists(m_driver->workspace() + "/runs/" + m_run));
        QTRY_COMPARE(m_driver->find<QListView>("libraryRuns")->model()->rowCount(), 0);

        m_driver->window().notices().clear();
        m_driver->window().openFile(m_exported);
        QTRY_VERIFY(said("which is not in this workspace"));
        QTest::mouseClick(m_driver->find<QPushButton>("noticeAction"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(said("has the same digits as the file."), 180000);
    }

    void cleanupTestCase() { m_driver.reset(); }
};

QTEST_MAIN(GuiWorkbench)
#include "gui_workbench.moc"
