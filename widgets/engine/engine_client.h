#pragma once

#include "backend/protocol/message.h"
#include "widgets/engine/run_record.h"

#include <QObject>
#include <QStringList>

#include <functional>
#include <memory>
#include <vector>

namespace assay::widgets {

/// How to start the engine: the child beside the window, or `ssh HOST assay-cli serve`.
struct EngineCommand
{
    QString program;
    QStringList arguments; ///< ends in "serve", with "--workspace DIR"
};

/// The engine's child process seen as Qt signals. Reading and decoding happen on a thread of its own, so
/// that a burst of events never blocks the window; signals arrive on the GUI thread, at most a few
/// milliseconds' worth per turn of the event loop. When the child dies, running jobs become failed with a
/// sentence that says so, what had arrived is kept, and the child is started again (with growing pauses
/// after repeated deaths).
class EngineClient : public QObject
{
    Q_OBJECT
public:
    enum class State { Stopped, Starting, Ready, Restarting, Failed };
    Q_ENUM(State)

    explicit EngineClient(EngineCommand command, QObject* parent = nullptr);
    /// Closes the engine's input and waits for its end, at most three seconds; then kills it.
    ~EngineClient() override;

    /// assay-cli beside the application's executable, serving @p workspace.
    static EngineCommand localEngine(const QString& workspace);

    /// Pauses before each restart in a row (the last one repeats), and after how many deaths in a row,
    /// each within @p quickMs of its start, the client gives up. Defaults: 0.2 s, 1 s, 5 s; five; ten
    /// seconds.
    struct RestartPolicy
    {
        std::vector<int> pausesMs = {200, 1000, 5000};
        int quickMs = 10000;
        int deaths = 5;
        int handshakeMs = 60000; ///< LibTorch on a cold disk, or ssh, may need long for the first frame
    };
    void setRestartPolicy(RestartPolicy policy);

    /// Also the way out of State::Failed: counts deaths anew.
    void start();
    /// Returns at once: closes the engine's input, and kills it if it has not ended after three seconds.
    void stop();
    State state() const;
    qint64 processId() const;
    /// Why the engine is not ready, in a sentence; empty when it is.
    QString problem() const;

    /// The last catalogue received (docs/protocol.md), an empty object before.
    const Json& catalogue() const;
    /// Run summaries, newest first, as last received.
    const Json& runs() const;
    /// Jobs of this session that are not final.
    const Json& jobs() const;

    using ReplyHandler = std::function<void(const protocol::Reply&)>;
    /// Sends a request; @p handler is called on the GUI thread, with an error reply when the engine dies.
    /// @p context: when it is destroyed before the reply, the handler is dropped.
    quint64 request(const std::string& method, const Json& params, QObject* context, ReplyHandler handler);

    void refreshCatalogue();
    void refreshRuns();
    /// Queues a run; @p handler gets {"run": id} or the error.
    void startRun(const protocol::RunSpec& spec, QObject* context, ReplyHandler handler);
    void cancelRun(const QString& run);
    /// The record of a run: of this session, or replayed from its folder on first use. Shared and kept
    /// while anybody holds it.
    std::shared_ptr<RunRecord> record(const QString& run);
    /// Asks for a preview of a finished run; a later call supersedes it. Results go to the run's record.
    /// While one is being computed, the newest waits for it for up to 100 ms before it interrupts, so that
    /// a slider that keeps moving still shows something on its way.
    void preview(const QString& run, const Json& params);
    /// Puts the stored values back and drops what previews still arrive for the run.
    void endPreview(const QString& run);

Q_SIGNALS:
    void stateChanged(assay::widgets::EngineClient::State state);
    void catalogueChanged();
    void runsChanged();
    void jobsChanged();
    /// The engine died: @p message says what happened and what was kept.
    void died(const QString& message);
    void logReceived(const QString& level, const QString& text);
    /// A run's stored events have all arrived; @p notice tells of a torn tail, else empty.
    void replayFinished(const QString& run, const QString& notice);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
