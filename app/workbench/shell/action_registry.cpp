#include "app/workbench/shell/action_registry.h"

#include "widgets/theme/theme.h"

#include <QMenu>
#include <QMenuBar>

#include <algorithm>

namespace assay::workbench {

ActionRegistry::ActionRegistry(QWidget* window, QMenuBar* bar)
    : QObject(window)
    , m_window(window)
    , m_bar(bar)
{}

QAction* ActionRegistry::add(const char* id, const QString& menu, const QString& text,
                             const QKeySequence& shortcut, const char* icon, std::function<void()> handler)
{
    auto* action = new QAction(text, this);
    connect(action, &QAction::triggered, this, [handler = std::move(handler)] { handler(); });
    return adopt(id, menu, action, shortcut, icon);
}

QAction* ActionRegistry::adopt(const char* id, const QString& menu, QAction* action,
                               const QKeySequence& shortcut, const char* icon)
{
    const QString name = QString::fromLatin1(id);
    action->setObjectName(name);
    action->setProperty("iconName", QString::fromLatin1(icon));
    if (!shortcut.isEmpty())
        action->setShortcut(shortcut);
    m_entries.append({name, menu, action});
    m_window->addAction(action);
    this->menu(menu)->addAction(action);
    return action;
}

void ActionRegistry::addSeparator(const QString& menu)
{
    this->menu(menu)->addSeparator();
}

QMenu* ActionRegistry::menu(const QString& title)
{
    QMenu*& menu = m_menus[title];
    if (!menu)
        menu = m_bar->addMenu(title);
    return menu;
}

QAction* ActionRegistry::find(const QString& id) const
{
    const auto it =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& e) { return e.id == id; });
    return it == m_entries.end() ? nullptr : it->action;
}

void ActionRegistry::setTheme(const widgets::Theme& theme)
{
    for (const Entry& entry : m_entries) {
        const QString icon = entry.action->property("iconName").toString();
        if (!icon.isEmpty())
            entry.action->setIcon(theme.icon(icon));
    }
}

} // namespace assay::workbench
