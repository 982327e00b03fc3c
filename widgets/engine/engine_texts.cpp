#include "widgets/engine/engine_texts.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace assay::widgets {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("EngineTexts", text);
}

// The handful that end programs; the wording is the one of a POSIX shell.
QString signalName(int number)
{
    switch (number) {
    case 1:
        return tr("hung up");
    case 2:
        return tr("interrupted");
    case 4:
        return tr("illegal instruction");
    case 6:
        return tr("aborted");
    case 7:
        return tr("bus error");
    case 8:
        return tr("arithmetic error");
    case 9:
        return tr("killed");
    case 11:
        return tr("segmentation fault");
    case 15:
        return tr("terminated");
    default:
        return {};
    }
}

} // namespace

QString howItEnded(const ChildEnded& end)
{
    if (!end.crashed)
        return tr("exit status %1").arg(end.code);
    const QString name = signalName(end.code);
    return name.isEmpty() ? tr("signal %1").arg(end.code) : tr("signal %1: %2").arg(end.code).arg(name);
}

QString deathSentence(const QString& how, const QStringList& running, bool restarting)
{
    QString text = running.isEmpty()
                       ? tr("The engine ended (%1).").arg(how)
                       : tr("The engine ended (%1) while running %2.").arg(how, running.join(tr(" and ")));
    if (!running.isEmpty())
        text += restarting ? tr(" What had arrived is kept; the engine is being restarted.")
                           : tr(" What had arrived is kept.");
    else if (restarting)
        text += tr(" It is being restarted.");
    return text;
}

QString givenUpSentence(int deaths, const QString& lastWords)
{
    const QString count =
        tr("The engine ended %1 times in a row and is not started again by itself.").arg(deaths);
    return lastWords.isEmpty() ? count : count + tr(" Its last words were: %1").arg(lastWords);
}

QString missingSentence(const QString& program, const QString& reason)
{
    return tr("The engine could not be started: %1: %2. Check that it is installed and may be executed.")
        .arg(program, reason);
}

QString mismatchSentence(const protocol::Hello& engine, const protocol::Hello& window)
{
    return tr("The engine (%1 %2) speaks protocol %3, but this window (%4 %5) speaks protocol %6. "
              "Install both from the same release.")
        .arg(QString::fromStdString(engine.program), QString::fromStdString(engine.version))
        .arg(engine.protocol)
        .arg(QString::fromStdString(window.program), QString::fromStdString(window.version))
        .arg(window.protocol);
}

QString levelOfLine(const QString& line)
{
    // "error: ..." and "[W 12:01 file.cpp] warning: ...", but not a sentence about error bars.
    static const QRegularExpression said(QStringLiteral("\\b(error|warning)\\s*[:\\]]"),
                                         QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = said.match(line);
    if (match.hasMatch())
        return match.captured(1).toLower();
    return QStringLiteral("info");
}

} // namespace assay::widgets
