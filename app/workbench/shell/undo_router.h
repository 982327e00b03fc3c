#pragma once

#include <QPointer>
#include <QUndoGroup>
#include <QUndoStack>
#include <QWidget>

namespace assay::workbench {

/// Decides what Undo means: the steps of the page in front (a study's form, a report) while the keyboard is
/// in it; elsewhere what was done last, there or to the workspace.
class UndoRouter : public QObject
{
    Q_OBJECT
public:
    /// @param workspace imports and removals; outlives this object.
    UndoRouter(QUndoStack& workspace, QObject* parent);

    /// Null when there is nothing in front that has steps.
    void setPage(QWidget* page, QUndoStack* steps);
    QAction* createUndoAction(QObject* parent) { return m_group.createUndoAction(parent); }
    QAction* createRedoAction(QObject* parent) { return m_group.createRedoAction(parent); }

private:
    void route();

    QUndoGroup m_group;
    QUndoStack& m_workspace;
    QPointer<QWidget> m_page;
    QPointer<QUndoStack> m_form;
    bool m_workspaceLast = false; ///< done to the workspace after the last edit of a form
};

} // namespace assay::workbench
