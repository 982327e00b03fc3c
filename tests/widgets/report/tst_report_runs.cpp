#include "report_workspace.h"

#include "widgets/engine/run_record.h"
#include "widgets/report/report_runs.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

class TestReportRuns : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theSpecDecidesNotItsOrderOrTitle();
    void newestFinishedRunTakesThePlace();
    void pinnedRunsStay();
    void deletedRunsAreReplacedOrMissing();
    void foldersThatCannotBeReadAreLeftOut();
    void runsFromElsewhereAreTaken();
    void galleriesComeWithTheirPixels();
};

void TestReportRuns::theSpecDecidesNotItsOrderOrTitle()
{
    const Json a =
        Json::parse(R"({"study": "s", "seed": 1, "params": {"x": 0.10, "y": [1]}, "title": "one"})");
    const Json b =
        Json::parse(R"({"params": {"y": [1], "x": 0.1}, "study": "s", "seed": 1, "title": "two"})");
    const Json c = Json::parse(R"({"params": {"y": [1], "x": 0.1}, "study": "s", "seed": 2})");
    QCOMPARE(specKey(a), specKey(b));
    QVERIFY(specKey(a) != specKey(c));
    QCOMPARE(specKey(Json::array()), QString());
}

void TestReportRuns::newestFinishedRunTakesThePlace()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    workspace.addRun("run-c", 300, reportSpec(), reportResults());
    workspace.addRun("run-b", 200, reportSpec(), reportResults());
    workspace.addRun("run-d", 400, reportSpec(), {}, protocol::RunState::Failed);
    workspace.addRun("run-e", 500, reportSpec(0.2), reportResults());
    const RunIndex index = RunIndex::ofWorkspace(workspace.path());
    QCOMPARE(index.resolve(partOf("run-a", "curve").source), QStringLiteral("run-c"));
    QCOMPARE(index.resolve(partOf("run-e", "curve", false, 0.2).source), QStringLiteral("run-e"));
    // The spec of a source that was written by hand may be missing: that of its run counts.
    QCOMPARE(index.resolve({QStringLiteral("run-a"), false, Json::object()}), QStringLiteral("run-c"));
}

void TestReportRuns::pinnedRunsStay()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    workspace.addRun("run-b", 200, reportSpec(), reportResults());
    const RunIndex index = RunIndex::ofWorkspace(workspace.path());
    QCOMPARE(index.resolve(partOf("run-a", "curve", true).source), QStringLiteral("run-a"));
    QCOMPARE(index.resolve(partOf("gone", "curve", true).source), QString());
}

void TestReportRuns::deletedRunsAreReplacedOrMissing()
{
    const ReportWorkspace workspace;
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    const RunIndex index = RunIndex::ofWorkspace(workspace.path());
    QCOMPARE(index.resolve(partOf("gone", "curve").source), QStringLiteral("run-a"));
    QCOMPARE(index.resolve(partOf("gone", "curve", false, 0.7).source), QString());
}

void TestReportRuns::foldersThatCannotBeReadAreLeftOut()
{
    const ReportWorkspace workspace;
    QDir().mkpath(workspace.runFolder("empty"));
    workspace.addRun("torn", 1, reportSpec(), reportResults());
    QFile spec(workspace.runFolder("torn") + QStringLiteral("/spec.json"));
    QVERIFY(spec.open(QIODevice::WriteOnly) && spec.write("{\"study") > 0);
    spec.close();
    const RunIndex index = RunIndex::ofWorkspace(workspace.path());
    QCOMPARE(index.runs().size(), 1);
    // Its events can still be read.
    FolderRuns runs(workspace.path());
    QString notice;
    QCOMPARE(runs.run(QStringLiteral("torn"), notice)->figures().size(), std::size_t(1));
    QCOMPARE(notice, QString());
}

void TestReportRuns::runsFromElsewhereAreTaken()
{
    const ReportWorkspace here, there;
    there.addRun("run-x", 100, reportSpec(), reportResults());
    FolderRuns runs(here.path());
    QVERIFY(!runs.index().contains(QStringLiteral("run-x")));
    runs.add(there.runFolder("run-x"));
    QVERIFY(runs.index().contains(QStringLiteral("run-x")));
    QString notice;
    QVERIFY(valueOf(runs.run(QStringLiteral("run-x"), notice)->figures(), QStringLiteral("curve")));
}

void TestReportRuns::galleriesComeWithTheirPixels()
{
    const ReportWorkspace workspace;
    // As the engine writes large galleries: the pixels in a file beside the events.
    protocol::ImageGrid grid = reportGrid();
    const std::vector<std::uint8_t> pixels = std::exchange(grid.pixels, {});
    grid.file = "images.raw";
    protocol::ImageGrid escaping = grid;
    escaping.name = "escaping";
    escaping.file = "../other/images.raw";
    protocol::ImageGrid lost = grid;
    lost.name = "lost";
    lost.file = "lost.raw";
    workspace.addRun("run-a", 100, reportSpec(), {grid, escaping, lost});
    for (const QString& folder : {workspace.runFolder("run-a"), workspace.runFolder("other")}) {
        QDir().mkpath(folder);
        QFile file(folder + QStringLiteral("/images.raw"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(reinterpret_cast<const char*>(pixels.data()), qint64(pixels.size())),
                 qint64(pixels.size()));
    }
    FolderRuns runs(workspace.path());
    QString notice;
    const auto run = runs.run(QStringLiteral("run-a"), notice);
    QCOMPARE(run->grids().size(), std::size_t(1));
    QVERIFY(run->grids()[0].value->pixels == pixels);
    QCOMPARE(notice,
             workspace.runFolder("run-a") + QStringLiteral(": the pixels of escaping, lost are missing."));
}

QTEST_MAIN(TestReportRuns)
#include "tst_report_runs.moc"
