#pragma once

#include "app/workbench/shell/notice_bar.h"
#include "widgets/plugins/plugin_entry.h"
#include "widgets/theme/theme.h"

#include <QObject>
#include <QPointer>
#include <QSet>

namespace assay::widgets {
class EngineClient;
class FileDialogs;
class PluginManager;
} // namespace assay::widgets

namespace assay::workbench {

/// Opens the plugin manager, asks the engine what the user wants of plugins, and says so when one of them was
/// set aside. Owned by the window.
class PluginDesk : public QObject
{
    Q_OBJECT
public:
    PluginDesk(widgets::EngineClient& engine, widgets::FileDialogs& dialogs, QWidget* window);
    ~PluginDesk() override;

    /// Shows the manager, with the plugin of @p file in front when it is not empty.
    void open(const QString& file = {});
    /// The open manager, or null.
    widgets::PluginManager* manager() const;
    void setTheme(const widgets::Theme& theme);

Q_SIGNALS:
    void noticed(const QString& tone, const QString& sentence,
                 const QList<assay::workbench::NoticeAction>& actions);

private:
    void takeCatalogue();
    void ask(const std::string& method, const Json& params, const QString& awaited);
    void allow(const widgets::PluginEntry& entry);
    void restart();

    widgets::EngineClient& m_engine;
    widgets::FileDialogs& m_dialogs;
    QWidget* m_window;
    widgets::Theme m_theme = widgets::Theme::light();
    QPointer<widgets::PluginManager> m_manager;
    QList<widgets::PluginEntry> m_entries;
    QSet<QString> m_said; ///< files of plugins that were set aside, and of which the user was told
};

} // namespace assay::workbench
