#pragma once

#include "backend/protocol/codec.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/engine_inbox.h"

#include <QProcess>
#include <QTimer>

#include <memory>

namespace assay::widgets {

/// One child process and the decoding of what it sends. Lives on the reader's thread, where it may wait for
/// room in the inbox: the child's process object lives here too, so that its pipe is then not read (in the
/// GUI thread QProcess would go on filling its own memory). Never deletes itself before finish().
class EngineLink : public QObject
{
    Q_OBJECT
public:
    EngineLink(EngineCommand command, std::shared_ptr<EngineInbox> inbox);
    ~EngineLink() override;

    // To be called on the reader's thread only.
    void start();
    void send(const QByteArray& frame);
    void kill();
    /// Closes the child's input, kills it after three seconds, and deletes the link when the child is gone.
    void finish();
    /// The same, waiting: for the end of the program.
    void finishNow();

private:
    void readOutput();
    void readErrors();
    void decode();
    void lose(const QString& reason);
    void onFinished(int code, QProcess::ExitStatus status);

    const EngineCommand m_command;
    const std::shared_ptr<EngineInbox> m_inbox;
    QProcess m_process;
    QTimer m_patience;
    protocol::FrameReader m_frames;
    QByteArray m_errorLine;
    bool m_greeted = false; ///< the child's first frame has arrived
    bool m_lost = false;
    bool m_finishing = false;
};

} // namespace assay::widgets
