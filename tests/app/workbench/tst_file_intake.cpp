#include "app/workbench/shell/file_intake.h"
#include "widgets/engine/run_record.h"
#include "widgets/figures/evidence_formats.h"
#include "widgets/figures/plot_renderer.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::workbench;

class TestFileIntake : public QObject
{
    Q_OBJECT
    QTemporaryDir m_folder;

    QString write(const QString& name, const QByteArray& bytes)
    {
        QFile file(m_folder.filePath(name));
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
        return file.fileName();
    }

private Q_SLOTS:
    void aSpecIsRead()
    {
        FileIntake intake;
        QSignalSpy read(&intake, &FileIntake::specRead);
        intake.take(
            write("spec.json",
                  R"({"assay": 1, "study": "transfer.class-aware", "seed": 3, "params": {"count": 60}})"));
        QTRY_COMPARE(read.count(), 1);
        const auto spec = read[0][0].value<protocol::RunSpec>();
        QCOMPARE(spec.study, std::string("transfer.class-aware"));
        QCOMPARE(spec.seed, std::uint64_t(3));
    }

    void anExportedFigureIsRecognised()
    {
        protocol::Figure figure;
        figure.name = "f";
        figure.layers.push_back({});
        figure.layers[0].x = {0, 1};
        figure.layers[0].y = {1, 2};
        protocol::RunSpec spec;
        spec.study = "a.b";
        widgets::RunRecord record("run-9");
        record.apply(protocol::RunStarted{"run-9", spec, Json::object(), 0});
        FileIntake intake;
        QSignalSpy read(&intake, &FileIntake::figureRead);
        for (const char* suffix : {"png", "svg", "pdf"}) {
            const QString path = m_folder.filePath(QStringLiteral("figure.") + suffix);
            widgets::exportFigure(figure, widgets::makeEvidence(record, figure), path);
            intake.take(path);
        }
        QTRY_COMPARE(read.count(), 3);
        for (const auto& arguments : read) {
            const auto claim = arguments[0].value<widgets::Claim>();
            QCOMPARE(claim.run, QString("run-9"));
            QCOMPARE(claim.hash, widgets::figureHash(figure));
        }
    }

    void thePdfOfAReportSpeaksForItsRuns()
    {
        protocol::Figure figure;
        figure.name = "f";
        const auto evidenceOf = [&](const QString& run) {
            protocol::RunSpec spec;
            spec.study = "a.b";
            widgets::RunRecord record(run);
            record.apply(protocol::RunStarted{run.toStdString(), spec, Json::object(), 0});
            return Json{{"place", "figure-1"}, {"evidence", widgets::makeEvidence(record, figure).json}};
        };
        const auto pdfWith = [&](const Json& all) {
            return write("report.pdf", widgets::embedInPdf(widgets::renderPdf(figure, {}),
                                                           QByteArray::fromStdString(all.dump())));
        };
        const Json comparison{{"place", "figure-2"}, {"evidence", {{"runs", {"r", "s"}}, {"figure", "f"}}}};
        FileIntake intake;
        QSignalSpy read(&intake, &FileIntake::figureRead);
        intake.take(pdfWith({evidenceOf("run-1"), comparison, evidenceOf("run-1"), evidenceOf("run-2")}));
        QTRY_COMPARE(read.count(), 2); // one of each run
        QCOMPARE(read[0][0].value<widgets::Claim>().run, QString("run-1"));
        QCOMPARE(read[1][0].value<widgets::Claim>().run, QString("run-2"));

        QSignalSpy refused(&intake, &FileIntake::refused);
        const Json incomplete{{"place", "figure-1"}, {"evidence", {{"run", "r"}}}};
        for (const Json& all : {Json::array(), Json::array({comparison})}) {
            refused.clear();
            const QString path = pdfWith(all);
            intake.take(path);
            QTRY_COMPARE(refused.count(), 1);
            QCOMPARE(refused[0][0].toString(),
                     path + ": this report has no figure of a single run that could be opened.");
        }
        refused.clear();
        intake.take(pdfWith(Json::array({incomplete})));
        QTRY_COMPARE(refused.count(), 1);
        QVERIFY2(refused[0][0].toString().endsWith("Export the figure again."),
                 qPrintable(refused[0][0].toString()));
    }

    void otherFilesAreForTheEngineToTell_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("hint");
        const QString none =
            " carries no evidence: it was not exported by Assay, or another program has rewritten it.";
        QTest::newRow("foreign image")
            << "photo.png" << QByteArray("\x89PNG\r\n\x1a\n") << "photo.png" + none;
        QTest::newRow("foreign drawing")
            << "d.svg" << QByteArray("<svg xmlns='http://www.w3.org/2000/svg'/>") << "d.svg" + none;
        QTest::newRow("other kind") << "model.onnx" << QByteArray("x") << QString();
        QTest::newRow("no study") << "s.json" << QByteArray("{}") << QString();
        QTest::newRow("model topology")
            << "model.json" << QByteArray(R"({"modelTopology": {}})") << QString();
        QTest::newRow("not json") << "t.json" << QByteArray("{") << QString();
        QTest::newRow("too deep") << "deep.json"
                                  << "{\"assay_report\": 1, \"blocks\": " + QByteArray(200000, '[') +
                                         QByteArray(200000, ']') + '}'
                                  << QString();
    }

    void otherFilesAreForTheEngineToTell()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, hint);
        FileIntake intake;
        QSignalSpy refused(&intake, &FileIntake::refused);
        QSignalSpy foreign(&intake, &FileIntake::foreign);
        const QString path = write(name, bytes);
        intake.take(path);
        QTRY_COMPARE(foreign.count(), 1);
        QCOMPARE(foreign[0][0].toString(), path);
        QCOMPARE(foreign[0][1].toString(), hint);
        QCOMPARE(refused.count(), 0);
    }

    void aFolderIsForTheEngineToTell()
    {
        FileIntake intake;
        QSignalSpy foreign(&intake, &FileIntake::foreign);
        intake.take(m_folder.path());
        QTRY_COMPARE(foreign.count(), 1);
        QCOMPARE(foreign[0][1].toString(), QString());
    }

    void aDamagedSpecIsRefusedInASentence()
    {
        FileIntake intake;
        QSignalSpy refused(&intake, &FileIntake::refused);
        intake.take(write("damaged.json", R"({"assay": 1, "study": 7})"));
        QTRY_COMPARE(refused.count(), 1);
        QVERIFY(refused[0][0].toString().contains("damaged.json"));
        QVERIFY(refused[0][0].toString().contains("study"));
    }
};

QTEST_MAIN(TestFileIntake)
#include "tst_file_intake.moc"
