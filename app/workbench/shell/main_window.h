#pragma once

#include "app/workbench/shell/preferences.h"
#include "app/workbench/shell/session.h"
#include "app/workbench/shell/theme_keeper.h"
#include "widgets/engine/engine_client.h"
#include "widgets/report/editor/report_export.h"
#include "widgets/selection/selection.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/file_dialogs.h"

#include <QMainWindow>

#include <memory>
#include <optional>

class QDockWidget;
class QLabel;

namespace assay::widgets {
class JobsView;
class LibraryView;
class LogView;
class SelectionInspector;
class StatusStrip;
class StudyDocument;
} // namespace assay::widgets

namespace assay::workbench {

class ActionRegistry;
class CommandPalette;
class DocumentTabs;
class EngineIndicator;
class FileIntake;
class ImportDesk;
class PluginDesk;
class NoticeBar;
class ReportDesk;
class UndoRouter;

struct WindowOptions
{
    QString workspace; ///< folder; made when it does not exist
    widgets::EngineCommand engine;
    QString program = widgets::ReportExport::ownProgram(); ///< exports reports
    QString preferences = Preferences::defaultPath();
    std::optional<ThemeKeeper::Choice> appearance; ///< for this start only; else as preferred
};

/// The window: docks around the study documents, and the engine behind them. It only assembles; what the
/// parts do is in their own files. The engine is started after the first paint.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    MainWindow(WindowOptions options, widgets::FileDialogs& dialogs);
    ~MainWindow() override;

    widgets::EngineClient& engine() { return m_engine; }
    widgets::Selection& selection() { return m_selection; }
    ActionRegistry& actions() { return *m_actions; }
    DocumentTabs& tabs() { return *m_tabs; }
    NoticeBar& notices() { return *m_notices; }
    ThemeKeeper& themes() { return m_themes; }
    ImportDesk& imports() { return *m_imports; }
    PluginDesk& plugins() { return *m_plugins; }
    ReportDesk& reports() { return *m_reports; }
    /// As if the file had been dropped on the window.
    void openFile(const QString& path);

Q_SIGNALS:
    /// The window has been painted for the first time.
    void painted();

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    void buildCentre();
    void buildDocks();
    void buildStatusBar();
    void connectEngine();
    void connectLibrary();
    void connectImports();
    void connectReports();
    void restoreSession();
    void saveSession();
    void applyTheme(const widgets::Theme& theme);
    void takeCatalogue();
    void lookAgain();
    void takeRuns();
    void takeEngineState();
    void takeFigure(const widgets::Claim& claim, const QString& path);
    void takeSpec(const protocol::RunSpec& spec);
    void showDocument(widgets::StudyDocument* document);
    void showModel(const QString& name);
    void showDataset(const QString& name);
    void showAttack(const QString& name);
    void openRun(const QString& run);
    void repeatRun(const QString& run);
    void deleteRun(const QString& run);
    const widgets::RunEntry* runEntry(const QString& run) const;
    friend class WindowActions;

    WindowOptions m_options;
    widgets::FileDialogs& m_dialogs;
    Preferences m_preferences;
    Session m_session;
    ThemeKeeper m_themes;
    widgets::EngineClient m_engine;
    widgets::Selection m_selection;
    widgets::Catalogue m_catalogue;
    Json m_catalogueSeen; ///< what of the engine's catalogue m_catalogue was made of
    QList<widgets::RunEntry> m_runs;
    bool m_painted = false;
    bool m_narrow = false;
    bool m_libraryGaveWay = false;

    ActionRegistry* m_actions;
    NoticeBar* m_notices;
    DocumentTabs* m_tabs;
    CommandPalette* m_palette;
    FileIntake* m_intake;
    ImportDesk* m_imports;
    PluginDesk* m_plugins;
    ReportDesk* m_reports;
    UndoRouter* m_undo;
    EngineIndicator* m_indicator = nullptr;
    QLabel* m_selectionText = nullptr;
    widgets::LibraryView* m_library = nullptr;
    widgets::SelectionInspector* m_inspector = nullptr;
    widgets::JobsView* m_jobsView = nullptr;
    widgets::LogView* m_logView = nullptr;
    widgets::StatusStrip* m_strip = nullptr;
    QDockWidget* m_libraryDock = nullptr;
    QDockWidget* m_inspectorDock = nullptr;
    QDockWidget* m_jobsDock = nullptr;
    QDockWidget* m_logDock = nullptr;
};

} // namespace assay::workbench
