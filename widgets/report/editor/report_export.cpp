#include "widgets/report/editor/report_export.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QProcessEnvironment>
#include <QRegularExpression>

#include <utility>

namespace assay::widgets {

namespace {

constexpr int kKillAfterMs = 15000; ///< it ends by itself when the part it draws is done
constexpr int kEndMs = 1000;
constexpr int kMostSaid = 50; ///< lines of stderr that are kept

} // namespace

ReportExport::ReportExport(QString program, QObject* parent)
    : QObject(parent)
    , m_program(std::move(program))
{
    m_kill.setSingleShot(true);
    m_kill.setInterval(kKillAfterMs);
    connect(&m_kill, &QTimer::timeout, &m_process, &QProcess::kill);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    m_process.setProcessEnvironment(environment);
    connect(&m_process, &QProcess::readyReadStandardError, this, &ReportExport::readProgress);
    connect(&m_process, &QProcess::finished, this, &ReportExport::takeEnd);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            Q_EMIT failed(tr("%1 could not be started: %2.").arg(m_program, m_process.errorString()));
    });
}

ReportExport::~ReportExport()
{
    m_process.disconnect(this);
    if (isRunning()) {
        // Asked to end, it takes what it has half written away.
        m_process.terminate();
        if (!m_process.waitForFinished(kEndMs)) {
            m_process.kill();
            m_process.waitForFinished(kEndMs);
        }
    }
}

QString ReportExport::ownProgram()
{
    const QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/assay");
    return QFileInfo(beside).isExecutable() ? beside : QCoreApplication::applicationFilePath();
}

void ReportExport::start(const QString& out, const QString& document, const QString& workspace)
{
    if (isRunning())
        return;
    m_line.clear();
    m_said.clear();
    m_canceled = false;
    m_process.start(m_program,
                    {QStringLiteral("export"), QStringLiteral("--report"), out, QStringLiteral("--document"),
                     document, QStringLiteral("--workspace"), workspace});
    m_process.closeWriteChannel();
}

void ReportExport::cancel()
{
    if (!isRunning())
        return;
    m_canceled = true;
    m_process.terminate();
    m_kill.start();
}

void ReportExport::readProgress()
{
    static const QRegularExpression progress(QStringLiteral("^(\\d+)/(\\d+)\\s+(.*)$"));
    m_line += m_process.readAllStandardError();
    for (qsizetype end = m_line.indexOf('\n'); end >= 0; end = m_line.indexOf('\n')) {
        const QString line = QString::fromUtf8(m_line.left(end)).trimmed();
        m_line.remove(0, end + 1);
        if (const auto match = progress.match(line); match.hasMatch())
            Q_EMIT progressed(match.captured(1).toInt(), match.captured(2).toInt(), match.captured(3));
        else if (!line.isEmpty() && m_said.size() < kMostSaid)
            m_said << line;
    }
}

void ReportExport::takeEnd(int code, QProcess::ExitStatus status)
{
    m_kill.stop();
    m_process.setReadChannel(QProcess::StandardError);
    readProgress();
    if (!m_line.trimmed().isEmpty())
        m_said << QString::fromUtf8(m_line).trimmed();
    if (status == QProcess::NormalExit && code == 0) { // it may have been done before it was cancelled
        const QString out = QString::fromUtf8(m_process.readAllStandardOutput());
        Q_EMIT finished(out.split(QLatin1Char('\n'), Qt::SkipEmptyParts));
    } else if (m_canceled) {
        Q_EMIT canceled(status == QProcess::NormalExit);
    } else if (!m_said.isEmpty()) {
        Q_EMIT failed(m_said.last());
    } else {
        Q_EMIT failed(tr("The export ended without saying why (%1, code %2).").arg(m_program).arg(code));
    }
}

} // namespace assay::widgets
