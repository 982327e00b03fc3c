#pragma once

#include "backend/protocol/message.h"
#include "widgets/engine/run_record.h"

#include <QHash>
#include <QObject>
#include <QSet>

#include <memory>
#include <vector>

namespace assay::widgets {

class EngineClient;

/// Keeps the records of runs and brings every event to its record. A record is held here while its run
/// happens, is replayed, or waits for image files; otherwise only those who use it keep it.
/// GUI thread; owned by EngineClient.
class RunShelf : public QObject
{
    Q_OBJECT
public:
    explicit RunShelf(EngineClient& client);

    /// The record if anybody holds it, else null.
    std::shared_ptr<RunRecord> find(const QString& run) const;
    /// An existing record, or a new one that is filled by replaying the run's folder.
    std::shared_ptr<RunRecord> record(const QString& run);
    /// The record of a run that is queued or running in this session; nothing is replayed.
    std::shared_ptr<RunRecord> liveRecord(const QString& run);
    /// @returns false for a run that has ended already: the queue's notice was older than its end.
    bool setLiveState(const QString& run, protocol::RunState state);

    void apply(protocol::RunEvent event);
    /// @param newest id of the newest preview asked for; events of older ones are dropped.
    void applyPreview(protocol::PreviewEvent event, quint64 newest);

    /// Fails every run that was happening, and forgets replays that did not end, so that the next
    /// record() starts them anew.
    void engineDied(const QString& message);

Q_SIGNALS:
    /// A run of this session reached its end.
    void runEnded(const QString& run);
    void replayFinished(const QString& run, const QString& notice);

private:
    std::shared_ptr<RunRecord> create(const QString& run);
    void replay(const QString& run, const std::shared_ptr<RunRecord>& record);
    void deliver(const std::shared_ptr<RunRecord>& record, protocol::Event event);
    void fetch(const std::shared_ptr<RunRecord>& record, protocol::ImageGrid grid);
    void release(const std::shared_ptr<RunRecord>& record);
    void settleReplay(const QString& run);
    void noteEnd(const std::shared_ptr<RunRecord>& record);

    /// A replay whose events may have arrived while its images have not.
    struct Replay
    {
        std::shared_ptr<RunRecord> record;
        bool answered = false;
        QString notice;
    };
    EngineClient& m_client;
    QHash<QString, std::weak_ptr<RunRecord>> m_records;
    QHash<QString, std::shared_ptr<RunRecord>> m_live; ///< runs of this session that are not final
    QSet<QString> m_ended; ///< runs of this session that are final: a notice of the queue may come late
    QHash<QString, Replay> m_replays;
    /// A run that waits for a grid's images has an entry: the events that must not overtake the grid.
    QHash<QString, std::vector<protocol::Event>> m_held;
};

} // namespace assay::widgets
