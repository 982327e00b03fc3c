#include "widgets/jobs/log_model.h"

#include "widgets/engine/engine_client.h"

#include <algorithm>

namespace assay::widgets {

using protocol::LogLevel;

namespace {

constexpr int kTakeInMs = 50;

LogLevel levelOf(const QString& name)
{
    if (name == QLatin1String("error"))
        return LogLevel::Error;
    if (name == QLatin1String("warning"))
        return LogLevel::Warning;
    return name == QLatin1String("debug") ? LogLevel::Debug : LogLevel::Info;
}

} // namespace

LogModel::LogModel(QObject* parent)
    : QAbstractTableModel(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kTakeInMs);
    connect(&m_timer, &QTimer::timeout, this, &LogModel::takeIn);
}

void LogModel::add(LogLevel level, const QString& text, const QDateTime& time)
{
    m_waiting.push_back({level, text, time, 1});
    if (!m_timer.isActive())
        m_timer.start();
}

void LogModel::follow(EngineClient& client)
{
    connect(&client, &EngineClient::logReceived, this,
            [this](const QString& level, const QString& text) { add(levelOf(level), text); });
    connect(&client, &EngineClient::died, this,
            [this](const QString& message) { add(LogLevel::Error, message); });
}

void LogModel::setRun(std::shared_ptr<RunRecord> record)
{
    if (m_record)
        m_record->disconnect(this);
    clear();
    m_record = std::move(record);
    if (!m_record)
        return;
    const auto take = [this](const protocol::LogLine& line) {
        const qint64 ms = qint64(line.time * 1000);
        add(line.level, QString::fromStdString(line.text), QDateTime::fromMSecsSinceEpoch(ms));
    };
    for (const protocol::LogLine& line : m_record->log())
        take(line);
    connect(m_record.get(), &RunRecord::logAdded, this, take);
    takeIn();
}

void LogModel::clear()
{
    m_waiting.clear();
    m_timer.stop();
    beginResetModel();
    m_lines.clear();
    endResetModel();
    if (std::exchange(m_problems, 0) > 0)
        Q_EMIT problemsChanged();
}

void LogModel::takeIn()
{
    m_timer.stop();
    const std::vector<Line> waiting = std::exchange(m_waiting, {});
    std::vector<Line> fresh;
    bool repeated = false;
    int problems = 0;
    for (const Line& line : waiting) {
        problems += line.level >= LogLevel::Warning;
        Line* last = !fresh.empty() ? &fresh.back() : m_lines.empty() ? nullptr : &m_lines.back();
        if (last && last->level == line.level && last->text == line.text) {
            ++last->count;
            last->time = line.time;
            repeated |= fresh.empty();
        } else {
            fresh.push_back(line);
        }
    }
    if (repeated) {
        const int row = int(m_lines.size()) - 1;
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
    if (!fresh.empty()) {
        const int first = int(m_lines.size());
        beginInsertRows({}, first, first + int(fresh.size()) - 1);
        m_lines.insert(m_lines.end(), fresh.begin(), fresh.end());
        endInsertRows();
        dropOldest();
    }
    m_problems += problems;
    if (problems > 0)
        Q_EMIT problemsChanged();
}

void LogModel::dropOldest()
{
    if (int(m_lines.size()) <= kMostLines)
        return;
    // A tenth more than needed: dropping is then rare.
    const int dropped = int(m_lines.size()) - kMostLines * 9 / 10;
    beginRemoveRows({}, 0, dropped - 1);
    m_lines.erase(m_lines.begin(), m_lines.begin() + dropped);
    endRemoveRows();
}

int LogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_lines.size());
}

int LogModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString LogModel::levelText(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug:
        return tr("debug");
    case LogLevel::Info:
        return tr("info");
    case LogLevel::Warning:
        return tr("warning");
    case LogLevel::Error:
        return tr("error");
    }
    return {};
}

QVariant LogModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Line& line = m_lines[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == TimeColumn)
            return line.time.toString(QStringLiteral("HH:mm:ss"));
        if (index.column() == LevelColumn)
            return levelText(line.level);
        return line.count > 1 ? tr("%1  (%2 times)").arg(line.text).arg(line.count) : line.text;
    case Qt::ToolTipRole:
        return index.column() == TextColumn ? line.text : QVariant();
    case LevelRole:
        return int(line.level);
    case TextRole:
        return line.text;
    case CountRole:
        return line.count;
    case TimeRole:
        return line.time;
    default:
        return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == TimeColumn ? tr("Time") : section == LevelColumn ? tr("Level") : tr("Message");
}

} // namespace assay::widgets
