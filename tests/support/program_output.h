#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

namespace assay::test {

/// What a program said, or why it did not run.
inline QString outputOf(const QString& program, const QStringList& arguments, const QString& folder = {},
                        int* exitCode = nullptr)
{
    QProcess process;
    if (!folder.isEmpty())
        process.setWorkingDirectory(folder);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForStarted() || !process.waitForFinished(240000))
        return program + QStringLiteral(" did not run: ") + process.errorString();
    if (exitCode)
        *exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    return QString::fromUtf8(process.readAll());
}

/// Runs a LaTeX @p program over main.tex of @p folder. @returns empty, or what it complains of.
inline QString complaintsOfLatex(const QString& folder, const QString& program = QStringLiteral("pdflatex"),
                                 QString* log = nullptr)
{
    int code = -1;
    const QString said = outputOf(program,
                                  {QStringLiteral("-interaction=nonstopmode"),
                                   QStringLiteral("-halt-on-error"), QStringLiteral("main.tex")},
                                  folder, &code);
    if (log)
        *log = said;
    return code == 0 ? QString()
                     : QStringLiteral("status %1: ").arg(code) +
                           said.mid(qMax<qsizetype>(0, said.indexOf(QLatin1String("\n!")))).left(800);
}

/// The text of each page of a PDF, as poppler reads it.
inline QStringList pagesOf(const QString& pdf)
{
    QStringList pages =
        outputOf(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), QStringLiteral("-enc"),
                                               QStringLiteral("UTF-8"), pdf, QStringLiteral("-")})
            .split(QLatin1Char('\f'));
    pages.removeLast(); // each page ends with one
    return pages;
}

/// The fonts of a PDF that are not inside it, a line each as poppler's pdffonts prints them. Readers of PDF
/// replace those by others.
inline QStringList fontsOutside(const QString& pdf)
{
    QStringList lines =
        outputOf(QStringLiteral("pdffonts"), {pdf}).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    if (lines.size() < 3)
        return {QStringLiteral("no fonts: ") + lines.join(QLatin1Char(' '))};
    lines = lines.sliced(2); // the head
    // ... emb sub uni object ID: "yes yes yes 12 0"
    lines.removeIf([](const QString& line) {
        const QStringList words = line.simplified().split(QLatin1Char(' '));
        return words.size() > 5 && words[words.size() - 5] == QLatin1String("yes");
    });
    return lines;
}

} // namespace assay::test
