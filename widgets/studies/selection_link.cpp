#include "widgets/studies/selection_link.h"

namespace assay::widgets {

SelectionLink::SelectionLink(Selection& shared, QObject* parent)
    : QObject(parent)
    , m_shared(shared)
{
    copy(m_shared, m_own, this);
    connect(&m_shared, &Selection::changed, this, [this](const QObject* by) {
        if (!m_pinned && by != this)
            copy(m_shared, m_own, this);
    });
    connect(&m_own, &Selection::changed, this, [this](const QObject* by) {
        if (!m_pinned && by != this)
            copy(m_own, m_shared, this);
    });
}

void SelectionLink::setPinned(bool pinned)
{
    if (m_pinned == pinned)
        return;
    m_pinned = pinned;
    if (!pinned)
        copy(m_shared, m_own, this);
}

void SelectionLink::copy(const Selection& from, Selection& to, const QObject* by)
{
    to.set(from.ids(), by, from.reason(), from.primary());
}

} // namespace assay::widgets
