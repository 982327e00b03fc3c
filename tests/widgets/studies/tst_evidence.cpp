#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/run_export.h"
#include "widgets/studies/run_folder.h"

#include "backend/protocol/codec.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::widgets;

namespace {

protocol::RunSpec sampleSpec()
{
    protocol::RunSpec spec;
    spec.study = "transfer.class-aware";
    spec.params = {{"count", 60}, {"eps", {0.5, 1}}, {"sources", {"fashion-cnn"}}, {"attack", "pgd"}};
    spec.seed = 7;
    return spec;
}

protocol::Figure sampleFigure(double value)
{
    protocol::Figure figure;
    figure.name = "outcomes";
    figure.title = "Outcomes";
    protocol::Layer layer;
    layer.kind = protocol::LayerKind::Bars;
    layer.x = {0, 1};
    layer.y = {value, 0.5};
    figure.layers.push_back(layer);
    return figure;
}

std::vector<protocol::Event> sampleEvents(double value = 0.25)
{
    protocol::Table table;
    table.name = "pairs";
    table.columns = {{.name = "source", .label = {}, .unit = {}, .digits = -1, .numbers = {}, .texts = {"a"}},
                     {.name = "eps", .label = {}, .unit = {}, .digits = -1, .numbers = {0.1}, .texts = {}}};
    return {protocol::RunStarted{"run-1", sampleSpec(), Json::object(), 0}, sampleFigure(value), table,
            protocol::RunFinished{protocol::RunState::Finished, "", 1.5, Json::object()}};
}

std::shared_ptr<RunRecord> sampleRecord(double value = 0.25)
{
    auto record = std::make_shared<RunRecord>("run-1");
    for (auto& event : sampleEvents(value))
        record->apply(event);
    return record;
}

QByteArray sampleFile()
{
    QByteArray bytes;
    for (const auto& event : sampleEvents())
        bytes += protocol::encodeFrame(event);
    return bytes;
}

void writeFile(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

} // namespace

class TestEvidence : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void claimsComeBackFromEvidence()
    {
        const auto record = sampleRecord();
        const Claim claim = readClaim(makeEvidence(*record, *record->figures()[0].value), "figure.pdf");
        QCOMPARE(claim.run, QString("run-1"));
        QCOMPARE(claim.figure, QString("outcomes"));
        QVERIFY(claim.spec == sampleSpec());
        QVERIFY(compare(claim, *record).same);
    }

    void otherDigitsAreToldApart()
    {
        const auto record = sampleRecord();
        const Claim claim = readClaim(makeEvidence(*record, *record->figures()[0].value), "figure.pdf");
        const Verdict verdict = compare(claim, *sampleRecord(0.26));
        QVERIFY(!verdict.same);
        QCOMPARE(verdict.sentence, QString("“Outcomes” of run run-1 has other digits than the file."));
        QCOMPARE(compare(claim, *sampleRecord()).sentence,
                 QString("“Outcomes” of run run-1 has the same digits as the file."));
        const RunRecord empty("run-2");
        QCOMPARE(compare(claim, empty).sentence,
                 QString("Run run-2 has no figure “outcomes” to compare with the file."));
    }

    void evidenceOfAPreviewCarriesItsParameters()
    {
        const auto record = sampleRecord();
        Json moved = record->spec().params;
        moved["view_eps"] = 1;
        const Evidence evidence = makeEvidence(*record, *record->figures()[0].value, moved);
        QVERIFY(readClaim(evidence, "f").spec.params == moved);
    }

    void incompleteEvidenceIsRefusedInASentence()
    {
        try {
            readClaim(Evidence{Json{{"run", "x"}}}, "figure.png");
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     QString("figure.png: the evidence inside is incomplete: run, figure, hash and spec were "
                             "expected. Export the figure again."));
        }
    }

    void commandLineMakesTheSameRun()
    {
        const Json defaults = {{"count", 2000}, {"eps", {0.5, 1}}, {"attack", "pgd"}};
        protocol::RunSpec spec = sampleSpec();
        QCOMPARE(
            commandLine(spec, defaults),
            QString(
                "assay-cli run transfer.class-aware --set count=60 --set sources=fashion-cnn --set seed=7"));
        spec.params = {{"sources", {"my model", "it's"}}};
        spec.device = "cuda:1";
        QCOMPARE(commandLine(spec, defaults), QString("assay-cli run transfer.class-aware --set 'sources=my "
                                                      "model,it'\\''s' --set seed=7 --device cuda:1"));
    }

    void exporterWritesFiguresAndTables()
    {
        QTemporaryDir folder;
        RunExportOptions options;
        options.formats = {"csv", "svg"};
        options.figure.heightMm = 0;
        RunExporter exporter(*sampleRecord(), folder.path(), options);
        while (!exporter.isDone())
            exporter.step();
        QVERIFY(QFile::exists(folder.filePath("outcomes.svg")));
        QVERIFY(QFile::exists(folder.filePath("outcomes.csv")));
        QFile table(folder.filePath("tables/pairs.csv"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        QCOMPARE(table.readAll(), QByteArray("source,eps\na,0.1\n"));
        const auto evidence = readEvidence(folder.filePath("outcomes.svg"));
        QVERIFY(evidence.has_value());
        QVERIFY(compare(readClaim(*evidence, "svg"), *sampleRecord()).same);
    }

    void exportSaysWhatCannotBeWritten()
    {
        QTemporaryDir folder;
        writeFile(folder.filePath("file"), "x");
        try {
            RunExporter(*sampleRecord(), folder.filePath("file/below"), {});
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     folder.filePath("file/below") +
                         ": the folder cannot be made. Choose a folder you may write to.");
        }
        auto exporter =
            std::make_unique<RunExporter>(*sampleRecord(), folder.filePath("out"), RunExportOptions{});
        QVERIFY(QDir(folder.filePath("out")).removeRecursively());
        writeFile(folder.filePath("out"), "in the way");
        auto* job = new RunExportJob(std::move(exporter), this);
        QSignalSpy failed(job, &RunExportJob::failed);
        job->start();
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(failed[0][0].toString().contains("outcomes.pdf"));
    }

    void aRunFolderIsReadWithoutAnEngine()
    {
        QTemporaryDir folder;
        writeFile(folder.filePath("events.cbor"), sampleFile());
        const RunFolder run = readRunFolder(folder.path());
        QCOMPARE(run.notice, QString());
        QCOMPARE(run.record->figures().size(), size_t(1));
        QCOMPARE(run.record->state(), protocol::RunState::Finished);
    }

    void aTornTailIsLeftOutWithANotice()
    {
        QTemporaryDir folder;
        writeFile(folder.filePath("events.cbor"), sampleFile().chopped(5));
        const RunFolder run = readRunFolder(folder.path());
        QCOMPARE(run.notice, folder.filePath("events.cbor") +
                                 ": the end of the file is torn; 3 events before it were read.");
        QCOMPARE(run.record->figures().size(), size_t(1));
    }

    void aFileWithoutEventsIsRefused()
    {
        QTemporaryDir folder;
        QVERIFY_EXCEPTION_THROWN(readRunFolder(folder.path()), Error);
        writeFile(folder.filePath("events.cbor"), "\xff\xff\xff\xff rubbish");
        try {
            readRunFolder(folder.path());
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()), folder.filePath("events.cbor") +
                                                ": no event could be read. The run cannot be opened; run its "
                                                "spec.json again.");
        }
    }
};

QTEST_MAIN(TestEvidence)
#include "tst_evidence.moc"
