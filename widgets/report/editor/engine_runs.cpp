#include "widgets/report/editor/engine_runs.h"

#include "backend/protocol/error.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/json_read.h"

#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace assay::widgets {

namespace {

constexpr int kNoteAfterMs = 150;

bool sameRuns(const RunIndex& a, const RunIndex& b)
{
    return std::ranges::equal(a.runs(), b.runs(), [](const IndexedRun& x, const IndexedRun& y) {
        return x.id == y.id && x.key == y.key && x.finished == y.finished;
    });
}

} // namespace

EngineRuns::EngineRuns(EngineClient& engine, QString workspace, QObject* parent)
    : QObject(parent)
    , m_engine(engine)
    , m_workspace(std::move(workspace))
{
    m_reader.setMaxThreadCount(1);
    m_noted.setSingleShot(true);
    m_noted.setInterval(kNoteAfterMs);
    connect(&m_noted, &QTimer::timeout, this, &EngineRuns::changed);
    connect(&engine, &EngineClient::runsChanged, this, &EngineRuns::lookAgain);
    connect(&engine, &EngineClient::stateChanged, this, &EngineRuns::takeEngineState);
    connect(&engine, &EngineClient::replayFinished, this, [this](const QString& run, const QString& notice) {
        m_notices[run] = notice;
        if (m_held.contains(run))
            note();
    });
    lookAgain();
}

EngineRuns::~EngineRuns()
{
    m_reader.waitForDone();
}

void EngineRuns::lookAgain()
{
    m_again = m_looking;
    if (std::exchange(m_looking, true))
        return;
    m_reader.start([this, workspace = m_workspace] {
        RunIndex index = RunIndex::ofWorkspace(workspace);
        QMetaObject::invokeMethod(
            this, [this, index = std::move(index)] { takeIndex(index); }, Qt::QueuedConnection);
    });
}

void EngineRuns::takeIndex(RunIndex index)
{
    m_looking = false;
    const bool same = m_ready && sameRuns(m_index, index);
    m_index = std::move(index);
    m_ready = true;
    if (!same) {
        // A run that has been deleted is not shown from memory.
        letGo([this](const Held& held) {
            return !m_index.contains(held.record->id()) && !isLive(held.record->id());
        });
        Q_EMIT changed();
    }
    if (std::exchange(m_again, false))
        lookAgain();
}

void EngineRuns::takeEngineState()
{
    if (m_engine.state() != EngineClient::State::Ready)
        return;
    // What could not be read because the engine was gone is asked for again.
    letGo([this](const Held& held) { return !problemOf(*held.record).isEmpty(); });
    lookAgain();
    note();
}

void EngineRuns::letGo(const std::function<bool(const Held&)>& unwanted)
{
    for (auto it = m_held.begin(); it != m_held.end();) {
        if (unwanted(*it)) {
            it->record->disconnect(this); // others may keep it
            it = m_held.erase(it);
        } else {
            ++it;
        }
    }
}

void EngineRuns::note()
{
    if (!m_noted.isActive())
        m_noted.start();
}

bool EngineRuns::isLive(const QString& id) const
{
    const Json& jobs = m_engine.jobs();
    return std::any_of(jobs.begin(), jobs.end(), [&](const Json& job) { return textOf(job, "run") == id; });
}

QString EngineRuns::problemOf(const RunRecord& record) const
{
    if (!protocol::isFinal(record.state())) {
        return isLive(record.id()) ? QString() : tr("Run %1 is being read.").arg(record.id());
    }
    if (record.spec().study.empty())
        return record.error().isEmpty() ? tr("Run %1 holds nothing that can be read.").arg(record.id())
                                        : record.error();
    return {};
}

EngineRuns::Held& EngineRuns::hold(const QString& id)
{
    Held& held = m_held[id];
    held.asked = true;
    if (held.record)
        return held;
    held.record = m_engine.record(id);
    const RunRecord* record = held.record.get();
    const auto noted = [this, record] {
        // What a preview shows comes and goes: the report keeps to what is stored.
        if (!record->isPreviewing())
            note();
    };
    connect(record, &RunRecord::stateChanged, this, noted);
    connect(record, &RunRecord::figureChanged, this, noted);
    connect(record, &RunRecord::tableChanged, this, noted);
    connect(record, &RunRecord::gridChanged, this, noted);
    connect(record, &RunRecord::metricAdded, this, noted);
    return held;
}

std::shared_ptr<RunRecord> EngineRuns::run(const QString& id, QString& notice)
{
    if (!m_held.contains(id) && m_engine.state() != EngineClient::State::Ready)
        throw Error(tr("Run %1 is read as soon as the engine is there").arg(id).toStdString());
    const std::shared_ptr<RunRecord> record = hold(id).record;
    if (QString problem = problemOf(*record); !problem.isEmpty()) {
        while (problem.endsWith(QLatin1Char('.')))
            problem.chop(1); // an Error ends its sentence itself
        throw Error(problem.toStdString());
    }
    notice = m_notices.value(id);
    return record->isPreviewing() ? record->stored() : record;
}

void EngineRuns::release()
{
    letGo([](const Held& held) { return !held.asked; });
    for (Held& held : m_held)
        held.asked = false;
}

QStringList EngineRuns::missing(const QStringList& wanted)
{
    QStringList missing;
    for (const QString& id : wanted) {
        if (m_engine.state() != EngineClient::State::Ready && !m_held.contains(id)) {
            missing << id;
            continue;
        }
        const RunRecord& record = *hold(id).record;
        if (!protocol::isFinal(record.state()) && !isLive(id))
            missing << id;
    }
    return missing;
}

} // namespace assay::widgets
