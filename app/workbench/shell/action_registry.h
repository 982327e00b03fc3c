#pragma once

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>

class QMenu;
class QMenuBar;

namespace assay::widgets {
class Theme;
}

namespace assay::workbench {

/// Every command of the window, registered once under a stable id; menus, shortcuts and the command palette
/// read the same list.
class ActionRegistry : public QObject
{
    Q_OBJECT
public:
    ActionRegistry(QWidget* window, QMenuBar* bar);

    struct Entry
    {
        QString id;   ///< "file.open": stable, also the action's objectName
        QString menu; ///< title of its menu
        QAction* action = nullptr;
    };

    /// Adds a command to the end of @p menu. @p icon is one of the theme's, or empty.
    QAction* add(const char* id, const QString& menu, const QString& text, const QKeySequence& shortcut,
                 const char* icon, std::function<void()> handler);
    /// Adds an action that somebody else owns: a dock's toggle, an undo action.
    QAction* adopt(const char* id, const QString& menu, QAction* action, const QKeySequence& shortcut,
                   const char* icon);
    void addSeparator(const QString& menu);
    QMenu* menu(const QString& title);

    const QList<Entry>& entries() const { return m_entries; }
    QAction* find(const QString& id) const;
    void setTheme(const widgets::Theme& theme);

private:
    QWidget* m_window;
    QMenuBar* m_bar;
    QList<Entry> m_entries;
    QHash<QString, QMenu*> m_menus;
};

} // namespace assay::workbench
