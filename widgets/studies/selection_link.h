#pragma once

#include "widgets/selection/selection.h"

namespace assay::widgets {

/// Ties a view's own selection to the workspace's. A pinned view keeps what it shows and what is chosen in
/// it stays in it; a following one mirrors the workspace both ways.
class SelectionLink : public QObject
{
    Q_OBJECT
public:
    SelectionLink(Selection& shared, QObject* parent);

    /// The selection to give to the view.
    Selection* own() { return &m_own; }
    bool isPinned() const { return m_pinned; }
    void setPinned(bool pinned);

private:
    static void copy(const Selection& from, Selection& to, const QObject* by);

    Selection& m_shared;
    Selection m_own;
    bool m_pinned = false;
};

} // namespace assay::widgets
