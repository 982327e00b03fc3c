#include "report_workspace.h"

#include "tests/support/browser_visit.h"

#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_runs.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QStandardPaths>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

/// How many pixels of @p image differ from its corner.
qint64 inkOf(const QImage& image)
{
    qint64 ink = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            ink += image.pixel(x, y) != image.pixel(0, 0);
    }
    return ink;
}

} // namespace

/// The page as a reader's browser shows it.
class TestPageInBrowser : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void aPageLoadsWithoutErrorsAndAsksForNothing();
    void figuresAreVisibleInLightAndDark();

private:
    QString pageWith(const QVector<ReportBlock>& blocks) const;
    ReportWorkspace m_workspace;
};

void TestPageInBrowser::initTestCase()
{
    QVERIFY2(!QStandardPaths::findExecutable(QStringLiteral("chromium")).isEmpty(),
             "install the Debian package chromium (tools/packages)");
    m_workspace.addRun("run-a", 100, reportSpec(), reportResults());
}

QString TestPageInBrowser::pageWith(const QVector<ReportBlock>& blocks) const
{
    Report report;
    report.title = QStringLiteral("A page & more");
    report.blocks = blocks;
    FolderRuns runs(m_workspace.path());
    const QString path = m_workspace.path() + QStringLiteral("/page.html");
    writeHtmlReport(resolveReport(report, runs), path, [](int, int, const QString&) {});
    return path;
}

void TestPageInBrowser::aPageLoadsWithoutErrorsAndAsksForNothing()
{
    const QVector<ReportBlock> blocks{
        textBlock(QStringLiteral("# Notes\n\n<script>document.title = 'taken'</script> "
                                 "<img src=http://example.org/x.png onerror=\"document.title = 'taken'\">")),
        blockOf("1", ReportBlock::Kind::Figure, {partOf("run-a", "curve")}),
        blockOf("2", ReportBlock::Kind::Table, {partOf("run-a", "pairs")}),
        blockOf("3", ReportBlock::Kind::Gallery, {partOf("run-a", "images")})};
    const QString page = pageWith(blocks);
    const Visit seen = visitPage(page, m_workspace.path(), {QStringLiteral("--dump-dom")});
    QVERIFY2(seen.ended, qPrintable(seen.messages));
    QCOMPARE(consoleOf(seen), QStringList());
    QCOMPARE(seen.requests, QStringList());
    QVERIFY2(seen.html.contains(QStringLiteral("<title>A page &amp; more</title>")),
             qPrintable(seen.html.left(2000)));

    // The check itself sees a page that asks: the same page with a picture from elsewhere and no policy.
    QFile file(page);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray html = file.readAll();
    html.replace("Content-Security-Policy", "x")
        .replace("<main>", "<main><img src=\"http://127.0.0.1:9/x.png\">");
    QVERIFY(file.resize(0) && file.seek(0) && file.write(html) == html.size());
    file.close();
    const Visit asking = visitPage(page, m_workspace.path(), {QStringLiteral("--dump-dom")});
    QVERIFY(asking.requests.contains(QStringLiteral("http://127.0.0.1:9/x.png")));
}

void TestPageInBrowser::figuresAreVisibleInLightAndDark()
{
    const QString folder = QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots");
    QVERIFY(QDir().mkpath(folder));
    const QString bare = pageWith({textBlock(QStringLiteral("Figure"))});
    const QImage without = visitPage(bare, m_workspace.path()).picture;
    for (const bool dark : {false, true}) {
        const QString page = pageWith({blockOf("1", ReportBlock::Kind::Figure, {partOf("run-a", "curve")})});
        const Visit seen =
            visitPage(page, m_workspace.path(),
                      dark ? QStringList{"--force-dark-mode", "--blink-settings=preferredColorScheme=0"}
                           : QStringList());
        QVERIFY2(seen.ended && !seen.picture.isNull(), qPrintable(seen.messages));
        QVERIFY(seen.picture.save(folder + (dark ? "/report-page-dark.png" : "/report-page-light.png")));
        QCOMPARE(QColor(seen.picture.pixel(0, 0)), dark ? QColor("#16191d") : QColor("#ffffff"));
        // Curve, axes and caption: far more than the words of a page without the figure.
        QVERIFY2(inkOf(seen.picture) > 3 * inkOf(without), qPrintable(QString::number(inkOf(seen.picture))));
    }
}

QTEST_MAIN(TestPageInBrowser)
#include "gui_page_in_browser.moc"
