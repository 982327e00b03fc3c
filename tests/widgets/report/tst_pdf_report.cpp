#include "print_content.h"

#include "tests/support/program_output.h"
#include "tests/support/sentence_of.h"
#include "tests/support/small_disk.h"
#include "widgets/figures/evidence_formats.h"
#include "widgets/report/forms/report_writers.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

ReportContent paperContent(QVector<ContentItem> items)
{
    ReportContent content;
    content.title = QStringLiteral("On paper");
    content.made = QDateTime(QDate(2026, 5, 3), QTime(12, 0));
    content.items = std::move(items);
    return content;
}

} // namespace

class TestPdfReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pagesSayWhatTheyHold();
    void fontsAreInside();
    void longTablesShowTheirHeadOnEachPage();
    void rowsLeftOutAreCounted();
    void wideTablesKeepAllColumns();
    void captionsStandWithTheirFigures();
    void textLeavesNoLineAlone();
    void greySafeFiguresAreDrawnOtherwise();
    void emptyThingsAreSet();
    void evidenceIsInside();
    void errorsLeaveWhatWasThere();
    void cancelLeavesNothing();

private:
    QTemporaryDir m_folder;
    QString path() const { return m_folder.filePath(QStringLiteral("report.pdf")); }
    QStringList pages(const ReportContent& content)
    {
        writePdfReport(content, path(), noReportProgress);
        return pagesOf(path());
    }
};

void TestPdfReport::pagesSayWhatTheyHold()
{
    const QStringList text = pages(hostileContent());
    const QString info = outputOf(QStringLiteral("pdfinfo"), {path()});
    QVERIFY2(info.contains(QRegularExpression(QStringLiteral("Pages: +%1\n").arg(text.size()))),
             qPrintable(info));
    QVERIFY2(info.contains(QStringLiteral("(A4)")), qPrintable(info));
    QVERIFY(info.contains(QStringLiteral("--set <T> [u]"))); // the title
    QVERIFY(text.size() > 3);
    for (qsizetype i = 0; i < text.size(); ++i)
        QVERIFY2(text[i].contains(
                     QRegularExpression(QStringLiteral("\n *%1 ?/ ?%2\n").arg(i + 1).arg(text.size()))),
                 qPrintable(text[i].right(200)));
    const QString all = text.join(QLatin1Char('\n')).simplified(); // wherever lines end
    for (const char* words :
         {"3 May 2026", "O'Neil & Søn_1", "Heading with ε & 100%", "<script>alert(1)</script>", "Figure 2.",
          "Caption-figure-4", "12 of 30 images; 18 are left out.", "#111", "Table 1.", "is gone.",
          "the end of the file is torn", "Run 1:", "eps_list", "abc123-dirty", "--set 'note=a --b $x'",
          "Figure 1, Table 1"})
        QVERIFY2(all.contains(QString::fromUtf8(words)), words);
    // Not once per line of a block: a mark of a list stands where it is.
    QCOMPARE(text.first().count(QStringLiteral("•")), 2);
}

void TestPdfReport::fontsAreInside()
{
    writePdfReport(hostileContent(), path(), noReportProgress);
    QCOMPARE(fontsOutside(path()), QStringList());
}

void TestPdfReport::longTablesShowTheirHeadOnEachPage()
{
    const QStringList text =
        pages(paperContent({paperText(QStringLiteral("Before.")), paperTableItem(1, 200, 200)}));
    QVERIFY(text.size() > 2);
    int rows = 0;
    for (const QString& page : text) {
        const int here = int(page.count(QStringLiteral("row-1-")));
        QCOMPARE(page.count(QStringLiteral("Headword")), here > 0 ? 1 : 0);
        rows += here;
    }
    QCOMPARE(rows, 200);
    for (int r = 0; r < 200; ++r)
        QCOMPARE(text.join(QString()).count(QStringLiteral("row-1-%1.").arg(r)), 1);
    QVERIFY(!text.join(QString()).contains(QStringLiteral("left out")));
}

void TestPdfReport::rowsLeftOutAreCounted()
{
    const QString text = pages(paperContent({paperTableItem(1, 200, 30)})).join(QString());
    QCOMPARE(text.count(QStringLiteral("row-1-")), 30);
    QVERIFY(text.contains(QStringLiteral("30 of 200 rows; 170 are left out.")));
}

void TestPdfReport::wideTablesKeepAllColumns()
{
    for (const int columns : {9, 40}) {
        const QString text = pages(paperContent({paperTableItem(1, 3, 30, columns)})).join(QLatin1Char('\n'));
        // The last row of the last column.
        QVERIFY(
            text.contains(QString::number(1.0 - columns, 'f', 3).replace(QLatin1Char('-'), QChar(0x2212))));
        QCOMPARE(text.count(QStringLiteral("Headword")) > 1, columns > 20);
    }
}

void TestPdfReport::captionsStandWithTheirFigures()
{
    QVector<ContentItem> items;
    for (int number = 1; number <= 9; ++number) {
        items << paperText(
            QString(number * 37, QLatin1Char('x')).replace(QLatin1String("xxxxxx"), QLatin1String("words ")));
        items << paperFigure(number, number % 3 + 1);
    }
    const QStringList text = pages(paperContent(items));
    QVERIFY(text.size() > 3);
    for (int number = 1; number <= 9; ++number) {
        int found = 0;
        for (const QString& page : text) {
            if (!page.contains(QStringLiteral("Caption-figure-%1 ").arg(number)))
                continue;
            ++found;
            for (int panel = 0; panel <= number % 3; ++panel)
                QVERIFY2(page.contains(QStringLiteral("axis-%1-%2").arg(number).arg(panel)),
                         qPrintable(page));
        }
        QCOMPARE(found, 1);
    }
}

void TestPdfReport::textLeavesNoLineAlone()
{
    // Paragraphs of five lines each: at every end of a page two lines of one stand together at least.
    QStringList paragraphs;
    for (int p = 0; p < 40; ++p) {
        QStringList words;
        for (int w = 0; w < 75; ++w)
            words << QStringLiteral("w%1").arg(p);
        paragraphs << words.join(QLatin1Char(' '));
    }
    const QStringList text = pages(paperContent({paperText(paragraphs.join(QStringLiteral("\n\n")))}));
    QVERIFY(text.size() > 2);
    for (int p = 0; p < 40; ++p) {
        const QString word = QStringLiteral("w%1 ").arg(p);
        for (const QString& page : text) {
            int lines = 0;
            for (const QString& line : page.split(QLatin1Char('\n')))
                lines += (line.simplified() + QLatin1Char(' ')).contains(QLatin1Char(' ') + word) ||
                                 line.trimmed().startsWith(word)
                             ? 1
                             : 0;
            QVERIFY2(lines != 1, qPrintable(page));
        }
    }
}

void TestPdfReport::greySafeFiguresAreDrawnOtherwise()
{
    // Two series of different colours, which need no dashes of their own elsewhere.
    ContentItem item = paperFigure(1);
    auto figure = std::make_shared<protocol::Figure>(*item.panels.first().figure);
    figure->layers.push_back(figure->layers.front());
    figure->layers[0].role = "series:0";
    figure->layers[1].role = "series:1";
    figure->layers[1].name = "other";
    item.panels.first().figure = figure;
    ReportContent content = paperContent({item});
    const auto drawing = [&](bool greySafe) {
        content.greySafe = greySafe;
        writePdfReport(content, path(), noReportProgress);
        return outputOf(QStringLiteral("pdftocairo"), {QStringLiteral("-svg"), path(), QStringLiteral("-")});
    };
    const QString usual = drawing(false);
    QVERIFY2(usual.contains(QStringLiteral("<svg")), qPrintable(usual.left(300)));
    QCOMPARE(drawing(false), usual);
    QVERIFY(drawing(true) != usual);
}

void TestPdfReport::emptyThingsAreSet()
{
    const QString text = pages(emptyContent()).join(QString());
    for (const char* words : {"Figure 1.", "Figure 2.", "Table 1.", "Table 3.", "xxxx…", "row-2-1."})
        QVERIFY2(text.contains(QString::fromUtf8(words)), words);
    QVERIFY(text.count(QLatin1Char('x')) < 700);
}

void TestPdfReport::evidenceIsInside()
{
    writePdfReport(hostileContent(), path(), noReportProgress);
    QFile file(path());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto text = readFromPdf(file);
    QVERIFY(text.has_value());
    const Json all = Json::parse(text->begin(), text->end());
    QCOMPARE(all.size(), std::size_t(6)); // one, four, one
    const auto read = readReportEvidence(path());
    QVERIFY(read);
    QCOMPARE(read->size(), 6);
    QVERIFY((*read)[2].json == all.at(2).at("evidence"));
    QVERIFY(!readEvidence(path()));
    QCOMPARE(all.at(2).at("place").get<std::string>(), std::string("figure-2b"));
    QCOMPARE(all.at(2).at("evidence").at("run").get<std::string>(), std::string("run_1"));
}

void TestPdfReport::errorsLeaveWhatWasThere()
{
    const QString nowhere = m_folder.filePath(QStringLiteral("no/such/report.pdf"));
    QVERIFY(sentenceOf([&] {
                writePdfReport(hostileContent(), nowhere, noReportProgress);
            }).startsWith(nowhere + QStringLiteral(": the file cannot be written: ")));
    writePdfReport(paperContent({}), path(), noReportProgress);
    const qint64 size = QFileInfo(path()).size();
    const QStringList before = QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden);
    {
        const SmallDisk full(2000);
        QVERIFY(sentenceOf([&] {
                    writePdfReport(hostileContent(), path(), noReportProgress);
                }).startsWith(path() + QStringLiteral(": the file cannot be written: ")));
    }
    QCOMPARE(QFileInfo(path()).size(), size);
    QCOMPARE(QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden), before);
}

void TestPdfReport::cancelLeavesNothing()
{
    struct Cancel
    {};
    const QString target = m_folder.filePath(QStringLiteral("cancelled.pdf"));
    const QStringList before = QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden);
    QStringList said;
    QVERIFY_EXCEPTION_THROWN(writePdfReport(hostileContent(), target,
                                            [&](int done, int total, const QString& what) {
                                                QCOMPARE(total, hostileContent().items.size() + 1);
                                                said << what;
                                                if (done == 3)
                                                    throw Cancel();
                                            }),
                             Cancel);
    QVERIFY(said.contains(QStringLiteral("Figure 2")));
    QVERIFY(!said.contains(QStringLiteral("Table 1")));
    QCOMPARE(QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden), before);
}

QTEST_MAIN(TestPdfReport)
#include "tst_pdf_report.moc"
