#include "widgets/report/report_markdown.h"

#include <QRegularExpression>
#include <QTest>

using namespace assay::widgets;

class TestReportMarkdown : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void notesAreSetAsTheyAreMeant();
    void htmlIsShownNotExecuted_data();
    void htmlIsShownNotExecuted();
    void linksThatCouldActAreDropped();
    void captionsHaveNoParagraph();
    void latexGetsNoOrders();
    void escapedTextComesOutAsItWas_data();
    void escapedTextComesOutAsItWas();
    void longTextsAreCutWithASentence();
};

void TestReportMarkdown::notesAreSetAsTheyAreMeant()
{
    QCOMPARE(
        markdownHtml(QStringLiteral("# One\n\nTwo *three* **four** `x < y`\n\n- a\n- b\n")),
        QStringLiteral("<h2>One</h2>\n<p>Two <em>three</em> <strong>four</strong> <code>x &lt; y</code></p>\n"
                       "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"));
    const QString table = markdownHtml(QStringLiteral("| a | b |\n|---|---|\n| 1 | ~~2~~ |\n"));
    QVERIFY2(table.contains(QStringLiteral("<td>1</td>")) && table.contains(QStringLiteral("<del>2</del>")),
             qPrintable(table));
    QCOMPARE(markdownPlain(QStringLiteral("Two *three*\nfour")), QStringLiteral("Two three four"));
}

void TestReportMarkdown::htmlIsShownNotExecuted_data()
{
    QTest::addColumn<QString>("markdown");
    QTest::newRow("script") << QStringLiteral("<script>alert(1)</script>");
    QTest::newRow("inline") << QStringLiteral("so <img src=x onerror=alert(1)> it");
    QTest::newRow("block") << QStringLiteral("<div onclick=\"alert(1)\">\n\ntext\n\n</div>");
    QTest::newRow("comment") << QStringLiteral("<!-- <script>alert(1)</script> -->");
    QTest::newRow("in a heading") << QStringLiteral("# <svg onload=alert(1)>");
    QTest::newRow("in a table") << QStringLiteral("| a |\n|---|\n| <b onclick=alert(1)> |");
    QTest::newRow("in a list") << QStringLiteral("- <iframe src=http://x></iframe>");
}

void TestReportMarkdown::htmlIsShownNotExecuted()
{
    QFETCH(QString, markdown);
    const QString html = markdownHtml(markdown);
    static const QRegularExpression live(QStringLiteral("<(script|img|div|svg|b|iframe)\\b"));
    QVERIFY2(!html.contains(live) && !html.contains(QStringLiteral("<!--")), qPrintable(html));
    QVERIFY2(html.contains(QStringLiteral("&lt;")), qPrintable(html));
}

void TestReportMarkdown::linksThatCouldActAreDropped()
{
    QCOMPARE(
        markdownHtml(
            QStringLiteral("[a](javascript:alert(1)) [b](https://x.org/y) ![c](https://x.org/z.png)")),
        QStringLiteral("<p>a <a href=\"https://x.org/y\">b</a> <a href=\"https://x.org/z.png\">c</a></p>\n"));
    QCOMPARE(markdownHtml(QStringLiteral("[a](file:///etc/passwd) ![b](data:text/html,x) [c](#table-1)")),
             QStringLiteral("<p>a b <a href=\"#table-1\">c</a></p>\n"));
}

void TestReportMarkdown::captionsHaveNoParagraph()
{
    QCOMPARE(markdownInlineHtml(QStringLiteral("**A.** b")), QStringLiteral("<strong>A.</strong> b"));
    QCOMPARE(markdownInlineHtml(QStringLiteral("a\n\nb")), QStringLiteral("<p>a</p>\n<p>b</p>"));
    QCOMPARE(markdownInlineHtml(QString()), QString());
}

void TestReportMarkdown::latexGetsNoOrders()
{
    const QString latex = markdownLatex(
        QStringLiteral("# 50 % of A_1 & \\\\input{x} #3\n\n```\n\\end{verbatim}\\input{/etc/passwd}\n```\n"));
    QVERIFY2(latex.contains(QStringLiteral("\\section{50 \\% of A\\_1 \\& ")), qPrintable(latex));
    QCOMPARE(latex.count(QStringLiteral("\\end{verbatim}")), 1);
    QVERIFY2(!latex.contains(QStringLiteral(" \\input{x}")), qPrintable(latex));
    QVERIFY(
        !markdownLatex(QStringLiteral("a <b>\\write18{ls}</b>")).contains(QStringLiteral("<b>\\write18")));
}

void TestReportMarkdown::escapedTextComesOutAsItWas_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text :
         {"a_b *c* [d](e)", "# no heading", "1. no list", "12) no list", "- no list", "Key 1: it is 0.5 (a).",
          "<b>x</b> & y", "a\\b `c` ~~d~~", "| a | b |", "ε = 8/255, 50 %", "&amp; stays"})
        QTest::newRow(text) << QString::fromUtf8(text);
}

void TestReportMarkdown::escapedTextComesOutAsItWas()
{
    QFETCH(QString, text);
    QCOMPARE(markdownInlineHtml(markdownEscaped(text)), text.toHtmlEscaped());
    // No end of a line begins a heading or a list.
    QCOMPARE(markdownEscaped("T\r===\nx\x0c"), "T === x ");
    // Captions are offered to be edited: no more signs in them than are needed.
    QCOMPARE(markdownEscaped("Key 1: it is 0.5 (a)."), "Key 1: it is 0.5 (a).");
}

void TestReportMarkdown::longTextsAreCutWithASentence()
{
    const QString html = markdownHtml(QString(2 << 20, QLatin1Char('a')));
    QVERIFY(html.size() < (1 << 20) + 500);
    QVERIFY(html.contains(QStringLiteral("longer than 1 MiB, is left out")));
}

QTEST_MAIN(TestReportMarkdown)
#include "tst_report_markdown.moc"
