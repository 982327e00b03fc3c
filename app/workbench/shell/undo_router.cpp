#include "app/workbench/shell/undo_router.h"

#include <QApplication>

namespace assay::workbench {

namespace {

bool hasSteps(const QUndoStack* stack)
{
    return stack && stack->count() > 0;
}

} // namespace

UndoRouter::UndoRouter(QUndoStack& workspace, QObject* parent)
    : QObject(parent)
    , m_workspace(workspace)
{
    m_group.addStack(&m_workspace);
    connect(&m_workspace, &QUndoStack::indexChanged, this, [this] {
        m_workspaceLast = true;
        route();
    });
    connect(qApp, &QApplication::focusChanged, this, &UndoRouter::route);
}

void UndoRouter::setPage(QWidget* page, QUndoStack* steps)
{
    if (m_form)
        m_form->disconnect(this);
    m_page = page;
    m_form = steps;
    if (m_form) {
        m_group.addStack(m_form);
        connect(m_form, &QUndoStack::indexChanged, this, [this] {
            // A form that is filled anew forgets its steps, which is no edit.
            if (hasSteps(m_form))
                m_workspaceLast = false;
            route();
        });
    }
    route();
}

void UndoRouter::route()
{
    const QWidget* focus = QApplication::focusWidget();
    const bool inForm = m_page && focus && m_page->isAncestorOf(focus) && hasSteps(m_form);
    const bool workspace = hasSteps(&m_workspace) && !inForm && (m_workspaceLast || !hasSteps(m_form));
    m_group.setActiveStack(workspace ? &m_workspace : m_form.data());
}

} // namespace assay::workbench
