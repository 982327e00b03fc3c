#include "app/workbench/shell/command_line.h"
#include "backend/protocol/error.h"

#include <QDir>
#include <QTest>

using namespace assay;
using namespace assay::workbench;

namespace {

template <class F>
QString sentence(F&& function)
{
    try {
        function();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestCommandLine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void windowOptionsAreRead()
    {
        const WindowRequest request = parseWindow(
            {"--workspace=ws", "--dark", "a.pdf", "--engine-command", "ssh \"my host\" assay-cli serve"});
        QCOMPARE(request.workspace, QDir().absoluteFilePath("ws"));
        QVERIFY(request.appearance == ThemeKeeper::Choice::Dark);
        QCOMPARE(request.files, QStringList(QDir().absoluteFilePath("a.pdf")));
        QCOMPARE(request.engine.program, QString("ssh"));
        QCOMPARE(request.engine.arguments, QStringList({"my host", "assay-cli", "serve"}));
    }

    void theEngineStandsBesideTheWindow()
    {
        const WindowRequest request = parseWindow({});
        QCOMPARE(request.workspace, defaultWorkspace());
        QCOMPARE(request.engine.program, QCoreApplication::applicationDirPath() + "/assay-cli");
        QCOMPARE(request.engine.arguments, QStringList({"serve", "--workspace", defaultWorkspace()}));
    }

    void exportOptionsAreRead()
    {
        const ExportRequest request = parseExport(
            {"r1", "r2", "--to", "out", "--format", "PDF,csv", "--width-mm", "85", "--workspace", "w"});
        QCOMPARE(request.runs, QStringList({"r1", "r2"}));
        QCOMPARE(request.folder, QString("out"));
        QCOMPARE(request.options.formats, QStringList({"pdf", "csv"}));
        QCOMPARE(request.options.figure.widthMm, 85.0);
        const ExportRequest report =
            parseExport({"r1", "--report", "a.html", "--report", "b", "--title", "T"});
        QCOMPARE(report.reports, QStringList({"a.html", "b"}));
        QCOMPARE(report.title, QString("T"));
        QCOMPARE(parseExport({"--document", "d", "--report", "x.pdf"}).document, QString("d"));
    }

    void wrongRequestsAreAnsweredInASentence_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("expected");
        QTest::newRow("unknown option") << QStringList{"r", "--slides", "x.html"}
                                        << "--slides: there is no such option. See 'assay --help'.";
        QTest::newRow("no value") << QStringList{"r", "--to"}
                                  << "--to: a value must follow. See 'assay --help'.";
        QTest::newRow("no run")
            << QStringList{"--to", "x"}
            << "assay export: no run was named. Give the id of a run in the workspace, or its folder.";
        QTest::newRow("nothing to write")
            << QStringList{"r"}
            << "assay export: what to write is missing. Add '--to DIR' for figures and tables, or '--report "
               "FILE' for a report.";
        QTest::newRow("runs and a document")
            << QStringList{"r", "--document", "d", "--report", "x.html"}
            << "--document: the report names its runs itself. Leave out the runs, or the document.";
        QTest::newRow("unknown format")
            << QStringList{"r", "--format", "gif"}
            << "--format: 'gif' is no format of figures. Choose from pdf, svg, png, csv.";
        QTest::newRow("no number") << QStringList{"r", "--width-mm", "wide"}
                                   << "--width-mm: 'wide' is not a number from 20 to 1000.";
    }

    void wrongRequestsAreAnsweredInASentence()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, expected);
        QCOMPARE(sentence([&] { parseExport(words); }), expected);
    }

    void wrongWindowRequestsToo()
    {
        QCOMPARE(sentence([] { parseWindow({"--colour"}); }),
                 QString("--colour: there is no such option. See 'assay --help'."));
        QCOMPARE(sentence([] { parseWindow({"--workspace"}); }),
                 QString("--workspace: a value must follow. See 'assay --help'."));
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
