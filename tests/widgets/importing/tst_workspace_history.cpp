#include "answering_engine.h"

#include "widgets/importing/workspace_history.h"

#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

class TestWorkspaceHistory : public QObject
{
    Q_OBJECT
    AnsweringEngine m_engine;

    void expect(const std::string& method, const Json& params)
    {
        QCOMPARE(m_engine.questions.size(), 1);
        QCOMPARE(m_engine.questions[0].method, method);
        QCOMPARE(jsonText(m_engine.questions[0].params), jsonText(params));
    }

private Q_SLOTS:
    void init() { m_engine.questions.clear(); }

    void anImportIsUndoneAndDoneAgain()
    {
        WorkspaceHistory history(m_engine.ask());
        QSignalSpy removed(&history, &WorkspaceHistory::removed);
        QSignalSpy restored(&history, &WorkspaceHistory::restored);
        history.addImport("model", "mine", "Mine");
        QVERIFY(m_engine.questions.isEmpty()); // it has happened already
        QCOMPARE(history.stack().undoText(), QString("Import of Mine"));
        history.stack().undo();
        expect("import.remove", {{"kind", "model"}, {"name", "mine"}});
        QCOMPARE(removed.count(), 0);
        m_engine.answer({{"undo", "token-1"}});
        QCOMPARE(removed.count(), 1);
        history.stack().redo();
        expect("import.restore", {{"undo", "token-1"}});
        m_engine.answer({{"kind", "model"}, {"name", "mine"}});
        QCOMPARE(restored.count(), 1);
    }

    void aRemovalIsUndone()
    {
        WorkspaceHistory history(m_engine.ask());
        history.remove("data", "faces", "Faces");
        expect("import.remove", {{"kind", "data"}, {"name", "faces"}});
        m_engine.answer({{"undo", "t"}});
        history.stack().undo();
        expect("import.restore", {{"undo", "t"}});
        m_engine.answer({{"kind", "data"}, {"name", "faces"}});
    }

    void quickUndoAndRedoSettleOnTheLastWord()
    {
        WorkspaceHistory history(m_engine.ask());
        history.addImport("model", "mine", "Mine");
        history.stack().undo();
        history.stack().redo();
        history.stack().undo();
        QCOMPARE(m_engine.questions.size(), 1);
        m_engine.answer({{"undo", "t"}});
        QVERIFY(m_engine.questions.isEmpty()); // gone is what was wanted last
        history.stack().redo();
        history.stack().undo();
        history.stack().redo();
        expect("import.restore", {{"undo", "t"}});
        m_engine.answer({{"kind", "model"}, {"name", "mine"}});
        QVERIFY(m_engine.questions.isEmpty());
    }

    void aRefusalIsSaidAndTheStepIsVoid()
    {
        WorkspaceHistory history(m_engine.ask());
        QSignalSpy failed(&history, &WorkspaceHistory::failed);
        history.addImport("model", "mine", "Mine");
        history.stack().undo();
        m_engine.refuse("The card is gone.");
        QCOMPARE(failed.count(), 1);
        QCOMPARE(failed[0][0].toString(), QString("The card is gone."));
        history.stack().redo();
        QVERIFY(m_engine.questions.isEmpty());
        QCOMPARE(history.stack().count(), 0);
    }

    void aNoticesUndoWorksLaterToo()
    {
        WorkspaceHistory history(m_engine.ask());
        history.remove("model", "a", "A");
        m_engine.answer({{"undo", "ta"}});
        history.remove("model", "b", "B");
        m_engine.answer({{"undo", "tb"}});
        history.revert("model", "a"); // not the last step
        expect("import.restore", {{"undo", "ta"}});
        m_engine.answer({{"kind", "model"}, {"name", "a"}});
        QCOMPARE(history.stack().count(), 3);
        history.revert("model", "a"); // the last step: undone
        expect("import.remove", {{"kind", "model"}, {"name", "a"}});
        QCOMPARE(history.stack().index(), 2);
    }

    void aReplacementIsOneStep()
    {
        WorkspaceHistory history(m_engine.ask());
        history.beginReplacing("model", "mine", "Mine");
        QVERIFY(history.isReplacing());
        m_engine.answer({{"undo", "old"}});
        history.finishReplacing("mine");
        QCOMPARE(history.stack().count(), 1);
        history.stack().undo();
        // The successor leaves before its forerunner comes back to the name.
        QCOMPARE(m_engine.questions.size(), 2);
        QCOMPARE(m_engine.questions[0].method, std::string("import.remove"));
        QCOMPARE(jsonText(m_engine.questions[1].params), QString(R"({"undo":"old"})"));
    }

    void anAbandonedReplacementPutsTheCardBack()
    {
        WorkspaceHistory history(m_engine.ask());
        history.beginReplacing("model", "mine", "Mine");
        history.cancelReplacing(); // before the engine has answered
        m_engine.answer({{"undo", "old"}});
        expect("import.restore", {{"undo", "old"}});
        m_engine.answer({{"kind", "model"}, {"name", "mine"}});
        QCOMPARE(history.stack().count(), 0);
        history.cancelReplacing(); // nothing to put back
        QVERIFY(m_engine.questions.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestWorkspaceHistory)
#include "tst_workspace_history.moc"
