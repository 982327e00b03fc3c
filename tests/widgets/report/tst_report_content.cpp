#include "report_workspace.h"

#include "widgets/report/report_content.h"
#include "widgets/report/report_runs.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

using BlockKind = ReportBlock::Kind;
using ItemKind = ContentItem::Kind;

ReportContent contentOf(const ReportWorkspace& workspace, QVector<ReportBlock> blocks)
{
    Report report;
    report.title = QStringLiteral("T");
    report.blocks = std::move(blocks);
    FolderRuns runs(workspace.path());
    return resolveReport(report, runs);
}

QStringList labelsOf(const ReportContent& content)
{
    QStringList labels;
    for (const ContentItem& item : content.items)
        labels << item.label;
    return labels;
}

} // namespace

class TestReportContent : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void thingsAreNumberedInTheirOrder();
    void panelsGetLettersAndOneCaption();
    void captionsSayWhatRatesAreOf();
    void newerRunsTakeThePlaceAndAreTraced();
    void whatIsMissingIsSaidInItsPlace();
    void tornRunsGiveWhatTheyHave();
    void everyRunCanBeMadeAgain();
    void aReportOfARunShowsAllOfIt();
    void aReportOfARunStaysWithIt();
    void comparisonsAreMadeOnce();
};

void TestReportContent::thingsAreNumberedInTheirOrder()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    ReportBlock note = textBlock(QStringLiteral("words"));
    note.id = QStringLiteral("n");
    const ReportContent content =
        contentOf(workspace, {blockOf("1", BlockKind::Table, {partOf("run-a", "pairs")}), note,
                              blockOf("2", BlockKind::Figure, {partOf("run-a", "curve")}),
                              blockOf("3", BlockKind::Gallery, {partOf("run-a", "images")}),
                              blockOf("4", BlockKind::Summary, {partOf("run-a", {})})});
    QCOMPARE(labelsOf(content), QStringList({"Table 1", "", "Figure 1", "Figure 2", "", "Table 2"}));
    QCOMPARE(content.items[3].anchor, QStringLiteral("figure-2"));
    QVERIFY(content.items[3].kind == ItemKind::Gallery);
    QCOMPARE(content.items[5].block, QStringLiteral("4"));
    QCOMPARE(content.items[5].table->columns[1].texts.front(), std::string("25.0\u202f%"));
    QCOMPARE(content.runs.size(), 1);
    QCOMPARE(content.runs[0].usedIn, QStringList({"Table 1", "Figure 1", "Figure 2", "Table 2"}));
}

void TestReportContent::panelsGetLettersAndOneCaption()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    workspace.addRun("run-b", 100, reportSpec(0.2), reportResults(0.75));
    const ReportContent content = contentOf(
        workspace,
        {blockOf("1", BlockKind::Figure, {partOf("run-a", "curve"), partOf("run-b", "curve", false, 0.2)})});
    QCOMPARE(content.items.size(), 1);
    const ContentItem& item = content.items[0];
    QCOMPARE(item.panels.size(), 2);
    QCOMPARE(item.panels[1].letter, QStringLiteral("b"));
    QCOMPARE(item.panels[1].figure->layers[0].y[0], 0.75);
    QCOMPARE(item.columns, 2);
    QVERIFY(item.caption.startsWith(QStringLiteral("(a) **")));
    QVERIFY(item.caption.contains(QStringLiteral(" (b) **")));
    QCOMPARE(item.runs, QStringList({"run-a", "run-b"}));
    QVERIFY(item.panels[1].evidence.json.at("run") == Json("run-b"));
    QCOMPARE(panelLetter(25), QStringLiteral("z"));
    QCOMPARE(panelLetter(26), QStringLiteral("27"));
}

void TestReportContent::captionsSayWhatRatesAreOf()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    ReportBlock own = blockOf("1", BlockKind::Figure, {partOf("run-a", "curve")});
    own.caption = QStringLiteral("Mine");
    const ReportContent content =
        contentOf(workspace, {blockOf("0", BlockKind::Figure, {partOf("run-a", "curve")}), own});
    QCOMPARE(content.items[0].caption,
             QStringLiteral("**Accuracy \\<b\\>of\\</b\\> A \\& B\\_1.** By strength. "
                            "Rates are of all 50 test images. Intervals: Wilson 95 %."));
    QCOMPARE(content.items[1].caption, QStringLiteral("Mine"));
}

void TestReportContent::newerRunsTakeThePlaceAndAreTraced()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults(0.25));
    workspace.addRun("run-b", 200, reportSpec(), reportResults(0.5));
    const ReportContent content =
        contentOf(workspace, {blockOf("1", BlockKind::Figure, {partOf("run-a", "curve")}),
                              blockOf("2", BlockKind::Figure, {partOf("run-a", "curve", true)})});
    QCOMPARE(content.items[0].panels[0].figure->layers[0].y[0], 0.5);
    QCOMPARE(content.items[1].panels[0].figure->layers[0].y[0], 0.25);
    QCOMPARE(content.runs.size(), 2);
    QVERIFY(content.runs[0].newer);
    QVERIFY(!content.runs[1].newer);
    QCOMPARE(content.runs[1].run, QStringLiteral("run-a"));
}

void TestReportContent::whatIsMissingIsSaidInItsPlace()
{
    const ReportWorkspace workspace;
    protocol::Figure empty = reportFigure("empty");
    empty.layers = {protocol::Layer{.name = "nothing"}};
    workspace.addRun("run-a", 100, reportSpec(), {empty});
    workspace.addRun("broken", 100, reportSpec(0.2), {});
    QFile events(workspace.runFolder("broken") + QStringLiteral("/events.cbor"));
    QVERIFY(events.open(QIODevice::WriteOnly) && events.write("no frame at all, but long enough") > 0);
    events.close();
    ReportBlock later;
    later.kind = BlockKind::Unknown;
    const ReportContent content = contentOf(
        workspace, {blockOf("1", BlockKind::Table, {partOf("gone", "pairs", false, 0.7)}),
                    blockOf("2", BlockKind::Gallery, {partOf("run-a", "images")}),
                    blockOf("3", BlockKind::Figure, {partOf("run-a", "empty"), partOf("run-a", "absent")}),
                    blockOf("4", BlockKind::Summary, {partOf("broken", {}, true)}), later});
    QStringList problems;
    for (const ContentItem& item : content.items) {
        QVERIFY(item.kind == ItemKind::Problem);
        QCOMPARE(item.label, QString());
        problems << item.text;
    }
    QCOMPARE(problems.size(), 6);
    QCOMPARE(
        problems[0],
        QStringLiteral("Run gone is not in the workspace any more, and no other run of the same spec is. "
                       "Make it again with 'assay-cli run transfer.matrix --set eps=0.7 --set "
                       "sources=fashion-cnn --set seed=7', or take the block out."));
    QCOMPARE(problems[1],
             QStringLiteral("Run run-a (finished) has no gallery “images”: it may have ended before, or its "
                            "study has changed. Pin another run, or take the block out."));
    QCOMPARE(problems[2],
             QStringLiteral("The figure “Accuracy <b>of</b> A & B_1” of run run-a has no data."));
    QVERIFY(problems[3].contains(QStringLiteral("has no figure “absent”")));
    QVERIFY(problems[4].startsWith(QStringLiteral("Run broken cannot be shown. ")));
    QVERIFY(problems[5].contains(QStringLiteral("later version")));
}

void TestReportContent::tornRunsGiveWhatTheyHave()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    QFile events(workspace.runFolder("run-a") + QStringLiteral("/events.cbor"));
    QVERIFY(events.resize(events.size() - 5));
    const ReportContent content =
        contentOf(workspace, {blockOf("1", BlockKind::Figure, {partOf("run-a", "curve")}),
                              blockOf("2", BlockKind::Table, {partOf("run-a", "pairs")})});
    QCOMPARE(labelsOf(content), QStringList({"Figure 1", "Table 1"}));
    QCOMPARE(content.notices.size(), 1);
    QVERIFY(content.notices[0].contains(QStringLiteral("the end of the file is torn")));
}

void TestReportContent::everyRunCanBeMadeAgain()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    const ReportContent content =
        contentOf(workspace, {blockOf("1", BlockKind::Figure, {partOf("run-a", "curve")})});
    QCOMPARE(content.runs.size(), 1);
    const RunTrace& trace = content.runs[0];
    QCOMPARE(trace.label, QStringLiteral("Run 1"));
    QCOMPARE(
        trace.command,
        QStringLiteral("assay-cli run transfer.matrix --set eps=0.1 --set sources=fashion-cnn --set seed=7"));
    QCOMPARE(trace.seconds, 12.5);
    QVERIFY(trace.provenance.at("commit") == Json("abc123"));
}

void TestReportContent::aReportOfARunShowsAllOfIt()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    FolderRuns runs(workspace.path());
    const Report report = reportOfRuns({QStringLiteral("run-a")}, QStringLiteral("All"), runs);
    const ReportContent content = resolveReport(report, runs);
    QCOMPARE(labelsOf(content), QStringList({"", "", "Table 1", "", "Figure 1", "", "Figure 2", "Table 2"}));
    QCOMPARE(content.items[3].text, QStringLiteral("## Curves"));
    QCOMPARE(content.items[5].text, QStringLiteral("## Numbers"));
    QVERIFY(content.notices.isEmpty());
}

void TestReportContent::comparisonsAreMadeOnce()
{
    const ReportWorkspace workspace;
    protocol::RunSpec other = reportSpec();
    ++other.seed;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    workspace.addRun("run-b", 200, other, reportResults());
    FolderRuns runs(workspace.path());
    Report report;
    report.blocks << textBlock(QStringLiteral("a"))
                  << blockOf("1", ReportBlock::Kind::Comparison,
                             {partOf("run-a", "A", true), partOf("run-b", "B", true)});
    const auto overlay = [&]() -> std::shared_ptr<const protocol::Figure> {
        for (const ContentItem& item : resolveReport(report, runs).items) {
            if (item.kind == ContentItem::Kind::Figure)
                return item.panels.first().figure;
        }
        return nullptr;
    };
    const auto first = overlay();
    QVERIFY(first);
    report.blocks[0].markdown = QStringLiteral("another word");
    QCOMPARE(overlay().get(), first.get());
    report.blocks[1].parts[0].name = QStringLiteral("C");
    const auto renamed = overlay();
    QVERIFY(renamed && renamed != first);
    // Both are let go of once they are not shown.
    report.blocks.removeLast();
    overlay();
    overlay();
    QCOMPARE(renamed.use_count(), 1);
    QCOMPARE(first.use_count(), 1);
}

void TestReportContent::aReportOfARunStaysWithIt()
{
    const ReportWorkspace workspace;
    workspace.addRun("old", 100, reportSpec(), reportResults());
    workspace.addRun("new", 200, reportSpec(), reportResults());
    FolderRuns runs(workspace.path());
    const Report report = reportOfRuns({QStringLiteral("old")}, QStringLiteral("All"), runs);
    const ReportContent content = resolveReport(report, runs);
    QCOMPARE(content.runs.size(), 1);
    QCOMPARE(content.runs[0].run, QStringLiteral("old"));
}

QTEST_MAIN(TestReportContent)
#include "tst_report_content.moc"
