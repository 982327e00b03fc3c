#include "made_runs.h"
#include "widgets/figures/figure_view.h"
#include "widgets/report/editor/block_frame.h"
#include "widgets/report/editor/block_grip.h"
#include "widgets/report/editor/figure_item.h"
#include "widgets/report/editor/item_view.h"
#include "widgets/report/editor/note_editor.h"
#include "widgets/report/editor/paper_drag.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_draft.h"
#include "widgets/report/editor/report_paper.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <memory>

using namespace assay;
using namespace assay::widgets;

/// The paper by mouse and keyboard: everything that can be done is done as a reader does it.
class GuiReportPaper : public QObject
{
    Q_OBJECT

    test::MadeRuns m_runs;
    std::unique_ptr<ReportDraft> m_draft;
    std::unique_ptr<ReportActions> m_actions;
    std::unique_ptr<ReportPaper> m_paper;

    void refresh() { m_paper->setContent(resolveReport(m_draft->report(), m_runs)); }
    BlockFrame* frame(const char* id) const { return m_paper->frame(QString::fromLatin1(id)); }
    NoteEditor* editor() const { return m_paper->findChild<NoteEditor*>(); }
    QStringList ids() const
    {
        QStringList all;
        for (const ReportBlock& block : m_draft->report().blocks)
            all << block.id;
        return all;
    }
    QString labels() const
    {
        QStringList all;
        for (const ReportBlock& block : m_draft->report().blocks) {
            for (const ItemView* item : frame(block.id.toLatin1().constData())->items())
                all << (item->item().label.isEmpty() ? QStringLiteral("text") : item->item().label);
        }
        return all.join(", ");
    }
    /// Drags the block by its grip to the height @p y of the sheet.
    void drag(const char* id, int y)
    {
        BlockGrip* grip = frame(id)->grip();
        frame(id)->setFocus();
        QVERIFY(grip->isVisible());
        const QPoint from = grip->rect().center();
        const QPoint to = grip->mapFrom(m_paper->widget(), QPoint(200, y));
        QTest::mousePress(grip, Qt::LeftButton, {}, from);
        for (int i = 1; i <= 4; ++i)
            QTest::mouseMove(grip, from + (to - from) * i / 4);
        QTest::mouseRelease(grip, Qt::LeftButton, {}, to);
    }

private Q_SLOTS:
    void init()
    {
        const RunSource run = m_runs.add("run", 1, 100);
        Report report;
        report.title = "Made";
        report.blocks = {textBlock("A **note**"), resultBlock(ReportBlock::Kind::Figure, run, "one"),
                         resultBlock(ReportBlock::Kind::Figure, run, "two"),
                         resultBlock(ReportBlock::Kind::Table, run, "pairs"),
                         resultBlock(ReportBlock::Kind::Gallery, run, "tiles")};
        for (qsizetype i = 0; i < report.blocks.size(); ++i)
            report.blocks[i].id = QStringList{"note", "one", "two", "pairs", "tiles"}[i];
        m_draft = std::make_unique<ReportDraft>();
        m_actions =
            std::make_unique<ReportActions>(*m_draft, [this]() -> const RunIndex& { return m_runs.index(); });
        m_paper = std::make_unique<ReportPaper>(*m_draft, *m_actions);
        m_draft->reset(report);
        connect(m_draft.get(), &ReportDraft::changed, m_paper.get(), [this] { refresh(); });
        m_paper->resize(900, 2600); // all of it is in view: nothing scrolls under the mouse
        m_paper->show();
        refresh();
        QVERIFY(QTest::qWaitForWindowExposed(m_paper.get()));
        m_paper->activateWindow();
    }

    void cleanup()
    {
        m_paper.reset();
        m_actions.reset();
        m_draft.reset();
        m_runs.remove("run");
    }

    void figuresAreDrawnWhenTheyAreSeen()
    {
        QCOMPARE(labels(), "text, Figure 1, Figure 2, Table 1, Figure 3");
        auto* item = qobject_cast<FigureItem*>(frame("two")->items().first());
        QVERIFY(item);
        QTRY_VERIFY(item->panel(0));
    }

    void blocksDoNotOverlap()
    {
        int bottom = m_paper->findChild<QLineEdit*>("reportAuthor")->geometry().bottom();
        for (const ReportBlock& block : m_draft->report().blocks) {
            const QRect place = m_paper->frame(block.id)->geometry();
            QVERIFY(place.top() > bottom);
            QVERIFY(place.height() > 20);
            bottom = place.bottom();
        }
        QVERIFY(m_paper->widget()->height() > bottom);
    }

    void aNoteIsWrittenInItsPlace()
    {
        QTest::mouseDClick(frame("note"), Qt::LeftButton, {}, frame("note")->rect().center());
        QVERIFY(editor());
        QTRY_VERIFY(editor()->hasFocus());
        QTest::keyClicks(editor(), " more");
        QCOMPARE(m_draft->report().blocks[0].markdown, "A **note** more");
        QCOMPARE(m_draft->undoStack()->count(), 1);
        QCOMPARE(m_draft->undoStack()->undoText(), "Write note");
        // Undo reaches the text while it is being written.
        m_draft->undoStack()->undo();
        QCOMPARE(editor()->toPlainText(), "A **note**");
        m_draft->undoStack()->redo();
        QCOMPARE(editor()->toPlainText(), "A **note** more");
        QTest::keyClick(editor(), Qt::Key_Escape);
        QTRY_VERIFY(!editor());
        QVERIFY(frame("note")->hasFocus());
    }

    void undoWhileWritingKeepsThePageInPlace()
    {
        m_paper->resize(900, 500);
        m_actions->addNote("tiles");
        QVERIFY(editor());
        QTest::keyClicks(editor(), "Last");
        const int seen = m_paper->verticalScrollBar()->value();
        QVERIFY(seen > 0);
        m_draft->undoStack()->undo();
        QVERIFY(editor());
        QCOMPARE(editor()->toPlainText(), QString());
        QVERIFY(m_paper->verticalScrollBar()->value() > seen / 2);
    }

    void aCaptionIsWrittenInItsPlace()
    {
        frame("one")->setFocus();
        QTest::keyClick(frame("one"), Qt::Key_Return);
        QVERIFY(editor());
        // It begins with what the study says, which does not become the writer's by being looked at.
        QVERIFY(editor()->toPlainText().contains("Figure one of run"));
        QTest::keyClick(editor(), Qt::Key_Escape);
        QCOMPARE(m_draft->undoStack()->count(), 0);
        QTRY_VERIFY(!editor());
        QTest::keyClick(frame("one"), Qt::Key_Return);
        editor()->selectAll();
        QTest::keyClicks(editor(), "Own words.");
        QTest::keyClick(editor(), Qt::Key_Escape);
        QCOMPARE(m_draft->report().blocks[1].caption, "Own words.");
        QCOMPARE(frame("one")->items().first()->item().caption, "Own words.");
    }

    void keysMoveChooseAndDelete()
    {
        frame("note")->setFocus();
        QCOMPARE(m_paper->current(), "note");
        QTest::keyClick(frame("note"), Qt::Key_Down);
        QCOMPARE(m_paper->current(), "one");
        QTest::keyClick(frame("one"), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(ids(), (QStringList{"note", "two", "one", "pairs", "tiles"}));
        QCOMPARE(m_paper->current(), "one"); // it keeps the focus on its way
        QTest::keyClick(frame("one"), Qt::Key_Up, Qt::AltModifier);
        QTest::keyClick(frame("one"), Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(ids(), (QStringList{"one", "note", "two", "pairs", "tiles"}));
        QTest::keyClick(frame("one"), Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(ids().size(), 6);
        QTest::keyClick(m_paper->frame(m_paper->current()), Qt::Key_Delete);
        QCOMPARE(ids().size(), 5);
        QTest::keyClick(m_paper->frame(m_paper->current()), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(editor()); // a new note, ready to be written
        QTest::keyClicks(editor(), "New");
        QTest::keyClick(editor(), Qt::Key_Escape);
        QCOMPARE(ids().size(), 6);
        while (m_draft->undoStack()->canUndo())
            m_draft->undoStack()->undo();
        QCOMPARE(ids(), (QStringList{"note", "one", "two", "pairs", "tiles"}));
        QCOMPARE(labels(), "text, Figure 1, Figure 2, Table 1, Figure 3");
    }

    void aGripDragsABlockIntoAGap()
    {
        drag("tiles", frame("one")->geometry().top() - 2);
        QCOMPARE(ids(), (QStringList{"note", "tiles", "one", "two", "pairs"}));
        QCOMPARE(m_draft->undoStack()->undoText(), "Move gallery");
        m_draft->undoStack()->undo();
        QCOMPARE(ids(), (QStringList{"note", "one", "two", "pairs", "tiles"}));
    }

    void aFigureDroppedOnAFigureBecomesItsPanel()
    {
        drag("two", frame("one")->geometry().center().y());
        QCOMPARE(ids(), (QStringList{"note", "one", "pairs", "tiles"}));
        const ContentItem& item = frame("one")->items().first()->item();
        QCOMPARE(item.panels.size(), 2);
        QCOMPARE(item.panels[1].letter, "b");
        auto* view = qobject_cast<FigureItem*>(frame("one")->items().first());
        QTRY_VERIFY(view->panel(1));
        m_draft->undoStack()->undo();
        QCOMPARE(labels(), "text, Figure 1, Figure 2, Table 1, Figure 3");
    }

    void escapeGivesADragUp()
    {
        BlockGrip* grip = frame("tiles")->grip();
        frame("tiles")->setFocus();
        const QPoint to = grip->mapFrom(m_paper->widget(), QPoint(200, frame("one")->geometry().top() - 2));
        QTest::mousePress(grip, Qt::LeftButton, {}, grip->rect().center());
        QTest::mouseMove(grip, to);
        auto* mark = m_paper->findChild<DropMark*>();
        QVERIFY(mark->isVisible());
        QTest::keyClick(frame("tiles"), Qt::Key_Escape);
        QVERIFY(!mark->isVisible());
        QTest::mouseRelease(grip, Qt::LeftButton, {}, to);
        QCOMPARE(m_draft->undoStack()->count(), 0);
    }

    void theWheelOverAFigureMovesThePage()
    {
        m_paper->resize(900, 600);
        auto* item = qobject_cast<FigureItem*>(frame("one")->items().first());
        QTRY_VERIFY(item->panel(0));
        auto* plot = item->panel(0)->findChild<QWidget*>("plot");
        QVERIFY(plot);
        const QPointF at = plot->rect().center();
        QWheelEvent wheel(at, plot->mapToGlobal(at), {}, {0, -240}, {}, {}, Qt::NoScrollPhase, false);
        QSpontaneKeyEvent::setSpontaneous(&wheel); // as from the mouse: only such go on to the parents
        qApp->notify(plot, &wheel);                // sendEvent() would make it another again
        QVERIFY(m_paper->verticalScrollBar()->value() > 0);
    }

    void titleAndAuthorAreWritten()
    {
        auto* title = m_paper->findChild<QLineEdit*>("reportTitle");
        QCOMPARE(title->text(), "Made");
        title->setFocus();
        QTest::keyClick(title, Qt::Key_End);
        QTest::keyClicks(title, " up");
        QCOMPARE(m_draft->report().title, "Made up");
        QCOMPARE(m_draft->undoStack()->count(), 1);
        m_draft->undoStack()->undo();
        QCOMPARE(title->text(), "Made");
    }

    void newerRunsTakeThePlaceOfOlderOnes()
    {
        m_actions->setPinned("two", true);
        m_runs.add("newer", 1, 200);
        refresh();
        QCOMPARE(frame("one")->items().first()->item().runs, QStringList{"newer"});
        QCOMPARE(frame("two")->items().first()->item().runs, QStringList{"run"});
        m_runs.remove("newer");
    }

    void aMissingRunSaysSoInItsPlace()
    {
        m_runs.remove("run");
        refresh();
        auto* problem = frame("one")->findChild<QLabel*>("reportProblem");
        QVERIFY(problem && problem->isVisible());
        QVERIFY2(problem->text().contains("run"), qPrintable(problem->text()));
        QVERIFY(!frame("one")->canEdit()); // there is no caption without its figure
        QVERIFY(frame("note")->canEdit());
    }
};

QTEST_MAIN(GuiReportPaper)
#include "gui_report_paper.moc"
