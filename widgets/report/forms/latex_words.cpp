#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/report_markdown.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace assay::widgets {

QString latexMm(double mm)
{
    return QString::number(mm, 'f', 2) + QStringLiteral("mm");
}

QString latexBreakable(const QString& text)
{
    constexpr int kLongest = 12; ///< letters without a place to part
    QString result, part;
    int unbroken = 0;
    const auto flush = [&](bool breaks) {
        result += latexText(part);
        if (breaks)
            result += QStringLiteral("\\allowbreak{}");
        part.clear();
        unbroken = 0;
    };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        part += c;
        if (c.isHighSurrogate())
            continue;
        const bool last = i + 1 == text.size();
        unbroken = c.isSpace() ? 0 : unbroken + 1;
        // Two that are alike stay together: -- and .. would read as two things.
        const bool joint = QStringLiteral("_-/.,:;=@|").contains(c) && !last && text[i + 1] != c;
        const bool accent = !last && text[i + 1].isMark();
        if (!last && !accent && (joint || unbroken >= kLongest))
            flush(true);
    }
    flush(false);
    return result;
}

QString latexBreakableCode(const QString& latex)
{
    static const QString begin = QStringLiteral("\\texttt{"), after = QStringLiteral("\\allowbreak{}");
    QString result;
    int depth = 0; // of braces within code
    for (qsizetype i = 0; i < latex.size(); ++i) {
        const QStringView rest = QStringView(latex).sliced(i);
        if (depth == 0 && rest.startsWith(QLatin1String("\\begin{verbatim}"))) {
            const qsizetype end = rest.indexOf(QLatin1String("\\end{verbatim}"));
            const qsizetype length = end < 0 ? rest.size() : end;
            result += rest.left(length);
            i += length - 1;
            continue;
        }
        if (depth == 0 && rest.startsWith(begin)) {
            result += begin;
            i += begin.size() - 1;
            depth = 1;
            continue;
        }
        const QChar c = latex[i], next = i + 1 < latex.size() ? latex[i + 1] : QChar();
        result += c;
        if (depth == 0)
            continue;
        if (c == QLatin1Char('\\')) { // an order, or a character after it
            result += next;
            ++i;
            if (next == QLatin1Char('_'))
                result += after;
        } else if (c == QLatin1Char('{')) {
            ++depth;
        } else if (c == QLatin1Char('}')) {
            --depth;
        } else if ((c == QLatin1Char('-') || c == QLatin1Char('/')) && next != QLatin1Char('{')) {
            result += after;
        }
    }
    return result;
}

QString latexNote(const QString& markdown)
{
    // A table of a note stands where it is, with the rules that the others have.
    static const QRegularExpression table(
        QStringLiteral(
            "\\\\begin\\{table\\}\\n(\\\\begin\\{tabular\\}\\{[lcr]*\\}\\n)([^\\n]*\\\\\\\\\\n)(.*?)"
            "(\\\\end\\{tabular\\}\\n)\\\\end\\{table\\}"),
        QRegularExpression::DotMatchesEverythingOption);
    static const QString ruled =
        QStringLiteral("\\begin{center}\n\\1\\toprule\n\\2\\midrule\n\\3\\bottomrule\n\\4\\end{center}");
    static const QString begin = QStringLiteral("\\begin{verbatim}"), end = QStringLiteral("\\end{verbatim}");
    const QString latex = markdownLatex(markdown);
    QString result;
    // Code is left as it is: it may show tables of LaTeX.
    for (qsizetype at = 0; at < latex.size();) {
        const qsizetype code = latex.indexOf(begin, at), length = (code < 0 ? latex.size() : code) - at;
        result += latex.mid(at, length).replace(table, ruled);
        at += length;
        if (code < 0)
            break;
        const qsizetype after = latex.indexOf(end, at);
        const qsizetype next = after < 0 ? latex.size() : after + end.size();
        result += latex.mid(at, next - at);
        at = next;
    }
    return latexBreakableCode(result);
}

QString latexCaption(const ContentItem& item)
{
    QString caption = latexBreakableCode(markdownLatex(item.caption)).trimmed();
    // Lists, tables and code cannot stand in a caption.
    if (caption.contains(QLatin1String("\\begin{")) || caption.contains(QLatin1String("section{")))
        caption = latexText(markdownPlain(item.caption));
    return QStringLiteral("  \\caption[]{%1}\n  \\label{%2}\n").arg(caption, item.anchor);
}

QString latexContinued()
{
    return QStringLiteral("  \\caption[]{(%1)}\n")
        .arg(QCoreApplication::translate("LatexReport", "continued"));
}

QString latexProblem(const QString& sentence)
{
    return QStringLiteral("\\begin{center}\n  \\fbox{\\parbox{0.94\\linewidth}{%1}}\n\\end{center}\n\n")
        .arg(latexBreakable(sentence));
}

} // namespace assay::widgets
