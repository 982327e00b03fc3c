#pragma once

#include "backend/protocol/event.h"

#include <QAbstractTableModel>
#include <QDateTime>
#include <QTimer>

#include <deque>
#include <memory>
#include <vector>

namespace assay::widgets {

class EngineClient;
class RunRecord;

/// Lines of the log, oldest first; equal lines in a row are one with a count. Fed by hand, by the engine or
/// by one run. Lines are taken in at most twenty times a second, so that a flood costs one insertion, and
/// the oldest go when there are more than kMostLines.
class LogModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    static constexpr int kMostLines = 20000;
    enum Column { TimeColumn, LevelColumn, TextColumn, ColumnCount };
    enum Role {
        LevelRole = Qt::UserRole + 1, ///< int of protocol::LogLevel
        TextRole,                     ///< without the count
        CountRole,
        TimeRole, ///< QDateTime
    };

    explicit LogModel(QObject* parent = nullptr);

    void add(protocol::LogLevel level, const QString& text,
             const QDateTime& time = QDateTime::currentDateTime());
    /// Takes what the engine says outside any run, and its deaths.
    void follow(EngineClient& client);
    /// Shows one run's log from its beginning; replaces what was shown.
    void setRun(std::shared_ptr<RunRecord> record);
    void clear();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Lines from warnings on since the last clear().
    int problemCount() const { return m_problems; }
    static QString levelText(protocol::LogLevel level);

Q_SIGNALS:
    void problemsChanged();

private:
    struct Line
    {
        protocol::LogLevel level;
        QString text;
        QDateTime time; ///< of the last repeat
        int count = 1;
    };
    void takeIn();
    void dropOldest();

    std::deque<Line> m_lines;
    std::vector<Line> m_waiting;
    QTimer m_timer;
    std::shared_ptr<RunRecord> m_record;
    int m_problems = 0;
};

} // namespace assay::widgets
