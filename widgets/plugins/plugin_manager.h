#pragma once

#include "widgets/plugins/plugin_entry.h"
#include "widgets/theme/theme.h"

#include <QDialog>

class QLabel;
class QListView;
class QPushButton;

namespace assay::widgets {

class CardDelegate;
class PluginPage;

/// The plugins the engine found: what they are, whether they run and why not, and what can be done about it.
/// Shows what it is told and says what the user wants; whoever opens it asks the engine.
class PluginManager : public QDialog
{
    Q_OBJECT
public:
    explicit PluginManager(QWidget* parent = nullptr);

    void setPlugins(const QList<PluginEntry>& plugins);
    /// While the engine tries the plugins, which takes as long as its start; @p sentence says what is
    /// awaited.
    void setBusy(const QString& sentence);
    /// @param error empty when all went well.
    void setIdle(const QString& error = {});
    void setTheme(const Theme& theme);
    void select(const QString& file);

Q_SIGNALS:
    void allowRequested(const assay::widgets::PluginEntry& entry);
    void enableRequested(const assay::widgets::PluginEntry& entry, bool enabled);
    void checkRequested();
    void restartRequested();
    void revealRequested(const QString& file);

private:
    QWidget* makeFoot();
    void showCurrent();
    void updateFoot();

    QList<PluginEntry> m_plugins;
    bool m_busy = false;
    CardModel* m_model;
    CardDelegate* m_delegate;
    QListView* m_view;
    PluginPage* m_page;
    QLabel* m_message;
    QPushButton* m_check;
    QPushButton* m_restart;
};

} // namespace assay::widgets
