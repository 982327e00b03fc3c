#pragma once

#include <QProcess>
#include <QStringList>

#include <stdexcept>
#include <string>

namespace assay::test {

/// Runs a script with Debian's own Python, whose numpy and torch are the independent references.
/// @throws std::runtime_error with what it printed when it fails.
inline void runPython(const QString& script, const QStringList& arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("/usr/bin/python3", QStringList{script} + arguments);
    if (!process.waitForFinished(120'000) || process.exitCode() != 0)
        throw std::runtime_error((script + ": " + QString::fromUtf8(process.readAll())).toStdString());
}

} // namespace assay::test
