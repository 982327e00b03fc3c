#include "widgets/engine/engine_link.h"

#include "backend/protocol/error.h"

#include <exception>

namespace assay::widgets {

namespace {

constexpr int kEndMs = 3000;
// A hello is far smaller; more bytes than this without one are no engine talking.
constexpr qsizetype kMaxBeforeHello = 64 << 10;
constexpr qsizetype kMaxErrorLine = 4 << 10;

} // namespace

EngineLink::EngineLink(EngineCommand command, std::shared_ptr<EngineInbox> inbox)
    : m_command(std::move(command))
    , m_inbox(std::move(inbox))
    , m_process(this)
    , m_patience(this)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &EngineLink::kill);
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &EngineLink::readOutput);
    connect(&m_process, &QProcess::readyReadStandardError, this, &EngineLink::readErrors);
    connect(&m_process, &QProcess::finished, this, &EngineLink::onFinished);
    connect(&m_process, &QProcess::started, this,
            [this] { m_inbox->put(ChildStarted{m_process.processId()}, 0); });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            m_inbox->put(ChildMissing{m_process.errorString()}, 0);
    });
}

EngineLink::~EngineLink()
{
    m_process.disconnect(this);
}

void EngineLink::start()
{
    m_process.start(m_command.program, m_command.arguments);
}

void EngineLink::send(const QByteArray& frame)
{
    if (m_process.state() != QProcess::NotRunning && !m_finishing)
        m_process.write(frame);
}

void EngineLink::kill()
{
    if (m_process.state() != QProcess::NotRunning)
        m_process.kill();
}

void EngineLink::finish()
{
    m_finishing = true;
    if (m_process.state() == QProcess::NotRunning) {
        deleteLater();
        return;
    }
    m_process.closeWriteChannel();
    m_patience.start(kEndMs);
}

void EngineLink::finishNow()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.disconnect(this);
    m_process.closeWriteChannel();
    const int patience = m_patience.isActive() ? m_patience.remainingTime() : kEndMs;
    if (!m_process.waitForFinished(patience)) {
        m_process.kill();
        m_process.waitForFinished(kEndMs);
    }
}

void EngineLink::readOutput()
{
    const QByteArray bytes = m_process.readAllStandardOutput();
    if (m_lost)
        return;
    m_frames.feed(bytes);
    decode();
}

void EngineLink::decode()
{
    try {
        while (const auto payload = m_frames.next()) {
            std::optional<protocol::Message> message;
            try {
                message = protocol::decodeMessage(*payload);
            } catch (const std::exception& e) {
                if (!m_greeted)
                    throw;
                if (!m_inbox->put(FrameLost{QString::fromUtf8(e.what())}, 0))
                    return;
            }
            m_greeted = true;
            if (message && !m_inbox->put(std::move(*message), qsizetype(payload->size())))
                return;
        }
        if (!m_greeted && m_frames.pending() > kMaxBeforeHello)
            lose(tr("its first message is too long"));
    } catch (const std::exception& e) {
        lose(QString::fromUtf8(e.what()));
    }
}

void EngineLink::lose(const QString& reason)
{
    m_lost = true;
    m_inbox->put(StreamLost{reason}, 0);
    kill();
}

void EngineLink::readErrors()
{
    m_errorLine += m_process.readAllStandardError();
    qsizetype begin = 0;
    for (;;) {
        qsizetype end = m_errorLine.indexOf('\n', begin);
        if (end < 0 && m_errorLine.size() - begin > kMaxErrorLine)
            end = begin + kMaxErrorLine;
        if (end < 0)
            break;
        const QString line = QString::fromUtf8(m_errorLine.mid(begin, end - begin)).trimmed();
        if (!line.isEmpty() && !m_inbox->put(ChildSaid{line}, line.size()))
            break;
        begin = m_errorLine.at(end) == '\n' ? end + 1 : end;
    }
    m_errorLine.remove(0, begin);
}

void EngineLink::onFinished(int code, QProcess::ExitStatus status)
{
    readOutput();
    m_errorLine += '\n';
    readErrors();
    m_inbox->put(ChildEnded{status == QProcess::CrashExit, code}, 0);
    if (m_finishing)
        deleteLater();
}

} // namespace assay::widgets
