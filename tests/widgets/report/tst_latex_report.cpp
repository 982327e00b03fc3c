#include "print_content.h"

#include "tests/support/program_output.h"
#include "tests/support/sentence_of.h"
#include "tests/support/small_disk.h"
#include "widgets/figures/figure_export.h"
#include "widgets/report/forms/report_writers.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

QString textOfFile(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// Why @p latex is not well formed, or empty: groups and environments end in the order they began.
QString imbalance(const QString& latex)
{
    QStringList open;
    static const QRegularExpression token(
        QStringLiteral("\\\\begin\\{verbatim\\}.*?\\\\end\\{verbatim\\}|\\\\(begin|end)\\{([a-z*]+)\\}|\\\\.|"
                       "(?<!\\\\)%[^\n]*|[{}]"),
        QRegularExpression::DotMatchesEverythingOption);
    for (auto found = token.globalMatch(latex); found.hasNext();) {
        const auto match = found.next();
        if (match.captured(1) == QLatin1String("begin"))
            open << match.captured(2);
        else if (match.captured(1) == QLatin1String("end")) {
            if (open.isEmpty() || open.takeLast() != match.captured(2))
                return QStringLiteral("\\end{%1} ends something else").arg(match.captured(2));
        } else if (match.captured() == QLatin1String("{"))
            open << QStringLiteral("{");
        else if (match.captured() == QLatin1String("}") &&
                 (open.isEmpty() || open.takeLast() != QLatin1String("{")))
            return QStringLiteral("} ends something else at %1").arg(match.capturedStart());
    }
    return open.isEmpty() ? QString() : QStringLiteral("%1 does not end").arg(open.join(QLatin1Char(' ')));
}

QStringList entriesOf(const QString& folder)
{
    return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

bool hasPackage(const QString& file)
{
    int code = 1;
    outputOf(QStringLiteral("kpsewhich"), {file}, {}, &code);
    return code == 0;
}

} // namespace

class TestLatexReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void filesAreWhole();
    void dataIsForPgfplots();
    void captionsAndAnchors();
    void itCompiles_data();
    void itCompiles();
    void emptyThingsCompile();
    void pgfplotsDrawsTheData();
    void onlyItsOwnFoldersAreReplaced();
    void errorsLeaveWhatWasThere();
    void cancelLeavesNothing();

private:
    QTemporaryDir m_folder;
    QString path(const QString& name = QStringLiteral("report")) const { return m_folder.filePath(name); }
};

void TestLatexReport::filesAreWhole()
{
    const QStringList files = writeLatexReport(hostileContent(), path(), noReportProgress);
    QStringList found;
    QDirIterator all(path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (all.hasNext())
        found << all.next();
    QCOMPARE(QSet<QString>(files.begin(), files.end()), QSet<QString>(found.begin(), found.end()));
    for (const char* name : {"main.tex", "appendix.tex", "figures/figure-1.pdf", "figures/figure-2d.pdf",
                             "figures/figure-3.pgf.tex", "data/figure-3-2.dat", "tables/table-1.tex",
                             "data/table-2.csv", "images/figure-4-12-2.png"})
        QVERIFY2(files.contains(path() + QLatin1Char('/') + QLatin1String(name)), name);
    QVERIFY(!QFile::exists(path() + QStringLiteral("/images/figure-4-13-1.png")));
    for (const QString& file : files) {
        if (file.endsWith(QLatin1String(".tex")))
            QVERIFY2(imbalance(textOfFile(file)).isEmpty(),
                     qPrintable(file + ": " + imbalance(textOfFile(file))));
    }
    QCOMPARE(imbalance(QStringLiteral("\\begin{a}{\\end{a}}")),
             QStringLiteral("\\end{a} ends something else"));
    // Each drawing carries its evidence.
    const auto evidence = readEvidence(path() + QStringLiteral("/figures/figure-2b.pdf"));
    QVERIFY(evidence.has_value());
    QCOMPARE(evidence->json.at("run").get<std::string>(), std::string("run_1"));
}

void TestLatexReport::dataIsForPgfplots()
{
    writeLatexReport(hostileContent(), path(), noReportProgress);
    QCOMPARE(
        textOfFile(path() + QStringLiteral("/data/figure-1-1.dat")),
        QStringLiteral("x y low high minus plus\n0 0.25 0.2 0.3 0.04999999999999999 0.04999999999999999\n"
                       "1 0.5 0.4 0.6 0.09999999999999998 0.09999999999999998\n"
                       "2 0.125 0.1 0.2 0.024999999999999994 0.07500000000000001\n"));
    const QString points = textOfFile(path() + QStringLiteral("/data/figure-3-5.dat"));
    QVERIFY2(points.contains(QStringLiteral("\n1 nan 0.4 0.6 nan nan\n")), qPrintable(points));
    // The second bars stand on the first.
    const QStringList bars =
        textOfFile(path() + QStringLiteral("/data/figure-3-3.dat")).split(QLatin1Char('\n'));
    QCOMPARE(bars[0], QStringLiteral("x y low high minus plus at bottom top"));
    QCOMPARE(bars[1].section(QLatin1Char(' '), 7), QStringLiteral("0.25 0.5"));
}

void TestLatexReport::captionsAndAnchors()
{
    writeLatexReport(hostileContent(), path(), noReportProgress);
    const QString main = textOfFile(path() + QStringLiteral("/main.tex"));
    QVERIFY(main.contains(QStringLiteral("\\textbf{bold} \\& \\texttt{code\\_\\allowbreak{}1}")));
    QVERIFY(main.contains(QStringLiteral("\\label{figure-2}")));
    QVERIFY2(main.contains(QStringLiteral("\\begin{tabular}{ll}\n\\toprule\na\\_1 & b \\\\\n\\midrule\n")),
             qPrintable(main.mid(main.indexOf(QStringLiteral("tabular")), 200)));
    QVERIFY(main.contains(QStringLiteral("% pgfplots: \\input{figures/figure-3.pgf.tex}")));
    QVERIFY(!main.contains(
        QRegularExpression(QStringLiteral("\n *\\\\(usepackage\\{pgfplots|input\\{figures)"))));
    const QString longTable = textOfFile(path() + QStringLiteral("/tables/table-2.tex"));
    QVERIFY(longTable.contains(QStringLiteral("\\endhead")));
    QCOMPARE(longTable.count(QStringLiteral("row-2-")), 80);
    QVERIFY(main.contains(
        QStringLiteral("80 of 90 rows; 10 are left out. All are in \\texttt{data/table-2.csv}")));
    const QString appendix = textOfFile(path() + QStringLiteral("/appendix.tex"));
    QVERIFY(appendix.contains(QStringLiteral("Figure~\\ref{figure-1}, Table~\\ref{table-1}")));
    QVERIFY(appendix.contains(QStringLiteral("eps\\_\\allowbreak{}list")));
}

void TestLatexReport::itCompiles_data()
{
    QTest::addColumn<QString>("program");
    for (const char* program : {"pdflatex", "lualatex", "xelatex"})
        QTest::newRow(program) << QString::fromLatin1(program);
}

/// Where the program is not installed the structure, which filesAreWhole() checks, is all that is looked at.
void TestLatexReport::itCompiles()
{
    QFETCH(QString, program);
    const QString folder = path(program);
    writeLatexReport(hostileContent(), folder, noReportProgress);
    QVERIFY(imbalance(textOfFile(folder + QStringLiteral("/main.tex"))).isEmpty());
    if (QStandardPaths::findExecutable(program).isEmpty())
        return;
    QString log;
    for (int pass = 0; pass < 2; ++pass)
        QCOMPARE(complaintsOfLatex(folder, program, &log), QString());
    QVERIFY(!log.contains(QStringLiteral("undefined references")));
    const qsizetype missing = log.indexOf(QStringLiteral("Missing character"));
    QVERIFY2(missing < 0, qPrintable(log.mid(missing, 200)));
    const QString text = pagesOf(folder + QStringLiteral("/main.pdf")).join(QLatin1Char('\n'));
    for (const char* words :
         {"O'Neil & Søn_1", "Heading with ", "Figure 1: Caption-figure-1", "Figure 4: Caption-figure-4",
          "Table 2, continued", "row-2-79", "axis-2-3", "[U+1F642]", "is gone."})
        QVERIFY2(text.contains(QString::fromUtf8(words)), words);
}

void TestLatexReport::emptyThingsCompile()
{
    const QString folder = path(QStringLiteral("empty"));
    writeLatexReport(emptyContent(), folder, noReportProgress);
    QVERIFY(imbalance(textOfFile(folder + QStringLiteral("/main.tex"))).isEmpty());
    if (QStandardPaths::findExecutable(QStringLiteral("pdflatex")).isEmpty())
        return;
    QCOMPARE(complaintsOfLatex(folder), QString());
}

void TestLatexReport::pgfplotsDrawsTheData()
{
    const QString folder = path(QStringLiteral("pgf"));
    writeLatexReport(hostileContent(), folder, noReportProgress);
    // As the comments in main.tex say.
    QString main = textOfFile(folder + QStringLiteral("/main.tex"));
    main.replace(QStringLiteral("\n%\\usepackage{pgfplots}"), QStringLiteral("\n\\usepackage{pgfplots}"));
    main.replace(QStringLiteral("\n%\\pgfplotsset"), QStringLiteral("\n\\pgfplotsset"));
    main.replace(QStringLiteral("\n%\\usepgfplotslibrary"), QStringLiteral("\n\\usepgfplotslibrary"));
    static const QRegularExpression hint(
        QStringLiteral("% pgfplots: (\\\\input\\{[^}]*\\})[^\n]*\n[^\n]*\n"));
    const qsizetype pictures = main.count(hint);
    QCOMPARE(pictures, 6);
    main.replace(hint, QStringLiteral("\\1%\n"));
    QFile file(folder + QStringLiteral("/main.tex"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(main.toUtf8()) > 0);
    file.close();
    for (const char* line :
         {"\n\\usepackage{pgfplots}", "\n\\pgfplotsset{compat", "\n\\usepgfplotslibrary{fillbetween}"})
        QVERIFY2(main.contains(QLatin1String(line)), line);
    if (QStandardPaths::findExecutable(QStringLiteral("pdflatex")).isEmpty() ||
        !hasPackage(QStringLiteral("pgfplots.sty")))
        return;
    QCOMPARE(complaintsOfLatex(folder), QString());
    const QString text = pagesOf(folder + QStringLiteral("/main.pdf")).join(QLatin1Char('\n'));
    QVERIFY(text.contains(QStringLiteral("axis-1-0")));
    QVERIFY(text.contains(QStringLiteral("same_1"))); // of the legend
}

void TestLatexReport::onlyItsOwnFoldersAreReplaced()
{
    const QString target = path(QStringLiteral("mine"));
    QDir().mkpath(target);
    writeLatexReport(hostileContent(), target, noReportProgress); // empty: nobody's
    QFile(target + QStringLiteral("/main.aux")).open(QIODevice::WriteOnly);
    writeLatexReport(hostileContent(), target, noReportProgress);
    QVERIFY(QFile::exists(target + QStringLiteral("/main.tex")));
    QVERIFY(!QFile::exists(target + QStringLiteral("/main.aux")));

    const QString other = path(QStringLiteral("thesis"));
    QDir().mkpath(other);
    QFile(other + QStringLiteral("/main.tex")).open(QIODevice::WriteOnly);
    QCOMPARE(sentenceOf([&] { writeLatexReport(hostileContent(), other, noReportProgress); }),
             other +
                 QStringLiteral(": this folder holds files that are no LaTeX report of Assay; they are not "
                                "replaced. Choose another name, or an empty folder."));
    QCOMPARE(entriesOf(other), QStringList{QStringLiteral("main.tex")});
    const QString file = path(QStringLiteral("file"));
    QFile(file).open(QIODevice::WriteOnly);
    QCOMPARE(sentenceOf([&] { writeLatexReport(hostileContent(), file, noReportProgress); }),
             file +
                 QStringLiteral(": a LaTeX report is a folder, and here is a file. Choose another name, or "
                                "remove the file."));
}

void TestLatexReport::errorsLeaveWhatWasThere()
{
    const QString nowhere = path(QStringLiteral("no/such/report"));
    QCOMPARE(sentenceOf([&] { writeLatexReport(hostileContent(), nowhere, noReportProgress); }),
             nowhere +
                 QStringLiteral(": the folder cannot be made. Choose a folder that exists, and that you may "
                                "write to."));
    const QString target = path(QStringLiteral("full"));
    ReportContent small = hostileContent();
    small.items.clear();
    writeLatexReport(small, target, noReportProgress);
    const QString main = textOfFile(target + QStringLiteral("/main.tex"));
    const QStringList before = entriesOf(m_folder.path());
    {
        const SmallDisk full(2000);
        const QString said =
            sentenceOf([&] { writeLatexReport(hostileContent(), target, noReportProgress); });
        QVERIFY2(
            said.startsWith(target + QStringLiteral("/figures/figure-1.pdf: the file cannot be written: ")),
            qPrintable(said));
    }
    QCOMPARE(entriesOf(m_folder.path()), before);
    QCOMPARE(textOfFile(target + QStringLiteral("/main.tex")), main);
}

void TestLatexReport::cancelLeavesNothing()
{
    struct Cancel
    {};
    const QStringList before = entriesOf(m_folder.path());
    QVERIFY_EXCEPTION_THROWN(writeLatexReport(hostileContent(), path(QStringLiteral("cancelled")),
                                              [](int done, int, const QString&) {
                                                  if (done == 5)
                                                      throw Cancel();
                                              }),
                             Cancel);
    QCOMPARE(entriesOf(m_folder.path()), before);
}

QTEST_MAIN(TestLatexReport)
#include "tst_latex_report.moc"
