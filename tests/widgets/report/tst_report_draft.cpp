#include "made_runs.h"

#include "backend/protocol/run_spec.h"
#include "widgets/report/editor/paper_drag.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_draft.h"
#include "widgets/report/editor/report_saver.h"
#include "widgets/report/report_file.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace assay;
using namespace assay::widgets;

namespace {

Report madeReport()
{
    const RunSource run{"old", false, toJson(protocol::RunSpec{.study = "made.study", .seed = 1})};
    Report report;
    report.title = "Made";
    report.blocks = {textBlock("A note"), resultBlock(ReportBlock::Kind::Figure, run, "one"),
                     resultBlock(ReportBlock::Kind::Figure, run, "two"),
                     resultBlock(ReportBlock::Kind::Table, run, "pairs"),
                     resultBlock(ReportBlock::Kind::Gallery, run, "tiles")};
    const QStringList ids{"note", "one", "two", "pairs", "tiles"};
    for (qsizetype i = 0; i < ids.size(); ++i)
        report.blocks[i].id = ids[i];
    return report;
}

QStringList idsOf(const Report& report)
{
    QStringList ids;
    for (const ReportBlock& block : report.blocks)
        ids << block.id;
    return ids;
}

} // namespace

/// Every edit of a report changes what it should, is one step with a text, and is undone and redone whole.
class TestReportDraft : public QObject
{
    Q_OBJECT

    using Edit = std::function<void(ReportActions&)>;
    using Check = std::function<bool(const Report&)>;

    test::MadeRuns m_runs;

private Q_SLOTS:
    void initTestCase()
    {
        m_runs.add("old", 1, 100);
        m_runs.add("new", 1, 200);
    }

    void editsAreSteps_data()
    {
        QTest::addColumn<Edit>("edit");
        QTest::addColumn<QString>("text");
        QTest::addColumn<Check>("check");
        const auto row = [](const char* name, Edit edit, const char* text, Check check) {
            QTest::newRow(name) << edit << QString::fromLatin1(text) << check;
        };
        const auto order = [](QStringList ids) {
            return [ids](const Report& report) { return idsOf(report) == ids; };
        };
        row(
            "note", [](auto& a) { a.addNote("one"); }, "Add note",
            [](const Report& r) {
                return r.blocks.size() == 6 && r.blocks[2].kind == ReportBlock::Kind::Text &&
                       r.blocks[2].markdown.isEmpty() && !r.blocks[2].id.isEmpty();
            });
        row(
            "add at the end",
            [](auto& a) {
                a.add("Add figure", {textBlock("x"), textBlock("y")});
            },
            "Add figure",
            [](const Report& r) {
                return r.blocks.size() == 7 && r.blocks[6].markdown == "y" &&
                       r.blocks[5].id != r.blocks[6].id;
            });
        row(
            "delete", [](auto& a) { a.remove("two"); }, "Delete figure",
            order({"note", "one", "pairs", "tiles"}));
        row(
            "duplicate", [](auto& a) { a.duplicate("pairs"); }, "Duplicate table",
            [](const Report& r) {
                return r.blocks.size() == 6 && r.blocks[4].parts == r.blocks[3].parts &&
                       r.blocks[4].id != r.blocks[3].id;
            });
        row(
            "down", [](auto& a) { a.moveBy("note", 1); }, "Move note",
            order({"one", "note", "two", "pairs", "tiles"}));
        row(
            "up", [](auto& a) { a.moveBy("tiles", -2); }, "Move gallery",
            order({"note", "one", "tiles", "two", "pairs"}));
        row(
            "dragged down", [](auto& a) { a.moveBefore("one", 4); }, "Move figure",
            order({"note", "two", "pairs", "one", "tiles"}));
        row(
            "dragged up", [](auto& a) { a.moveBefore("tiles", 0); }, "Move gallery",
            order({"tiles", "note", "one", "two", "pairs"}));
        row(
            "compose", [](auto& a) { a.compose("two", "one"); }, "Compose figures",
            [](const Report& r) {
                return r.blocks.size() == 4 && r.blocks[1].parts.size() == 2 &&
                       r.blocks[1].parts[1].name == "two";
            });
        row(
            "pin", [](auto& a) { a.setPinned("one", true); }, "Pin figure to its run",
            [](const Report& r) {
                // What stands there is the newer run of the same spec.
                return r.blocks[1].parts[0].source.pinned && r.blocks[1].parts[0].source.run == "new";
            });
        row(
            "width", [](auto& a) { a.setWidth("one", 84); }, "Set width of figure",
            [](const Report& r) { return r.blocks[1].widthMm == 84; });
        row(
            "columns", [](auto& a) { a.setColumns("one", 2); }, "Set columns of panels",
            [](const Report& r) { return r.blocks[1].columns == 2; });
        row(
            "rows", [](auto& a) { a.setMost("pairs", 5); }, "Set rows of table",
            [](const Report& r) { return r.blocks[3].most == 5; });
        row(
            "images", [](auto& a) { a.setMost("tiles", 8); }, "Set number of images",
            [](const Report& r) { return r.blocks[4].most == 8; });
        row(
            "preset", [](auto& a) { a.setPreset("ieee"); }, "Set style of figures",
            [](const Report& r) { return r.preset == "ieee"; });
        row(
            "grey", [](auto& a) { a.setGreySafe(true); }, "Set style of figures",
            [](const Report& r) { return r.greySafe; });
        row(
            "typed note", [](auto& a) { a.typeNote("note", "B"); }, "Write note",
            [](const Report& r) { return r.blocks[0].markdown == "B"; });
        row(
            "typed caption", [](auto& a) { a.typeCaption("pairs", "Own."); }, "Write caption",
            [](const Report& r) { return r.blocks[3].caption == "Own."; });
        row(
            "typed title", [](auto& a) { a.typeTitle("T"); }, "Write title",
            [](const Report& r) { return r.title == "T"; });
        row(
            "typed author", [](auto& a) { a.typeAuthor("N. N."); }, "Write author",
            [](const Report& r) { return r.author == "N. N."; });
    }

    void editsAreSteps()
    {
        QFETCH(Edit, edit);
        QFETCH(QString, text);
        QFETCH(Check, check);
        ReportDraft draft;
        ReportActions actions(draft, [this]() -> const RunIndex& { return m_runs.index(); });
        draft.reset(madeReport());
        edit(actions);
        const Report after = draft.report();
        QVERIFY(check(after));
        QCOMPARE(draft.undoStack()->count(), 1);
        QCOMPARE(draft.undoStack()->undoText(), text);
        draft.undoStack()->undo();
        QVERIFY(draft.report() == madeReport());
        draft.undoStack()->redo();
        QVERIFY(draft.report() == after);
    }

    void panelsComeApart()
    {
        ReportDraft draft;
        ReportActions actions(draft, [this]() -> const RunIndex& { return m_runs.index(); });
        draft.reset(madeReport());
        actions.compose("two", "one");
        actions.movePanel("one", 1, 0);
        QCOMPARE(draft.report().blocks[1].parts[0].name, "two");
        const Report composed = draft.report();
        actions.takeApart("one");
        QCOMPARE(draft.report().blocks.size(), 5);
        QCOMPARE(draft.report().blocks[1].parts.size(), 1);
        QCOMPARE(draft.report().blocks[2].parts[0].name, "one");
        draft.undoStack()->undo();
        QVERIFY(draft.report() == composed);
        actions.takeOut("one", 0);
        QCOMPARE(draft.report().blocks[1].parts[0].name, "one");
        QCOMPARE(draft.report().blocks[2].parts[0].name, "two");
        QVERIFY(draft.report().blocks[2].id != draft.report().blocks[1].id);
    }

    void whatChangesNothingIsNoStep()
    {
        ReportDraft draft;
        ReportActions actions(draft, [this]() -> const RunIndex& { return m_runs.index(); });
        draft.reset(madeReport());
        actions.moveBy("note", -1);
        actions.moveBy("tiles", 1);
        actions.moveBefore("one", 1);
        actions.moveBefore("one", 2);
        actions.compose("pairs", "one");
        actions.compose("one", "one");
        actions.takeApart("one");
        actions.remove("gone");
        actions.typeNote("note", "A note");
        QCOMPARE(draft.undoStack()->count(), 0);
    }

    void typingInOnePlaceIsOneStep()
    {
        ReportDraft draft;
        ReportActions actions(draft, [this]() -> const RunIndex& { return m_runs.index(); });
        draft.reset(madeReport());
        for (const char* text : {"A note.", "A note. M", "A note. More"})
            actions.typeNote("note", text);
        QCOMPARE(draft.undoStack()->count(), 1);
        actions.typeCaption("one", "C");
        actions.typeCaption("two", "C");
        QCOMPARE(draft.undoStack()->count(), 3);
        actions.typeCaption("two", "C2");
        QCOMPARE(draft.undoStack()->count(), 3);
        draft.endTyping();
        actions.typeCaption("two", "C3");
        QCOMPARE(draft.undoStack()->count(), 4);
        for (int i = 0; i < 4; ++i)
            draft.undoStack()->undo();
        QVERIFY(draft.report() == madeReport());
    }

    void typingBackToTheStartIsNoStep()
    {
        ReportDraft draft;
        ReportActions actions(draft, [this]() -> const RunIndex& { return m_runs.index(); });
        draft.reset(madeReport());
        actions.typeTitle("Made!");
        actions.typeTitle("Made");
        QCOMPARE(draft.undoStack()->count(), 0);
        QVERIFY(draft.report() == madeReport());
    }

    void blocksDropIntoGapsAndOntoFigures()
    {
        const QVector<BlockPlace> places{{"a", {0, 0, 100, 40}, false},
                                         {"b", {0, 50, 100, 100}, true},
                                         {"c", {0, 160, 100, 100}, true},
                                         {"d", {0, 270, 100, 40}, false}};
        QCOMPARE(dropTargetAt(places, 2, 100), (DropTarget{.onto = "b"})); // the middle of a figure
        QCOMPARE(dropTargetAt(places, 2, 55), (DropTarget{.before = 1}));  // its upper edge
        QCOMPARE(dropTargetAt(places, 0, 100), (DropTarget{.before = 2})); // a note is no panel
        QVERIFY(dropTargetAt(places, 2, 200).isNone());                    // itself
        QVERIFY(dropTargetAt(places, 2, 145).isNone());                    // the gap before itself
        QCOMPARE(dropTargetAt(places, 2, -50), (DropTarget{.before = 0}));
        QCOMPARE(dropTargetAt(places, 1, 900), (DropTarget{.before = 4}));
        QVERIFY(dropTargetAt(places, 9, 100).isNone());
    }

    void theFileFollowsTheReport()
    {
        QTemporaryDir folder;
        const QString path = reportPath(folder.path(), "made");
        {
            ReportSaver saver(path);
            QSignalSpy settled(&saver, &ReportSaver::settled);
            Report report = madeReport();
            saver.saveLater(report);
            QVERIFY(!saver.isSaved());
            QVERIFY(settled.wait(10000));
            QVERIFY(saver.isSaved());
            QVERIFY(readReport(path) == report);
            report.title = "Later";
            saver.saveLater(report);
        } // what is not written yet is written at the end
        QCOMPARE(readReport(path).title, "Later");
    }

    void whatCannotBeWrittenIsKeptAndTriedAgain()
    {
        QTemporaryDir folder;
        const QString blocked = folder.filePath("reports");
        QFile file(blocked); // a file where the folder should be
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        const QString path = reportPath(folder.path(), "made");
        ReportSaver saver(path);
        saver.saveLater(madeReport());
        QVERIFY(!saver.flush());
        QVERIFY(saver.problem().contains(path));
        QVERIFY(!saver.isSaved());
        QVERIFY(file.remove());
        QVERIFY(saver.flush());
        QVERIFY(saver.isSaved());
        QVERIFY(readReport(path) == madeReport());
    }
};

QTEST_GUILESS_MAIN(TestReportDraft)
#include "tst_report_draft.moc"
