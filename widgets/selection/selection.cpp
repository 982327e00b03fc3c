#include "widgets/selection/selection.h"

namespace assay::widgets {

Selection::Selection(QObject* parent)
    : QObject(parent)
{}

bool Selection::contains(qint64 id) const
{
    return m_members.contains(id);
}

void Selection::set(const QVector<qint64>& ids, const QObject* by, const QString& reason, qint64 primary)
{
    QVector<qint64> ordered;
    QSet<qint64> members;
    ordered.reserve(ids.size());
    members.reserve(ids.size());
    for (const qint64 id : ids)
        if (!members.contains(id)) {
            members.insert(id);
            ordered.append(id);
        }
    if (!members.contains(primary))
        primary = ordered.isEmpty() ? -1 : ordered.first();
    // An empty selection has nothing to give a reason for.
    const QString why = ordered.isEmpty() ? QString() : reason;
    if (ordered == m_ids && primary == m_primary && why == m_reason)
        return;
    m_ids = std::move(ordered);
    m_members = std::move(members);
    m_primary = primary;
    m_reason = why;
    Q_EMIT changed(by);
}

void Selection::toggle(qint64 id, const QObject* by)
{
    QVector<qint64> ids = m_ids;
    qint64 primary = id;
    if (m_members.contains(id)) {
        ids.removeOne(id);
        primary = id == m_primary ? -1 : m_primary;
    } else {
        ids.append(id);
    }
    set(ids, by, {}, primary);
}

void Selection::setPrimary(qint64 id, const QObject* by)
{
    if (id == m_primary || !m_members.contains(id))
        return;
    m_primary = id;
    Q_EMIT changed(by);
}

void Selection::clear(const QObject* by)
{
    set({}, by);
}

} // namespace assay::widgets
