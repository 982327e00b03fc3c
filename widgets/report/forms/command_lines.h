#pragma once

#include <QString>
#include <QStringList>

namespace assay::widgets {

/// A command for a shell on several lines of about @p letters letters, each but the last ended by a
/// backslash, parted before options that stand outside of quotes: pasted as it is printed, it runs. A single
/// word longer than the line stays whole: the form it is printed in parts it.
QStringList commandLines(const QString& command, int letters = 84);

} // namespace assay::widgets
