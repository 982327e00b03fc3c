#include "answering_engine.h"

#include "widgets/importing/inspection.h"

#include <QLocale>
#include <QTest>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

class TestInspection : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void aReplyIsRead()
    {
        const Inspection found = readInspection(sampleInspection());
        QCOMPARE(found.kind, QString("model"));
        QCOMPARE(found.title, QString("ONNX"));
        QCOMPARE(found.schema.fields.size(), std::size_t(6));
        QCOMPARE(found.asks, QStringList({"height", "width"}));
        QCOMPARE(askedLabels(found), QString("Height and Width"));
        QCOMPARE(found.findings.size(), std::size_t(2));
        QVERIFY(!found.hasProblem());
        QVERIFY(!found.isReady());
        QVERIFY(readInspection(readyInspection()).isReady());
    }

    void aProblemStandsInTheWay()
    {
        Json reply = readyInspection();
        reply["findings"].push_back({{"level", "problem"}, {"text", "The name is taken."}});
        QVERIFY(readInspection(reply).hasProblem());
        QVERIFY(!readInspection(reply).isReady());
        QVERIFY(!readInspection(unknownInspection()).isReady());
    }

    void oddRepliesGiveLessInsteadOfNothing()
    {
        QVERIFY(!readInspection(Json()).isRecognised());
        QVERIFY(!readInspection(Json("text")).isRecognised());
        const Inspection odd = readInspection(Json::parse(
            R"({"kind": "data", "schema": {"no": "schema"}, "asks": [1, "x"], "findings": [3, {"level": "new", "text": "t"}],
                "values": [], "details": 7})"));
        QCOMPARE(odd.kind, QString("data"));
        QCOMPARE(odd.asks, QStringList("x"));
        QCOMPARE(odd.findings.front().text, std::string("t"));
        QVERIFY(odd.findings.back().text.find("form cannot be shown") != std::string::npos);
        QVERIFY(!odd.hasProblem());
    }

    void detailsAreFactsAndTables()
    {
        const Details details = readDetails(readInspection(sampleInspection()).details);
        QCOMPARE(details.facts, QList<DetailFact>({{"Opset", "13"}, {"Producer", "pytorch 1.13.1"}}));
        QCOMPARE(details.tables.size(), 1);
        const DetailTable& tensors = details.tables[0];
        QCOMPARE(tensors.columns, QStringList({"Tensor", "What", "Expected", "Found"}));
        QCOMPARE(tensors.rows.size(), 3);
        QCOMPARE(tensors.rows[0], QStringList({"fc.weight", "missing", "", ""}));
        QCOMPARE(tensors.rows[2],
                 QStringList({"conv1.weight", "another shape", "64 × 3 × 7 × 7", "64 × 1 × 7 × 7"}));
    }

    void otherListsAreTablesOfTheirOwn()
    {
        const Details details = readDetails(Json::parse(
            R"({"graph": {"inputs": 1, "shape": [1, 3, 8, 8]}, "skipped_files": [{"name": "a.gif", "why": "animated"}, {"name": "b"}],
                "classes": ["cat", "dog"], "empty": []})"));
        QCOMPARE(details.facts,
                 QList<DetailFact>({{"Graph · Inputs", "1"}, {"Graph · Shape", "1 × 3 × 8 × 8"}}));
        QCOMPARE(details.tables.size(), 2);
        QCOMPARE(details.tables[0].title, QString("Skipped files"));
        QCOMPARE(details.tables[0].columns, QStringList({"Name", "Why"}));
        QCOMPARE(details.tables[0].rows, QList<QStringList>({{"a.gif", "animated"}, {"b", ""}}));
        QCOMPARE(details.tables[1].rows, QList<QStringList>({{"cat"}, {"dog"}}));
        QVERIFY(readDetails(Json::object()).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestInspection)
#include "tst_inspection.moc"
