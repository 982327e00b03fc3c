#include "widgets/jobs/jobs_model.h"

#include "widgets/engine/json_read.h"

#include <algorithm>

namespace assay::widgets {

using protocol::RunState;

JobsModel::JobsModel(EngineClient& client, QObject* parent)
    : QAbstractTableModel(parent)
    , m_client(client)
{
    connect(&client, &EngineClient::jobsChanged, this, &JobsModel::syncJobs);
    syncJobs();
}

JobsModel::~JobsModel() = default;

int JobsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int JobsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant JobsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TitleColumn:
        return tr("Run");
    case StateColumn:
        return tr("State");
    default:
        return tr("Progress");
    }
}

QVariant JobsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const JobEntry& job = m_rows[std::size_t(index.row())].entry;
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == TitleColumn   ? job.title
               : index.column() == StateColumn ? job.stateText()
                                               : job.detail();
    case Qt::ToolTipRole:
        return job.detail();
    case Qt::AccessibleTextRole:
        return tr("%1, %2, %3").arg(job.title, job.stateText(), job.detail());
    case RunRole:
        return job.run;
    case StudyRole:
        return job.study;
    case StateRole:
        return QString::fromLatin1(protocol::name(job.state));
    case FractionRole:
        return job.fraction();
    case DetailRole:
        return job.detail();
    case FinalRole:
        return protocol::isFinal(job.state);
    case SortRole:
        return index.row();
    default:
        return {};
    }
}

int JobsModel::rowOf(const QString& run) const
{
    const auto it =
        std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& r) { return r.entry.run == run; });
    return it == m_rows.end() ? -1 : int(it - m_rows.begin());
}

int JobsModel::activeCount() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(),
                             [](const Row& r) { return !protocol::isFinal(r.entry.state); }));
}

const JobEntry* JobsModel::current() const
{
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [](const Row& r) {
        return r.entry.state == RunState::Running || r.entry.state == RunState::Cancelling;
    });
    return it == m_rows.end() ? nullptr : &it->entry;
}

void JobsModel::syncJobs()
{
    int position = 0;
    const Json jobs = m_client.jobs();
    for (const Json& job : jobs)
        takeJob(job, position++);
    Q_EMIT changed();
}

void JobsModel::takeJob(const Json& job, int position)
{
    const QString run = textOf(job, "run");
    int row = rowOf(run);
    if (row < 0) {
        const int at = std::min(position, activeCount());
        JobEntry entry;
        entry.run = run;
        entry.study = textOf(job, "study");
        entry.title = textOf(job, "title");
        if (entry.title.isEmpty())
            entry.title = entry.study;
        beginInsertRows({}, at, at);
        m_rows.insert(m_rows.begin() + at, Row{std::move(entry), m_client.record(run)});
        endInsertRows();
        watch(run);
        row = rowOf(run);
    } else if (!protocol::isFinal(m_rows[std::size_t(row)].entry.state)) {
        moveRow(row, std::min(position, activeCount() - 1));
        row = rowOf(run);
    }
    JobEntry& entry = m_rows[std::size_t(row)].entry;
    if (!protocol::isFinal(entry.state))
        entry.state = protocol::runStateFromName(textOf(job, "state").toStdString());
    tell(row);
}

void JobsModel::watch(const QString& run)
{
    const auto& record = m_rows[std::size_t(rowOf(run))].record;
    connect(record.get(), &RunRecord::progressChanged, this, [this, run] { onProgress(run); });
    // Queued: the end of a run moves its row and lets go of the record, which is still speaking.
    connect(
        record.get(), &RunRecord::stateChanged, this, [this, run] { onState(run); }, Qt::QueuedConnection);
    onState(run);
}

void JobsModel::onProgress(const QString& run)
{
    const int row = rowOf(run);
    if (row < 0 || !m_rows[std::size_t(row)].record)
        return;
    Row& job = m_rows[std::size_t(row)];
    job.entry.progress = job.record->progress();
    job.entry.pace.add(job.entry.progress);
    tell(row);
    Q_EMIT changed();
}

void JobsModel::onState(const QString& run)
{
    const int row = rowOf(run);
    if (row < 0 || !m_rows[std::size_t(row)].record)
        return;
    Row& job = m_rows[std::size_t(row)];
    job.entry.state = job.record->state();
    job.entry.error = job.record->error();
    tell(row);
    if (protocol::isFinal(job.entry.state)) {
        job.record->disconnect(this);
        job.record.reset();
        moveRow(row, activeCount());
    }
    Q_EMIT changed();
}

void JobsModel::moveRow(int from, int to)
{
    if (from == to)
        return;
    // Qt counts the destination before the row is taken out.
    if (!beginMoveRows({}, from, from, {}, to > from ? to + 1 : to))
        return;
    Row row = std::move(m_rows[std::size_t(from)]);
    m_rows.erase(m_rows.begin() + from);
    m_rows.insert(m_rows.begin() + to, std::move(row));
    endMoveRows();
}

void JobsModel::tell(int row)
{
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

void JobsModel::clearEnded()
{
    const int first = activeCount();
    const int last = int(m_rows.size()) - 1;
    if (last < first)
        return;
    beginRemoveRows({}, first, last);
    m_rows.erase(m_rows.begin() + first, m_rows.end());
    endRemoveRows();
    Q_EMIT changed();
}

} // namespace assay::widgets
