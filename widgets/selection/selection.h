#pragma once

#include <QObject>
#include <QSet>
#include <QString>
#include <QVector>

namespace assay::widgets {

/// The samples chosen in a workspace: ordered ids, a primary one, and who changed it. One object is shared
/// by all views; a view ignores changes it made itself (compare `by` with its own address). GUI thread only.
class Selection : public QObject
{
    Q_OBJECT
public:
    explicit Selection(QObject* parent = nullptr);

    /// In the order in which they were chosen, without repeats.
    const QVector<qint64>& ids() const { return m_ids; }
    bool contains(qint64 id) const;
    bool isEmpty() const { return m_ids.isEmpty(); }
    /// The one shown large; -1 when nothing is selected.
    qint64 primary() const { return m_primary; }
    /// Why these are selected, e.g. "different mistakes, eps 1.5": shown in the status bar.
    const QString& reason() const { return m_reason; }

    /// Replaces the selection. The first id becomes primary when @p primary is not among them.
    /// Emits nothing when nothing changes.
    void set(const QVector<qint64>& ids, const QObject* by, const QString& reason = {}, qint64 primary = -1);
    void toggle(qint64 id, const QObject* by);
    void setPrimary(qint64 id, const QObject* by);
    void clear(const QObject* by);

Q_SIGNALS:
    void changed(const QObject* by);

private:
    QVector<qint64> m_ids;
    QSet<qint64> m_members;
    qint64 m_primary = -1;
    QString m_reason;
};

} // namespace assay::widgets
