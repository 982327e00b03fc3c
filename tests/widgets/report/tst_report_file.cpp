#include "report_workspace.h"

#include "tests/support/sentence_of.h"
#include "widgets/report/report_file.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

Json fileOf(const char* blocks)
{
    return Json::parse(std::string(R"({"assay_report": 1, "title": "T", "blocks": )") + blocks + "}");
}

} // namespace

class TestReportFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everythingComesBack();
    void blocksOfLaterVersionsAreKept();
    void hostileFilesAreRefusedInASentence();
    void blocksWithoutOrWithTheSameIdGetOne();
    void namesOfFilesAreFresh();
    void whatCannotBeWrittenLeavesTheOldFile();
};

void TestReportFile::everythingComesBack()
{
    Report report;
    report.title = QStringLiteral("Ein Bericht: ε ≤ 8/255");
    report.author = QStringLiteral("A. U. Thor");
    report.preset = QStringLiteral("nature");
    report.greySafe = true;
    ReportBlock text = textBlock(QStringLiteral("# Notes\n\n*so*"));
    text.id = report.freshId();
    report.blocks << text;
    ReportBlock figure = blockOf(report.freshId(), ReportBlock::Kind::Figure,
                                 {partOf("run-1", "curve", true), partOf("run-2", "curve")});
    figure.columns = 2;
    figure.widthMm = 84.5;
    figure.caption = QStringLiteral("Both");
    report.blocks << figure;
    ReportBlock table = blockOf(report.freshId(), ReportBlock::Kind::Table, {partOf("run-1", "pairs")});
    table.most = 5;
    report.blocks << table;
    report.blocks << blockOf(report.freshId(), ReportBlock::Kind::Comparison,
                             {partOf("run-1", {}), partOf("run-2", {})});

    ReportWorkspace workspace;
    const QString path = reportPath(workspace.path(), QStringLiteral("mine"));
    writeReport(report, path);
    QVERIFY(readReport(path) == report);
    QCOMPARE(reportNames(workspace.path()), QStringList{QStringLiteral("mine")});
    QCOMPARE(report.find(QStringLiteral("b3")), 2);
    QCOMPARE(report.find(QStringLiteral("b9")), -1);
}

void TestReportFile::blocksOfLaterVersionsAreKept()
{
    const Json before = Json::parse(
        R"({"assay_report": 1, "title": "T", "author": "", "blocks": [{"id": "b1", "kind": "hologram", "depth": [1, 2]}]})");
    const Report report = reportFromJson(before, QStringLiteral("r.json"));
    QCOMPARE(report.blocks.size(), 1);
    QVERIFY(report.blocks[0].kind == ReportBlock::Kind::Unknown);
    QCOMPARE(toJson(report).dump(), before.dump());
}

void TestReportFile::hostileFilesAreRefusedInASentence()
{
    const auto sentence = [](const Json& json) {
        return sentenceOf([&] { reportFromJson(json, QStringLiteral("r.json")); });
    };
    QCOMPARE(sentence(Json::object()),
             "r.json: this is no report: \"assay_report\" with its version was expected. "
             "Choose a file from the folder reports of a workspace.");
    QCOMPARE(sentence({{"assay_report", 2}}),
             "r.json: the report is of version 2; this Assay reads up to 1. Open it with a newer Assay.");
    QCOMPARE(sentence(fileOf(R"([{"kind": "figure", "parts": [{"run": "../../etc", "name": "x"}]}])")),
             "r.json, block 1: a part names no run: \"../../etc\". Take the block out, or name a run of the "
             "workspace.");
    QCOMPARE(sentence(fileOf(R"([{"kind": "table"}])")),
             "r.json, block 1: a block of kind \"table\" shows nothing: its parts are missing. Take it out "
             "of the file.");
    QStringList parts;
    parts.resize(65);
    parts.fill(QStringLiteral(R"({"run": "r", "name": "x"})"));
    QCOMPARE(sentence(fileOf(QStringLiteral(R"([{"kind": "figure", "parts": [%1]}])")
                                 .arg(parts.join(QLatin1Char(',')))
                                 .toUtf8()
                                 .constData())),
             "r.json, block 1: 65 parts; a block has at most 64.");
    QCOMPARE(sentence(fileOf("[7]")), "r.json, block 1: a block is no object. Take it out of the file.");
    // Numbers out of range are brought into it.
    const Report report = reportFromJson(
        fileOf(
            R"([{"kind": "figure", "columns": 1e9, "width_mm": -4, "parts": [{"run": "r", "name": "x", "spec": 3}]}])"),
        QStringLiteral("r.json"));
    QCOMPARE(report.blocks[0].columns, 12);
    QCOMPARE(report.blocks[0].widthMm, 0.0);
}

void TestReportFile::blocksWithoutOrWithTheSameIdGetOne()
{
    const Report report = reportFromJson(
        fileOf(
            R"([{"kind": "text", "id": "b1"}, {"kind": "text", "id": "b1"}, {"kind": "text"}, {"kind": "text", "id": "b2"}])"),
        QStringLiteral("r.json"));
    QStringList ids;
    for (const ReportBlock& block : report.blocks)
        ids << block.id;
    QCOMPARE(QSet<QString>(ids.begin(), ids.end()).size(), 4);
    // One that leaves no room for a higher one.
    Report high = reportFromJson(fileOf(R"([{"kind": "text", "id": "b9223372036854775807"}])"),
                                 QStringLiteral("r.json"));
    high.blocks << textBlock({});
    high.blocks.last().id = high.freshId();
    QVERIFY(high.freshId() != high.blocks.last().id);
}

void TestReportFile::namesOfFilesAreFresh()
{
    ReportWorkspace workspace;
    QCOMPARE(freshReportName(workspace.path(), QStringLiteral("  Über ../../ alles! ")),
             QStringLiteral("Über-alles"));
    QCOMPARE(freshReportName(workspace.path(), QStringLiteral("///")), QStringLiteral("report"));
    // A character of two units where the name is cut.
    const QString cut = freshReportName(
        workspace.path(), QStringLiteral("../../") + QString(55, QLatin1Char('x')) + QString::fromUtf8("𝒳𝒳"));
    QVERIFY2(!cut.contains(QLatin1Char('/')) && !cut.contains(QLatin1Char('.')) && cut.size() <= 60,
             qPrintable(cut));
    QString half = QStringLiteral("../../a");
    half += QChar(0xD835);
    QVERIFY(!freshReportName(workspace.path(), half).contains(QLatin1Char('/')));
    writeReport({}, reportPath(workspace.path(), QStringLiteral("report")));
    QCOMPARE(freshReportName(workspace.path(), QString()), QStringLiteral("report-2"));
}

void TestReportFile::whatCannotBeWrittenLeavesTheOldFile()
{
    // A folder in the place of the file can be replaced by nobody, root included.
    ReportWorkspace workspace;
    const QString path = reportPath(workspace.path(), QStringLiteral("mine"));
    QVERIFY(QDir().mkpath(path));
    const QString sentence = sentenceOf([&] { writeReport({}, path); });
    QVERIFY2(sentence.startsWith(path + QStringLiteral(": the file cannot be written: ")),
             qPrintable(sentence));
    QCOMPARE(QDir(reportFolder(workspace.path())).entryList(QDir::Files), QStringList());
}

QTEST_MAIN(TestReportFile)
#include "tst_report_file.moc"
