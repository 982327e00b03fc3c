#pragma once

#include <QPointer>
#include <QUndoGroup>
#include <QUndoStack>

namespace assay::widgets {
class StudyDocument;
}

namespace assay::workbench {

/// Decides what Undo means: the form of the document in front while the keyboard is in it; elsewhere what was
/// done last, in that form or to the workspace.
class UndoRouter : public QObject
{
    Q_OBJECT
public:
    /// @param workspace imports and removals; outlives this object.
    UndoRouter(QUndoStack& workspace, QObject* parent);

    /// Null when no document is in front.
    void setDocument(widgets::StudyDocument* document);
    QAction* createUndoAction(QObject* parent) { return m_group.createUndoAction(parent); }
    QAction* createRedoAction(QObject* parent) { return m_group.createRedoAction(parent); }

private:
    void route();

    QUndoGroup m_group;
    QUndoStack& m_workspace;
    QPointer<widgets::StudyDocument> m_document;
    QPointer<QUndoStack> m_form;
    bool m_workspaceLast = false; ///< done to the workspace after the last edit of a form
};

} // namespace assay::workbench
