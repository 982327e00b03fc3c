#pragma once

#include "backend/protocol/message.h"
#include "widgets/engine/engine_inbox.h"

#include <QString>
#include <QStringList>

namespace assay::widgets {

// The sentences in which the window speaks of its engine. Tests compare them word by word.

/// "signal 9: killed" or "exit status 3".
QString howItEnded(const ChildEnded& end);

/// @param running titles of the runs that were being computed.
/// @param restarting whether the engine is started again.
QString deathSentence(const QString& how, const QStringList& running, bool restarting);

QString givenUpSentence(int deaths, const QString& lastWords);

QString missingSentence(const QString& program, const QString& reason);

/// Names both programs with both versions.
QString mismatchSentence(const protocol::Hello& engine, const protocol::Hello& window);

/// "error", "warning" or "info": what a line of standard error says of itself.
QString levelOfLine(const QString& line);

} // namespace assay::widgets
