#include "page_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/notice_bar.h"
#include "app/workbench/shell/report_desk.h"
#include "tests/support/browser_visit.h"
#include "tests/support/program_output.h"
#include "widgets/engine/stall_meter.h"
#include "widgets/report/editor/block_frame.h"
#include "widgets/report/editor/block_grip.h"
#include "widgets/report/editor/figure_item.h"
#include "widgets/report/editor/item_view.h"
#include "widgets/report/editor/note_editor.h"
#include "widgets/report/editor/report_page.h"
#include "widgets/report/editor/report_paper.h"
#include "widgets/report/report_file.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/study_document.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include <memory>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

/// From a run to a report in the real window over the real engine: results are put in from their cards, notes
/// are written between them, blocks dragged and composed, all of it undone and done again; the report is
/// exported by a process beside the window, and comes back as it was when the workspace is opened again.
class GuiReports : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<PageDriver> m_page;
    QString m_name; ///< of the report

    workbench::DocumentTabs& tabs() { return m_driver->window().tabs(); }
    ReportPage* report() { return m_name.isEmpty() ? nullptr : tabs().report(m_name); }
    const Report& value() { return report()->report(); }
    BlockFrame* frame(qsizetype at) { return report()->paper().frame(value().blocks[at].id); }
    QAction* action(const char* id) { return m_driver->window().actions().find(QString::fromLatin1(id)); }
    void trigger(const char* id) { action(id)->trigger(); }
    QStringList kinds()
    {
        static const QStringList names{"text",    "figure",     "table",  "gallery",
                                       "summary", "comparison", "unknown"};
        QStringList all;
        for (const ReportBlock& block : value().blocks)
            all << names[int(block.kind)];
        return all;
    }
    /// Presses a card's report button and chooses from its menu.
    void addFrom(ResultCard::Kind kind, const QString& name, const QString& choice)
    {
        tabs().setCurrentWidget(m_page->document());
        ResultCard* card = m_page->results()->card(kind, name);
        QVERIFY2(card, qPrintable(name));
        m_page->results()->ensureWidgetVisible(card);
        card->findChild<QToolButton*>("reportButton")->click();
        auto* menu = card->findChild<QMenu*>("addToReportMenu");
        QVERIFY(menu);
        auto* chosen = menu->findChild<QAction*>(choice);
        QVERIFY2(chosen, qPrintable(choice));
        chosen->trigger();
        menu->close();
    }
    /// The page has caught up with the report.
    bool settled()
    {
        return QTest::qWaitFor(
            [this] {
                qsizetype items = 0;
                for (const ReportBlock& block : value().blocks) {
                    const BlockFrame* shown = report()->paper().frame(block.id);
                    items += shown && (!shown->items().isEmpty() || block.markdown.isEmpty()) ? 1 : 0;
                }
                return items == value().blocks.size();
            },
            20000);
    }
    void drag(BlockFrame* block, int y)
    {
        QWidget* sheet = report()->paper().widget();
        report()->paper().showBlock(block->id(), false);
        BlockGrip* grip = block->grip();
        const QPoint from = grip->rect().center();
        const QPoint to = grip->mapFrom(sheet, QPoint(300, y));
        QTest::mousePress(grip, Qt::LeftButton, {}, from);
        for (int i = 1; i <= 3; ++i)
            QTest::mouseMove(grip, from + (to - from) * i / 3);
        m_driver->screenshot(QStringLiteral("report-dragging-%1").arg(y > 0));
        QTest::mouseRelease(grip, Qt::LeftButton, {}, to);
    }
    /// Each form of a report by the name of its action, and where it is written.
    QList<std::pair<QString, QString>> forms(const QString& name) const
    {
        return {{"exportHtml", m_driver->folder() + '/' + name + ".html"},
                {"exportPdf", m_driver->folder() + '/' + name + ".pdf"},
                {"exportLatex", m_driver->folder() + '/' + name + "-latex"}};
    }
    /// Exports the report in front and says what that cost.
    bool exportAs(const QString& action, const QString& path)
    {
        ReportPage* page = tabs().currentReport();
        const bool folder = QFileInfo(path).suffix().isEmpty();
        m_driver->dialogs().path = folder ? m_driver->folder() : path;
        StallMeter meter;
        meter.start();
        QElapsedTimer timer;
        timer.start();
        page->findChild<QAction*>(action)->trigger();
        auto* close = m_driver->find<QToolButton>("exportClose", page);
        const bool ended = QTest::qWaitFor([close] { return close->isVisible(); }, 60000);
        qInfo("%s: %.1f s, longest stall of the window %.1f ms", qPrintable(action),
              double(timer.elapsed()) / 1000, meter.longestMs());
        return ended && m_driver->find<QPushButton>("exportOpen", page)->isVisible() &&
               (folder ? QFileInfo(path + "/main.tex").exists() : QFileInfo(path).size() > 10000);
    }
    void look(const QString& name)
    {
        using workbench::ThemeKeeper;
        QScrollBar* bar = report()->paper().verticalScrollBar();
        for (const QString shade : {"light", "dark"}) {
            m_driver->window().themes().choose(shade == "light" ? ThemeKeeper::Choice::Light
                                                                : ThemeKeeper::Choice::Dark);
            m_driver->window().resize(shade == "light" ? QSize(1000, 700) : QSize(1600, 1000));
            for (int part = 0; part <= 1; ++part) {
                bar->setValue(bar->maximum() * part * 2 / 3);
                m_driver->settle(150);
                m_driver->screenshot(QStringLiteral("%1-%2-%3").arg(name, shade).arg(part));
            }
        }
        m_driver->window().themes().choose(ThemeKeeper::Choice::Light);
        m_driver->window().resize(QSize(1400, 900));
        bar->setValue(0);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        QVERIFY(m_driver->waitForCatalogue());
        m_page = std::make_unique<PageDriver>(*m_driver, m_driver->smallStudy());
        QVERIFY(m_page->run());
    }

    void resultsArePutInFromTheirCards()
    {
        const RunRecord& run = *m_page->document()->record();
        QVERIFY(run.figures().size() >= 2 && !run.tables().empty() && !run.grids().empty());
        const QString first = QString::fromStdString(run.figures()[0].name);
        addFrom(ResultCard::Kind::Figure, first, "addToNew");
        QCOMPARE(tabs().reports().size(), 1);
        // The run stays in front: there is more to put in.
        QCOMPARE(tabs().current(), m_page->document());
        m_name = tabs().reports().first()->name();
        QCOMPARE(tabs().reports().first()->title(), "Small");
        const QString into = "addTo-" + m_name;
        addFrom(ResultCard::Kind::Figure, QString::fromStdString(run.figures()[1].name), into);
        addFrom(ResultCard::Kind::Table, QString::fromStdString(run.tables()[0].name), into);
        addFrom(ResultCard::Kind::Gallery, QString::fromStdString(run.grids()[0].name), into);
        QVERIFY(
            m_driver->window().notices().sentences().contains(QStringLiteral("Gallery added to “Small”.")));
        QCOMPARE(tabs().currentWidget(), static_cast<QWidget*>(m_page->document()));
        QVERIFY(report());
        QVERIFY(settled());
        QCOMPARE(kinds(), (QStringList{"figure", "figure", "table", "gallery"}));
        auto* figure = qobject_cast<FigureItem*>(frame(0)->items().first());
        QVERIFY(figure);
        // The very figure of the run, not a copy.
        QCOMPARE(figure->item().panels[0].figure.get(), m_page->figure(first.toLatin1().constData()).get());
        report()->paper().showBlock(value().blocks[0].id, false);
        QTRY_VERIFY(figure->panel(0)); // drawn when it has come into view
    }

    void theRunAsAWholeIsPutIn()
    {
        tabs().setCurrentWidget(m_page->document());
        auto* button = m_driver->find<QToolButton>("runReportButton", m_page->document());
        QVERIFY(button->isVisible());
        button->click();
        auto* menu = button->findChild<QMenu*>("addRunToReportMenu");
        QVERIFY(menu);
        menu->findChild<QMenu*>("addSummaryMenu")->findChild<QAction*>("addTo-" + m_name)->trigger();
        menu->close();
        QVERIFY(report());
        QTRY_COMPARE_WITH_TIMEOUT(value().blocks.size(), 5, 20000);
        QVERIFY(settled());
        QCOMPARE(kinds().count("summary"), 1);
        trigger("edit.undo");
        QCOMPARE(value().blocks.size(), 4);
        trigger("edit.redo");
        QCOMPARE(value().blocks.size(), 5);
        QVERIFY(settled());
    }

    void notesAreWrittenBetweenThem()
    {
        report()->paper().showBlock(value().blocks[0].id, false);
        QTest::keyClick(frame(0), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(report()->findChild<NoteEditor*>());
        auto* editor = report()->findChild<NoteEditor*>();
        QTest::keyClicks(editor, "## Mistakes");
        QTest::keyClick(editor, Qt::Key_Return);
        QTest::keyClick(editor, Qt::Key_Return);
        QTest::keyClicks(editor, "The **same** ones, <b>mostly</b>.");
        QCOMPARE(value().blocks[1].kind, ReportBlock::Kind::Text);
        QVERIFY(value().blocks[1].markdown.endsWith("mostly</b>."));
        m_driver->screenshot("report-writing");
        // The keys of undo reach the report from within the text.
        m_driver->window().activateWindow();
        QTRY_VERIFY(QApplication::activeWindow() == &m_driver->window());
        QTest::keyClick(editor, Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(value().blocks.size() < 6 || value().blocks[1].markdown.isEmpty());
        trigger("edit.redo");
        QVERIFY(value().blocks[1].markdown.endsWith("mostly</b>."));
        report()->paper().endEditing();
        QVERIFY(settled());
    }

    void blocksAreDragged()
    {
        const Report before = value();
        // The note, which is behind the first figure, to the front.
        report()->paper().verticalScrollBar()->setValue(0);
        drag(frame(1), frame(0)->geometry().top() - 2);
        QTRY_COMPARE(value().blocks[0].kind, ReportBlock::Kind::Text);
        QVERIFY(settled());
        trigger("edit.undo");
        QVERIFY(value() == before);
        trigger("edit.redo");
        QVERIFY(settled());
        // The second figure onto the middle of the first: panels (a) and (b).
        QCOMPARE(kinds().mid(1, 2), (QStringList{"figure", "figure"}));
        const qsizetype count = value().blocks.size();
        drag(frame(2), frame(1)->geometry().center().y());
        QTRY_COMPARE(value().blocks.size(), count - 1);
        QVERIFY(settled());
        QTRY_COMPARE(frame(1)->items().first()->item().panels.size(), 2);
        QCOMPARE(frame(1)->items().first()->item().panels[1].letter, "b");
        QCOMPARE(action("edit.undo")->text(), "Undo Compose figures");
        trigger("edit.undo");
        QCOMPARE(value().blocks.size(), count);
        trigger("edit.redo");
        QVERIFY(settled());
    }

    void itIsSavedByItself()
    {
        const QString path = reportPath(m_driver->workspace(), m_name);
        QTRY_VERIFY_WITH_TIMEOUT(readReport(path) == value(), 10000);
        QTRY_COMPARE(m_driver->find<QLabel>("reportState", report())->text(), "Saved");
    }

    void itIsExportedBesideTheWindow()
    {
        for (const auto& [name, path] : forms(m_name)) {
            QVERIFY(exportAs(name, path));
            auto* open = m_driver->find<QPushButton>("exportOpen", report());
            m_driver->dialogs().revealed.clear();
            open->click();
            QVERIFY2(m_driver->dialogs().revealed.startsWith(path), qPrintable(m_driver->dialogs().revealed));
        }
        m_driver->screenshot("report-exported");
    }

    /// Headless Chromium: no console errors, figures that can be seen, no request that leaves the page.
    void theExportedPageIsReadByABrowser()
    {
        const QString path = forms(m_name)[0].second, whole = "--window-size=1100,6000";
        const Visit seen = visitPage(path, m_driver->folder(), {"--dump-dom", whole});
        QVERIFY2(seen.ended, qPrintable(seen.messages));
        QCOMPARE(consoleOf(seen), QStringList());
        QCOMPARE(seen.requests, QStringList());
        for (const char* words : {"<title>Small</title>", ">Mistakes</h", "&lt;b&gt;mostly&lt;/b&gt;",
                                  "id=\"figure-1\"", "id=\"table-1\"", "assay-cli run"})
            QVERIFY2(seen.html.contains(QString::fromLatin1(words)), words);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QByteArray html = file.readAll();
        QVERIFY(html.count("<picture>") >= 2);
        // The same page with its figures hidden shows what they are in the picture.
        QFile hidden(m_driver->folder() + "/hidden.html");
        QVERIFY(hidden.open(QIODevice::WriteOnly));
        hidden.write(html.replace("</style>", "picture { visibility: hidden }</style>"));
        hidden.close();
        const QImage without = visitPage(hidden.fileName(), m_driver->folder(), {whole}).picture;
        const QImage with = visitPage(path, m_driver->folder(), {whole}).picture;
        QCOMPARE(with.size(), without.size());
        int pixels = 0;
        for (int y = 0; y < with.height(); ++y) {
            for (int x = 0; x < with.width(); ++x)
                pixels += with.pixel(x, y) != without.pixel(x, y) ? 1 : 0;
        }
        QVERIFY2(pixels > 5000, qPrintable(QString::number(pixels)));
        with.save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/report-small.png"));
    }

    /// Poppler: pages, fonts and text.
    void theExportedPdfIsRead()
    {
        const QString path = forms(m_name)[1].second;
        const QString info = outputOf("pdfinfo", {path});
        const QStringList pages = pagesOf(path);
        QVERIFY2(pages.size() >= 2, qPrintable(info));
        QVERIFY2(info.contains(QRegularExpression(QStringLiteral("Pages: +%1\n").arg(pages.size()))),
                 qPrintable(info));
        QCOMPARE(fontsOutside(path), QStringList());
        const QString text = pages.join('\n').simplified();
        for (const char* words : {"Small", "Mistakes", "The same ones, <b>mostly</b>.", "Figure 1.", "(b)",
                                  "Table 1.", "assay-cli run"})
            QVERIFY2(text.contains(QString::fromLatin1(words)), words);
    }

    void theExportedPdfOpensItsRun()
    {
        m_driver->window().openFile(forms(m_name)[1].second);
        QTRY_COMPARE(tabs().current(), m_page->document());
        tabs().setCurrentWidget(report());
    }

    /// LaTeX itself where it is installed; else the folder's files alone.
    void theExportedLatexCompiles()
    {
        const QString folder = forms(m_name)[2].second;
        for (const char* file : {"main.tex", "appendix.tex", "figures/figure-1b.pdf", "tables/table-1.tex"})
            QVERIFY2(QFile::exists(folder + '/' + file), file);
        QCOMPARE(fontsOutside(folder + "/figures/figure-1b.pdf"), QStringList());
        if (QStandardPaths::findExecutable("pdflatex").isEmpty())
            return;
        for (int pass = 0; pass < 2; ++pass)
            QCOMPARE(complaintsOfLatex(folder), QString());
        const QString text = pagesOf(folder + "/main.pdf").join('\n').simplified();
        for (const char* words : {"Mistakes", "The same ones, <b>mostly</b>.", "Figure 1:", "assay-cli run"})
            QVERIFY2(text.contains(QString::fromLatin1(words)), words);
    }

    /// Thirty figures, as a long paper and its supplement have them.
    void aLongReportIsExported()
    {
        const RunRecord& run = *m_page->document()->record();
        Report longOne;
        longOne.title = "Thirty figures";
        for (int i = 0; i < 30; ++i) {
            const auto& figure = run.figures()[std::size_t(i) % run.figures().size()];
            longOne.blocks << resultBlock(ReportBlock::Kind::Figure, value().blocks[1].parts[0].source,
                                          QString::fromStdString(figure.name));
            longOne.blocks.last().id = QString::number(i);
        }
        const QString file = m_driver->folder() + "/thirty.json";
        writeReport(longOne, file);
        m_driver->window().openFile(file);
        QTRY_VERIFY(tabs().currentReport() && tabs().currentReport()->title() == "Thirty figures");
        m_driver->settle(2000); // what comes into view is drawn first
        const auto files = forms(tabs().currentReport()->name());
        for (const auto& [name, path] : files)
            QVERIFY(exportAs(name, path));
        qInfo("HTML %.1f MB, PDF %.1f MB", double(QFileInfo(files[0].second).size()) / 1e6,
              double(QFileInfo(files[1].second).size()) / 1e6);
        QVERIFY(pagesOf(files[1].second).join('\n').contains("Figure 30."));
        QVERIFY(QFile::exists(files[2].second + "/figures/figure-30.pdf"));
        const QString name = tabs().currentReport()->name();
        m_driver->window().findChild<workbench::ReportDesk*>()->remove(name);
        tabs().setCurrentWidget(report());
    }

    void whyAnExportFailsIsSaid()
    {
        m_driver->dialogs().path = m_driver->folder() + "/missing/folder/out.pdf";
        report()->findChild<QAction*>("exportPdf")->trigger();
        auto* text = m_driver->find<QLabel>("exportText", report());
        auto* close = m_driver->find<QToolButton>("exportClose", report());
        QTRY_VERIFY_WITH_TIMEOUT(close->isVisible(), 60000);
        QVERIFY(!m_driver->find<QPushButton>("exportOpen", report())->isVisible());
        QVERIFY2(text->text().contains("missing") || text->toolTip().contains("missing"),
                 qPrintable(text->text()));
        close->click();
    }

    void anExportIsCancelled()
    {
        const QString path = m_driver->folder() + "/cancelled.pdf";
        m_driver->dialogs().path = path;
        auto* close = m_driver->find<QToolButton>("exportClose", report());
        auto* text = m_driver->find<QLabel>("exportText", report());
        for (const bool started : {false, true}) {
            report()->findChild<QAction*>("exportPdf")->trigger();
            QVERIFY(!close->isVisible());
            if (started)
                QTRY_VERIFY(text->text().contains(": ") || close->isVisible()); // it draws something
            m_driver->find<QPushButton>("exportCancel", report())->click();
            QTRY_VERIFY_WITH_TIMEOUT(close->isVisible(), 30000);
            if (!QFileInfo::exists(path)) // else it was done before
                QVERIFY2(text->text().contains("cancelled"), qPrintable(text->text()));
            for (const QString& left : QDir(m_driver->folder()).entryList({"cancelled*"}))
                QCOMPARE(left, "cancelled.pdf");
            close->click();
        }
    }

    void picturesAreTaken() { look("report"); }

    void itComesBackAsItWas()
    {
        const Report before = value();
        m_page.reset();
        m_driver->reopen();
        QVERIFY(m_driver->waitForCatalogue());
        QCOMPARE(tabs().reports().size(), 1);
        QVERIFY(tabs().currentReport());
        QVERIFY(value() == before);
        QTRY_VERIFY_WITH_TIMEOUT(!frame(1)->items().isEmpty() &&
                                     frame(1)->items().first()->kind() == ContentItem::Kind::Figure,
                                 30000);
        QVERIFY(settled());
    }

    void theLibraryListsAndDeletes()
    {
        auto* library = m_driver->find<LibraryView>("libraryView");
        library->showShelf(LibraryView::Shelf::Reports);
        auto* list = m_driver->find<QListView>("libraryReports");
        QTRY_COMPARE(list->model()->rowCount(), 1);
        m_driver->settle(100);
        m_driver->screenshot("report-library");
        list->setCurrentIndex(list->model()->index(0, 0));
        const Report before = value();
        QTest::keyClick(list, Qt::Key_Delete);
        QTRY_COMPARE(list->model()->rowCount(), 0);
        QVERIFY(tabs().reports().isEmpty());
        QVERIFY(!QFile::exists(reportPath(m_driver->workspace(), m_name)));
        QPushButton* undo = nullptr;
        for (QPushButton* button : m_driver->window().notices().findChildren<QPushButton*>())
            undo = button->text() == "Undo" ? button : undo;
        QVERIFY(undo);
        undo->click();
        QTRY_COMPARE(list->model()->rowCount(), 1);
        QVERIFY(value() == before);
    }

    void deletedReportsOfOneNameAreAllKept()
    {
        const QString path = reportPath(m_driver->workspace(), "twice");
        for (const char* title : {"First", "Second"}) {
            Report one;
            one.title = QString::fromLatin1(title);
            writeReport(one, path);
            QVERIFY(tabs().report("twice"));
            m_driver->window().findChild<workbench::ReportDesk*>()->remove("twice");
            QVERIFY(!QFile::exists(path));
        }
        QStringList titles;
        const QDir bin(m_driver->workspace() + "/reports/.deleted");
        for (const QString& file : bin.entryList({"twice*.json"}, QDir::Files))
            titles << readReport(bin.filePath(file)).title;
        titles.sort();
        QCOMPARE(titles, (QStringList{"First", "Second"}));
    }

    void aNewReportSaysHowToBegin()
    {
        trigger("file.newReport");
        ReportPage* fresh = tabs().currentReport();
        QVERIFY(fresh && fresh->name() != m_name);
        QVERIFY(fresh->report().blocks.isEmpty());
        QTRY_VERIFY(fresh->findChild<QPushButton*>("startRun"));
        m_driver->settle(300);
        m_driver->screenshot("report-empty");
        fresh->findChild<QPushButton*>("startRun")->click();
        QTRY_VERIFY_WITH_TIMEOUT(fresh->report().blocks.size() > 4, 20000);
        fresh->undoStack()->undo();
        QVERIFY(fresh->report().blocks.isEmpty());
        tabs().closeCurrent();
    }

    void aDroppedReportIsCopied()
    {
        const QString path = m_driver->folder() + "/elsewhere.json";
        Report other;
        other.title = "From elsewhere";
        other.blocks = {textBlock("Hello")};
        other.blocks[0].id = "b1";
        writeReport(other, path);
        m_driver->window().openFile(path);
        QTRY_VERIFY(tabs().currentReport() && tabs().currentReport()->title() == "From elsewhere");
        QVERIFY(tabs().currentReport()->report() == other);
        tabs().closeCurrent();
        // A damaged one says what is wrong where it would stand.
        QFile file(reportPath(m_driver->workspace(), "damaged"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("[1, 2");
        file.close();
        ReportPage* page = tabs().report("damaged");
        QVERIFY(!page->isReadable());
        m_driver->settle(200);
        m_driver->screenshot("report-damaged");
        tabs().closeCurrent();
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), "[1, 2"); // nothing was written over it
    }

    void aDeletedRunIsMissedInItsPlace()
    {
        QVERIFY(report());
        const QString run = value().blocks[1].parts[0].source.run;
        bool answered = false;
        m_driver->window().engine().request("run.delete", {{"run", run.toStdString()}}, this,
                                            [&](const protocol::Reply& reply) { answered = reply.ok; });
        QTRY_VERIFY_WITH_TIMEOUT(answered, 10000);
        m_driver->window().engine().refreshRuns();
        QTRY_VERIFY_WITH_TIMEOUT(frame(1)->findChild<QLabel*>("reportProblem"), 20000);
        QVERIFY(frame(1)->findChild<QLabel*>("reportProblem")->text().contains(run));
        m_driver->settle(200);
        m_driver->screenshot("report-missing-run");
    }

    void cleanupTestCase()
    {
        m_page.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiReports)
#include "gui_reports.moc"
