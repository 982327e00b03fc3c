#include "widgets/engine/run_shelf.h"

#include "widgets/engine/engine_client.h"
#include "widgets/engine/grid_fetch.h"
#include "widgets/engine/json_read.h"

#include <QDateTime>

namespace assay::widgets {

using namespace protocol;

RunShelf::RunShelf(EngineClient& client)
    : m_client(client)
{}

std::shared_ptr<RunRecord> RunShelf::find(const QString& run) const
{
    return m_records.value(run).lock();
}

std::shared_ptr<RunRecord> RunShelf::create(const QString& run)
{
    // The last holder may let go inside one of the record's own signals.
    std::shared_ptr<RunRecord> record(new RunRecord(run), [](RunRecord* r) { r->deleteLater(); });
    m_records.insert(run, record);
    return record;
}

std::shared_ptr<RunRecord> RunShelf::record(const QString& run)
{
    if (auto known = find(run))
        return known;
    auto created = create(run);
    replay(run, created);
    return created;
}

std::shared_ptr<RunRecord> RunShelf::liveRecord(const QString& run)
{
    if (auto known = m_live.value(run))
        return known;
    if (auto known = find(run))
        return known;
    auto created = create(run);
    m_live.insert(run, created);
    return created;
}

bool RunShelf::setLiveState(const QString& run, RunState state)
{
    if (m_ended.contains(run))
        return false;
    const auto record = liveRecord(run);
    if (!isFinal(record->state()) && !isFinal(state))
        record->setState(state);
    return true;
}

void RunShelf::replay(const QString& run, const std::shared_ptr<RunRecord>& record)
{
    m_replays.insert(run, {record, false, {}});
    m_client.request("run.open", {{"run", run.toStdString()}}, this, [this, run](const Reply& reply) {
        const auto it = m_replays.find(run);
        if (it == m_replays.end())
            return;
        it->answered = true;
        it->notice = reply.ok ? textOf(reply.result, "notice") : QString::fromStdString(reply.error);
        if (!reply.ok) {
            it->record->setState(RunState::Failed, it->notice);
            m_records.remove(run); // the next record() tries again
        }
        settleReplay(run);
    });
}

void RunShelf::settleReplay(const QString& run)
{
    const auto it = m_replays.find(run);
    if (it == m_replays.end() || !it->answered || m_held.contains(run))
        return;
    const Replay replay = *it;
    m_replays.erase(it);
    if (!isFinal(replay.record->state()) && !m_live.contains(run)) {
        replay.record->setState(RunState::Failed,
                                tr("This run was interrupted: what it had sent is here, but not its end. "
                                   "Run it again to complete it."));
    }
    Q_EMIT replayFinished(run, replay.notice);
}

void RunShelf::apply(RunEvent event)
{
    const QString run = QString::fromStdString(event.run);
    auto record = find(run);
    if (event.replay) {
        if (m_replays.contains(run))
            deliver(m_replays.value(run).record, std::move(event.event));
        return;
    }
    if (!record && m_ended.contains(run))
        return; // nobody looks at it any more; a later record() replays it whole
    if (!record)
        record = liveRecord(run);
    deliver(record, std::move(event.event));
}

void RunShelf::deliver(const std::shared_ptr<RunRecord>& record, Event event)
{
    if (const auto held = m_held.find(record->id()); held != m_held.end()) {
        held->push_back(std::move(event));
        return;
    }
    auto* grid = std::get_if<ImageGrid>(&event);
    if (grid && !grid->file.empty() && grid->pixels.empty() && grid->pixelBytes() > 0) {
        fetch(record, std::move(*grid));
        return;
    }
    record->apply(std::move(event));
    noteEnd(record);
}

void RunShelf::fetch(const std::shared_ptr<RunRecord>& record, ImageGrid grid)
{
    m_held.insert(record->id(), {});
    fetchGrid(m_client, record->id(), std::move(grid), this,
              [this, record](ImageGrid whole, const QString& problem) {
                  if (problem.isEmpty()) {
                      record->apply(std::move(whole));
                  } else {
                      const QString text = tr("The images of '%1' could not be read. %2")
                                               .arg(QString::fromStdString(whole.name), problem);
                      record->apply(LogLine{LogLevel::Error, text.toStdString(),
                                            double(QDateTime::currentSecsSinceEpoch())});
                  }
                  release(record);
              });
}

void RunShelf::release(const std::shared_ptr<RunRecord>& record)
{
    std::vector<Event> events = m_held.take(record->id());
    // A held grid may hold back the rest again; deliver() then collects it anew, in order.
    for (Event& event : events)
        deliver(record, std::move(event));
    settleReplay(record->id());
}

void RunShelf::noteEnd(const std::shared_ptr<RunRecord>& record)
{
    if (!isFinal(record->state()) || !m_live.remove(record->id()))
        return;
    m_ended.insert(record->id());
    Q_EMIT runEnded(record->id());
}

void RunShelf::applyPreview(PreviewEvent event, quint64 newest)
{
    const QString run = QString::fromStdString(event.run);
    const auto record = find(run);
    if (!record || event.preview != newest)
        return;
    record->applyPreview(std::move(event.event));
}

void RunShelf::engineDied(const QString& message)
{
    // Requests were answered with an error before this, so that held events have been released.
    const auto live = std::exchange(m_live, {});
    for (const auto& record : live) {
        m_ended.insert(record->id());
        if (!isFinal(record->state()))
            record->setState(RunState::Failed, message);
    }
}

} // namespace assay::widgets
