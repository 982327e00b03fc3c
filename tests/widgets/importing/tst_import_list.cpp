#include "answering_engine.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;
using State = ImportFile::State;

class TestImportList : public QObject
{
    Q_OBJECT
    AnsweringEngine m_engine;

private Q_SLOTS:
    void init() { m_engine.questions.clear(); }

    void aFileIsLookedAtAndImported()
    {
        ImportList list(m_engine.ask());
        QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy imported(&list, &ImportList::imported);
        list.add("/data/resnet.onnx");
        QCOMPARE(list.file(0).state, State::Looking);
        QCOMPARE(m_engine.questions.size(), 1);
        QCOMPARE(m_engine.questions[0].method, std::string("import.inspect"));
        QCOMPARE(jsonText(m_engine.params()), QString(R"({"path":"/data/resnet.onnx","values":{}})"));
        m_engine.answer(readyInspection());
        QCOMPARE(list.file(0).state, State::Ready);
        QCOMPARE(list.file(0).obstacle(), QString());
        list.import(0);
        QCOMPARE(list.file(0).state, State::Adding);
        QCOMPARE(m_engine.questions[0].method, std::string("import.add"));
        m_engine.answer({{"kind", "model"}, {"name", "resnet18"}});
        QCOMPARE(list.file(0).state, State::Added);
        QCOMPARE(imported.count(), 1);
        QCOMPARE(imported[0], QVariantList({"model", "resnet18", "/data/resnet.onnx"}));
    }

    void whatIsAskedIsSaidAndCorrected()
    {
        ImportList list(m_engine.ask());
        list.add("/a");
        m_engine.answer(sampleInspection());
        QCOMPARE(list.file(0).state, State::Asking);
        QCOMPARE(list.file(0).obstacle(), QString("Fill in what only you can know: Height and Width."));
        list.import(0); // refused here already
        QVERIFY(m_engine.questions.isEmpty());
        const Json values = {{"height", 224}, {"width", 224}};
        list.correct(0, values);
        QCOMPARE(list.file(0).state, State::Looking);
        QVERIFY(m_engine.questions.isEmpty()); // the pause in typing
        QTRY_COMPARE(m_engine.questions.size(), 1);
        QCOMPARE(m_engine.values(), jsonText(values));
        m_engine.answer(sampleInspection(values));
        QCOMPARE(list.file(0).state, State::Ready);
        list.import(0);
        QCOMPARE(m_engine.values(), jsonText(values));
    }

    void anOvertakenReplyIsDropped()
    {
        ImportList list(m_engine.ask());
        list.add("/a");
        list.correct(0, {{"height", 2}});
        list.hurry();
        QCOMPARE(m_engine.questions.size(), 1); // one at a time
        list.correct(0, {{"height", 22}, {"width", 3}});
        list.hurry();
        m_engine.answer(readyInspection()); // of the file without corrections: too late
        QCOMPARE(list.file(0).state, State::Looking);
        QVERIFY(!list.file(0).inspection.isRecognised());
        QCOMPARE(m_engine.questions.size(), 1);
        QCOMPARE(m_engine.values(), QString(R"({"height":22,"width":3})")); // the 2 was never asked
        m_engine.answer(sampleInspection({{"height", 22}, {"width", 3}}));
        QCOMPARE(list.file(0).state, State::Ready);
        QCOMPARE(list.file(0).inspection.values["height"].get<int>(), 22);
    }

    void theFileInFrontGoesFirst()
    {
        ImportList list(m_engine.ask());
        for (const char* path : {"/a", "/b", "/c"})
            list.add(path);
        QCOMPARE(m_engine.questions.size(), 1);
        QCOMPARE(list.file(2).state, State::Waiting);
        list.setCurrent(2);
        m_engine.answer(readyInspection());
        QCOMPARE(jsonText(m_engine.params()["path"]), QString("\"/c\""));
        m_engine.answer(readyInspection());
        QCOMPARE(jsonText(m_engine.params()["path"]), QString("\"/b\""));
        m_engine.refuse("b: the header is torn. Copy the file again.");
        QCOMPARE(list.file(1).state, State::Failed);
        QCOMPARE(list.file(1).error, QString("b: the header is torn. Copy the file again."));
        QCOMPARE(list.readyCount(), 2);
        list.importReady();
        QCOMPARE(m_engine.questions.size(), 2);
        QCOMPARE(list.file(1).state, State::Failed);
    }

    void aLongWaitCanBeGivenUp()
    {
        ImportList list(m_engine.ask());
        list.add("/large");
        list.add("/small");
        list.stop(0);
        QCOMPARE(list.file(0).state, State::Stopped);
        QCOMPARE(m_engine.questions.size(), 2); // the other need not wait for it
        QCOMPARE(jsonText(m_engine.params(1)["path"]), QString("\"/small\""));
        m_engine.answer(readyInspection(), 0); // of the large one: nobody waits for it
        QCOMPARE(list.file(0).state, State::Stopped);
        QCOMPARE(m_engine.questions.size(), 1); // and it does not let a third question through
        m_engine.answer(readyInspection());
        QCOMPARE(list.file(1).state, State::Ready);
        list.look(0);
        m_engine.answer(readyInspection());
        QCOMPARE(list.file(0).state, State::Ready);
    }

    void aValueThatIsNotAllowedIsNotAsked()
    {
        ImportList list(m_engine.ask());
        list.add("/a");
        m_engine.answer(readyInspection());
        list.hold(0);
        QCOMPARE(list.file(0).obstacle(), QString("Mend the marked values first."));
        QCOMPARE(list.readyCount(), 0);
        list.import(0);
        QTest::qWait(400);
        QVERIFY(m_engine.questions.isEmpty());
    }

    void aRefusedImportKeepsTheForm()
    {
        ImportList list(m_engine.ask());
        list.add("/a");
        m_engine.answer(readyInspection());
        list.import(0);
        m_engine.refuse("name: there is already a model 'resnet18'. Choose another name.");
        QCOMPARE(list.file(0).state, State::Blocked);
        QVERIFY(list.file(0).inspection.isRecognised());
        list.correct(0, {{"name", "other"}});
        QVERIFY(list.file(0).error.isEmpty());
    }

    void theSameFileIsThereOnce()
    {
        ImportList list(m_engine.ask());
        QCOMPARE(list.add("/a"), 0);
        QCOMPARE(list.add("/a"), 0);
        QCOMPARE(list.count(), 1);
    }

    void unknownFilesAreNotImported()
    {
        ImportList list(m_engine.ask());
        list.add("/notes.txt");
        m_engine.answer(unknownInspection());
        QCOMPARE(list.file(0).state, State::Unknown);
        QCOMPARE(list.data(list.index(0), Qt::AccessibleTextRole).toString(),
                 QString("notes.txt. It is nothing that can be imported."));
    }
};

QTEST_GUILESS_MAIN(TestImportList)
#include "tst_import_list.moc"
