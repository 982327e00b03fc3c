#pragma once

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QString>

namespace assay::test {

/// Makes the scripted attack @p example of plugins/examples/scripted the workspace's "script:mine", in place
/// of the one before. @returns whether that worked.
inline bool writeScript(const QString& workspace, const QString& example)
{
    const QString attacks = workspace + "/attacks";
    const QString script = attacks + "/mine.pt";
    QFile::remove(script);
    const QString program = QString(ASSAY_TEST_SOURCE_DIR "/plugins/examples/scripted/%1.py").arg(example);
    return QDir().mkpath(attacks) && QProcess::execute("/usr/bin/python3", {program, attacks}) == 0 &&
           QFile::rename(attacks + "/" + example + ".pt", script);
}

} // namespace assay::test
