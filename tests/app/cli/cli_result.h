#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

namespace assay::test {

/// How long a test waits for a command that should end.
inline constexpr int kLongMs = 120000;

/// What a command that ended has said.
struct CliResult
{
    int status = -1; ///< -1 when it crashed
    QString out;
    QString err;
    QStringList lines() const { return out.split('\n', Qt::SkipEmptyParts); }
};

inline CliResult resultOf(QProcess& process)
{
    process.waitForFinished(kLongMs);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

} // namespace assay::test
