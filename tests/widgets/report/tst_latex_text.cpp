#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/report_markdown.h"

#include <QTest>

using namespace assay::widgets;

class TestLatexText : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void charactersAreWritten_data();
    void charactersAreWritten();
    void anyCharacterGivesPlainLatex();
    void codeThatShowsATableIsNoTable();
    void longNamesMayBeParted();
};

void TestLatexText::charactersAreWritten_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("latex");
    const auto row = [](const char* name, const QString& text, const char* latex) {
        QTest::newRow(name) << text << QString::fromUtf8(latex);
    };
    row("plain", "Run 12, all well.", "Run 12, all well.");
    row("special", "# $ % & _ { }", "\\# \\$ \\% \\& \\_ \\{ \\}");
    row("backslash", "\\end{document}", "\\textbackslash{}end\\{document\\}");
    row("accents of TeX", "a^b~c", "a\\textasciicircum{}b\\textasciitilde{}c");
    row("quotes", "\"a\" 'b' `c`",
        "\\textquotedbl{}a\\textquotedbl{} \\textquotesingle{}b\\textquotesingle{} "
        "\\textasciigrave{}c\\textasciigrave{}");
    row("ligatures", "--set ---x a,,b", "-{}-set -{}-{}-x a,{},b");
    row("brackets", "[*] <a|b>", "{[}{*}{]} \\textless{}a\\textbar{}b\\textgreater{}");
    row("Greek", QStringLiteral("ε→Δ"), "\\ensuremath{\\varepsilon}\\ensuremath{\\to}\\ensuremath{\\Delta}");
    row("signs", QStringLiteral("\u2212 ± ≤"), "\\ensuremath{-} \\ensuremath{\\pm} \\ensuremath{\\leq}");
    row("Latin", QStringLiteral("Größe é ő ł"), "Größe é ő ł");
    row("a letter and its accent", QStringLiteral("e\u0301"), "é");
    row("spaces", QStringLiteral("1\u2009635\u00A0x"), "1\\,635~x");
    row("raised", QStringLiteral("m² x₁"), "m\\textsuperscript{2} x\\textsubscript{1}");
    row("emoji", QStringLiteral("🙂"), "{[}U+1F642{]}");
    row("another script", QStringLiteral("中"), "{[}U+4E2D{]}");
    row("unseen", QStringLiteral("a\u200Bb\uFE0F"), "ab");
    row("control", QStringLiteral("a\tb\nc\x01"), "a b c ");
}

void TestLatexText::charactersAreWritten()
{
    QFETCH(QString, text);
    QFETCH(QString, latex);
    QCOMPARE(latexText(text), latex);
}

void TestLatexText::anyCharacterGivesPlainLatex()
{
    // What stays of each character is a letter with an accent, or ASCII in balanced groups.
    for (char32_t c = 1; c < 0x30000; ++c) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        const QString latex = latexText(QString::fromUcs4(&c, 1));
        int depth = 0;
        for (qsizetype i = 0; i < latex.size(); ++i) {
            const bool escaped = i > 0 && latex[i - 1] == QLatin1Char('\\');
            if (!escaped && latex[i] == QLatin1Char('{'))
                ++depth;
            if (!escaped && latex[i] == QLatin1Char('}'))
                --depth;
            const ushort unit = latex[i].unicode();
            const bool letter = unit < 0x7F || (unit >= 0xC0 && unit <= 0x21B) || unit == 0x1E9E;
            QVERIFY2(unit >= 0x20 && letter && depth >= 0, qPrintable(QString::number(c, 16)));
        }
        QVERIFY2(depth == 0, qPrintable(QString::number(c, 16)));
    }
}

void TestLatexText::codeThatShowsATableIsNoTable()
{
    const QString latex = latexNote(QStringLiteral("```\n\\begin{table}\n\\begin{tabular}{l}\na \\\\\n```\n\n"
                                                   "| a |\n|---|\n| b |\n\x0c"));
    QVERIFY2(latex.contains(QStringLiteral("\\begin{table}\n\\begin{tabular}{l}\na \\\\\n\\end{verbatim}")),
             qPrintable(latex));
    QCOMPARE(latex.count(QStringLiteral("\\toprule")), 1);
    QCOMPARE(latex.count(QStringLiteral("\\end{table}")), 0);
    QVERIFY(!latex.contains(QLatin1Char('\x0c')));
}

void TestLatexText::longNamesMayBeParted()
{
    QCOMPARE(latexBreakable(QStringLiteral("a_b-c")), QStringLiteral("a\\_\\allowbreak{}b-\\allowbreak{}c"));
    // What belongs together is not parted, nor is an option's --.
    QCOMPARE(latexBreakable(QStringLiteral("--set x")), QStringLiteral("-{}-\\allowbreak{}set x"));
    QCOMPARE(latexBreakableCode(QStringLiteral("a-b \\texttt{c-d\\_e\\{-{}-} f-g")),
             QStringLiteral("a-b \\texttt{c-\\allowbreak{}d\\_\\allowbreak{}e\\{-{}-\\allowbreak{}} f-g"));
    QString hash(64, QLatin1Char('f'));
    QCOMPARE(latexBreakable(hash).count(QStringLiteral("\\allowbreak{}")), 5);
    QCOMPARE(latexBreakable(hash).remove(QStringLiteral("\\allowbreak{}")), hash);
}

QTEST_MAIN(TestLatexText)
#include "tst_latex_text.moc"
