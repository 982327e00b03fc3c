#include "report_workspace.h"

#include "tests/support/sentence_of.h"
#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_runs.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

ReportContent pageContent(const ReportWorkspace& workspace)
{
    workspace.addRun("run-a", 100, reportSpec(), reportResults());
    FolderRuns runs(workspace.path());
    Report report = reportOfRuns({QStringLiteral("run-a")}, QStringLiteral("<T> & \"more\""), runs);
    report.author = QStringLiteral("</h1><script>x</script>");
    report.blocks << blockOf("gone", ReportBlock::Kind::Table, {partOf("gone<b>", "x", true)});
    return resolveReport(report, runs);
}

void noProgress(int, int, const QString&) {}

QString pageOf(const ReportContent& content, const ReportWorkspace& workspace)
{
    const QString path = workspace.path() + QStringLiteral("/report.html");
    if (writeHtmlReport(content, path, noProgress) != QStringList{path})
        return {};
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// The bytes of the data: link that downloads @p name.
QByteArray downloadOf(const QString& page, const QString& name)
{
    const QRegularExpression link(QStringLiteral("download=\"%1\" href=\"data:[^,]*;base64,([^\"]*)\"")
                                      .arg(QRegularExpression::escape(name)));
    return QByteArray::fromBase64(link.match(page).captured(1).toLatin1());
}

} // namespace

class TestHtmlReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void dataCanBeSavedFromThePage();
    void figuresAreVectorsForLightAndDark();
    void nothingFromOutsideRuns();
    void numbersAreTracedInTheAppendix();
    void aPageThatCannotBeWrittenLeavesNothing();
    void cancelLeavesNothing();
};

void TestHtmlReport::dataCanBeSavedFromThePage()
{
    const ReportWorkspace workspace;
    const ReportContent content = pageContent(workspace);
    const QString page = pageOf(content, workspace);
    QCOMPARE(downloadOf(page, QStringLiteral("figure-1.csv")), figureCsv(reportFigure()));
    QCOMPARE(downloadOf(page, QStringLiteral("table-2.csv")),
             QByteArray("source,eps\nrow 0 <i> & 100%,0\nrow 1 <i> & 100%,0.5\nrow 2 <i> & 100%,1\n"));
    // A table that one can sort: the exact numbers stand beside the shown ones.
    QVERIFY(page.contains(QStringLiteral("<td class=\"n\" data-v=\"0.5\">0.50</td>")));
    QVERIFY(page.contains(QStringLiteral("<td>row 0 &lt;i&gt; &amp; 100%</td>")));
    // All four pictures in both variants.
    QCOMPARE(page.count(QStringLiteral("src=\"data:image/png;base64,")), 8);
}

void TestHtmlReport::figuresAreVectorsForLightAndDark()
{
    const ReportWorkspace workspace;
    const QString page = pageOf(pageContent(workspace), workspace);
    static const QRegularExpression drawing(
        QStringLiteral("(srcset|src)=\"data:image/svg\\+xml;base64,([^\"]*)\""));
    QStringList drawings;
    for (auto all = drawing.globalMatch(page); all.hasNext();)
        drawings << QString::fromUtf8(QByteArray::fromBase64(all.next().captured(2).toLatin1()));
    QCOMPARE(drawings.size(), 2);
    QVERIFY(drawings[0].contains(QStringLiteral("#16191d"), Qt::CaseInsensitive));
    QVERIFY(drawings[1].contains(QStringLiteral("#ffffff"), Qt::CaseInsensitive));
    for (const QString& svg : drawings)
        QVERIFY(svg.contains(QStringLiteral("<text")) && svg.contains(QStringLiteral("accuracy")));
}

void TestHtmlReport::nothingFromOutsideRuns()
{
    const ReportWorkspace workspace;
    const QString page = pageOf(pageContent(workspace), workspace);
    // One script of our own, whose hash the policy names, and one that is data.
    static const QRegularExpression scripts(QStringLiteral("<script([^>]*)>(.*?)</script>"),
                                            QRegularExpression::DotMatchesEverythingOption);
    QStringList attributes, bodies;
    for (auto all = scripts.globalMatch(page); all.hasNext();) {
        const auto match = all.next();
        attributes << match.captured(1);
        bodies << match.captured(2);
    }
    QCOMPARE(attributes, QStringList({" type=\"application/json\" id=\"assay-evidence\"", ""}));
    const QByteArray hash =
        QCryptographicHash::hash(bodies[1].toUtf8(), QCryptographicHash::Sha256).toBase64();
    QVERIFY(page.contains(QStringLiteral("script-src 'sha256-%1'").arg(QLatin1String(hash))));
    QVERIFY(page.contains(QStringLiteral("default-src 'none'")));
    // No address but data: and anchors.
    static const QRegularExpression address(QStringLiteral("(src|srcset|href)=\"(?!data:|#)"));
    QVERIFY2(!page.contains(address), qPrintable(address.match(page).captured(0)));
    QVERIFY(page.contains(QStringLiteral("<title>&lt;T&gt; &amp; &quot;more&quot;</title>")));
    QVERIFY(page.contains(QStringLiteral("&lt;/h1&gt;&lt;script&gt;x&lt;/script&gt;")));
}

void TestHtmlReport::numbersAreTracedInTheAppendix()
{
    const ReportWorkspace workspace;
    const QString page = pageOf(pageContent(workspace), workspace);
    for (const char* part :
         {"How to make these numbers again", "<code>run-a</code>", "<code>abc123</code>", "00ff", "12.5 s",
          "Table 1, Figure 1, Figure 2, Table 2",
          "<pre>assay-cli run transfer.matrix --set eps=0.1 --set sources=fashion-cnn --set seed=7</pre>",
          "<p class=\"problem\" role=\"note\">Run gone&lt;b&gt; is not in the workspace any more"})
        QVERIFY2(page.contains(QString::fromUtf8(part)), part);
    static const QRegularExpression data(QStringLiteral("id=\"assay-evidence\">(.*?)</script>"));
    const Json evidence = Json::parse(data.match(page).captured(1).toStdString());
    QCOMPARE(evidence.size(), std::size_t(1));
    QVERIFY(evidence[0].at("place") == Json("figure-1"));
    QVERIFY(evidence[0].at("evidence").at("figure_sha256") == Json(figureHash(reportFigure()).toStdString()));
}

void TestHtmlReport::aPageThatCannotBeWrittenLeavesNothing()
{
    const ReportWorkspace workspace;
    const ReportContent content = pageContent(workspace);
    const QString sentence =
        sentenceOf([&] { writeHtmlReport(content, QStringLiteral("/proc/none/r.html"), noProgress); });
    QVERIFY2(sentence.startsWith(QStringLiteral("/proc/none/r.html: the file cannot be written: ")),
             qPrintable(sentence));
}

void TestHtmlReport::cancelLeavesNothing()
{
    const ReportWorkspace workspace;
    const ReportContent content = pageContent(workspace);
    const QString path = workspace.path() + QStringLiteral("/report.html");
    struct Stop
    {};
    const auto stop = [](int done, int, const QString&) {
        if (done == 4)
            throw Stop();
    };
    QVERIFY_EXCEPTION_THROWN(writeHtmlReport(content, path, stop), Stop);
    QCOMPARE(QDir(workspace.path()).entryList(QDir::Files), QStringList());
}

QTEST_MAIN(TestHtmlReport)
#include "tst_html_report.moc"
