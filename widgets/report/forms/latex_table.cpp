#include "backend/protocol/csv.h"
#include "widgets/report/forms/latex_folder.h"
#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/report_markdown.h"

#include <QCoreApplication>

#include <algorithm>
#include <numeric>

namespace assay::widgets {

namespace {

constexpr int kMostRowsOfFloat = 36; ///< more go over pages
constexpr double kColumnSepMm = 4.3;
constexpr int kHeadLetters = 12; ///< of a column of numbers, where room is short

/// Sizes of letters and the width of a usual one in Latin Modern.
struct LetterSize
{
    const char* command;
    double letterMm;
};
constexpr LetterSize kSizes[] = {{"\\small", 1.66}, {"\\footnotesize", 1.5}, {"\\scriptsize", 1.36}};

/// Letters in the widest cell of each column, and in the widest word where it may be wrapped.
struct LetterCounts
{
    QVector<int> natural, least;
};

LetterCounts lettersOf(const PaperTable& table)
{
    constexpr int kNarrow = 16;
    LetterCounts counts;
    for (int c = 0; c < int(table.numeric.size()); ++c) {
        qsizetype values = 0, word = 0;
        for (const QStringList& row : table.rows)
            values = std::max(values, row.value(c).size());
        for (const QString& part : table.head.value(c).split(QLatin1Char(' ')))
            word = std::max(word, part.size());
        const qsizetype natural = std::max(values, table.head.value(c).size());
        const qsizetype narrow = std::min<qsizetype>(natural, kNarrow);
        counts.natural << int(std::max<qsizetype>(1, natural));
        counts.least << int(
            std::max<qsizetype>(1, table.numeric[c] ? std::max(values, std::min(word, narrow)) : narrow));
    }
    return counts;
}

int total(const QVector<int>& counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0);
}

/// Letters each column gets of @p room: of numbers the heads are wrapped first, then texts down to a limit
/// common to all.
QVector<int> shared(const LetterCounts& counts, const QVector<bool>& numeric, int room)
{
    QVector<int> best = counts.least;
    for (int limit = 1; limit <= room; ++limit) {
        QVector<int> now;
        for (qsizetype i = 0; i < counts.natural.size(); ++i)
            now << std::max(counts.least[i],
                            std::min({counts.natural[i], limit, numeric[i] ? kHeadLetters : room}));
        if (total(now) > room)
            break;
        best = now;
    }
    return best;
}

QString longTable(const ContentItem& item, const PaperTable& table, const LatexColumns& columns)
{
    const QString head = latexRow(table.head, columns);
    QString text = QStringLiteral("\\begin{longtable}{%1}\n").arg(columns.spec);
    text += latexCaption(item).trimmed() +
            QStringLiteral("\\\\\n\\toprule\n%1\\midrule\n\\endfirsthead\n").arg(head);
    text +=
        QStringLiteral("\\multicolumn{%1}{@{}l}{%2~\\ref{%3}, %4}\\\\\n\\toprule\n%5\\midrule\n\\endhead\n"
                       "\\bottomrule\n\\endfoot\n")
            .arg(columns.breakable.size())
            .arg(latexText(item.label.section(QLatin1Char(' '), 0, 0)), item.anchor,
                 QCoreApplication::translate("LatexReport", "continued"), head);
    for (const QStringList& row : table.rows)
        text += latexRow(row, columns);
    return text + QStringLiteral("\\end{longtable}\n");
}

QString shortTable(const PaperTable& table, const LatexColumns& columns)
{
    QString text = QStringLiteral("\\begin{tabular}{%1}\n\\toprule\n").arg(columns.spec);
    text += latexRow(table.head, columns) + QStringLiteral("\\midrule\n");
    for (const QStringList& row : table.rows)
        text += latexRow(row, columns);
    return text + QStringLiteral("\\bottomrule\n\\end{tabular}%\n");
}

} // namespace

LatexColumns latexColumns(const PaperTable& table)
{
    const LetterCounts counts = lettersOf(table);
    const double gaps = double(std::max<qsizetype>(0, counts.natural.size() - 1)) * kColumnSepMm;
    LatexColumns columns;
    QVector<int> letters = counts.natural;
    double letterMm = 1;
    for (const LetterSize& size : kSizes) {
        columns.letters = QLatin1String(size.command);
        letterMm = size.letterMm;
        const int room = int((kLatexTextMm - gaps) / size.letterMm);
        if (total(counts.natural) <= room)
            break;
        letters = shared(counts, table.numeric, room);
        if (total(counts.least) <= room)
            break;
    }
    columns.spec = QStringLiteral("@{}");
    for (qsizetype c = 0; c < letters.size(); ++c) {
        const bool wraps = letters[c] < counts.natural[c];
        const QString side =
            table.numeric[c] ? QStringLiteral("\\raggedleft") : QStringLiteral("\\raggedright");
        columns.breakable << wraps;
        columns.spec +=
            wraps ? QStringLiteral(">{%1\\arraybackslash}p{%2}").arg(side, latexMm(letters[c] * letterMm))
            : table.numeric[c] ? QStringLiteral("r")
                               : QStringLiteral("l");
    }
    columns.spec += QStringLiteral("@{}");
    return columns;
}

QString latexRow(const QStringList& cells, const LatexColumns& columns)
{
    QStringList texts;
    for (qsizetype c = 0; c < columns.breakable.size(); ++c)
        texts << (columns.breakable[c] ? latexBreakable(cells.value(c)) : latexText(cells.value(c)));
    return texts.join(QStringLiteral(" & ")) + QStringLiteral(" \\\\\n");
}

QString latexTable(const ContentItem& item, LatexFolder& folder)
{
    const PaperTable table = paperTable(*item.table, item.most);
    if (table.numeric.isEmpty())
        return latexProblem(QCoreApplication::translate("LatexReport", "%1 has no columns.").arg(item.label));
    const LatexColumns columns = latexColumns(table);
    const bool isLong = table.rows.size() > kMostRowsOfFloat;
    const QString name = QStringLiteral("tables/%1.tex").arg(item.anchor);
    const QString data = QStringLiteral("data/%1.csv").arg(item.anchor);
    folder.write(name, (isLong ? longTable(item, table, columns) : shortTable(table, columns)).toUtf8());
    folder.write(data, QByteArray::fromStdString(protocol::toCsv(*item.table)));
    const QString note =
        table.note.isEmpty()
            ? QString()
            : QCoreApplication::translate("LatexReport", "%1 All are in %2.")
                  .arg(latexText(table.note), QStringLiteral("\\texttt{%1}").arg(latexText(data)));
    if (isLong) {
        QString text = QStringLiteral("\\hypertarget{%1}{}\n{%2\n\\input{%3}\n}\n")
                           .arg(item.anchor, columns.letters, name);
        if (!note.isEmpty())
            text += QStringLiteral("\\begin{center}\\footnotesize %1\\end{center}\n").arg(note);
        return text + QLatin1Char('\n');
    }
    QString text =
        QStringLiteral("\\begin{table}[H]\n  \\centering\n  \\hypertarget{%1}{}%\n").arg(item.anchor);
    text += latexCaption(item);
    text += QStringLiteral("  %1\n  \\reporttable{\\input{%2}}\n").arg(columns.letters, name);
    if (!note.isEmpty())
        text += QStringLiteral("  \\par\\smallskip{\\footnotesize %1}\n").arg(note);
    return text + QStringLiteral("\\end{table}\n\n");
}

} // namespace assay::widgets
