#include "widgets/report/forms/command_lines.h"

namespace assay::widgets {

namespace {

/// The command up to each of its options.
QStringList commandParts(const QString& command)
{
    QStringList parts;
    qsizetype from = 0;
    QChar quote;
    for (qsizetype i = 0; i < command.size(); ++i) {
        const QChar c = command[i];
        if (!quote.isNull()) {
            if (c == quote)
                quote = QChar();
        } else if (c == QLatin1Char('\'') || c == QLatin1Char('"')) {
            quote = c;
        } else if (c == QLatin1Char('\\')) {
            ++i;
        } else if (i > from && QStringView(command).sliced(i).startsWith(QLatin1String(" --"))) {
            parts << command.mid(from, i - from);
            from = i + 1;
        }
    }
    return parts << command.mid(from);
}

} // namespace

QStringList commandLines(const QString& command, int letters)
{
    QStringList lines;
    for (const QString& part : commandParts(command)) {
        if (!lines.isEmpty() && lines.last().size() + 1 + part.size() <= letters)
            lines.last() += QLatin1Char(' ') + part;
        else
            lines << (lines.isEmpty() ? QString() : QStringLiteral("    ")) + part;
    }
    for (qsizetype i = 0; i + 1 < lines.size(); ++i)
        lines[i] += QStringLiteral(" \\");
    return lines;
}

} // namespace assay::widgets
