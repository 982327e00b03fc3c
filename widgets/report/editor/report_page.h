#pragma once

#include "widgets/browsing/browsing_page.h"
#include "widgets/report/report_content.h"
#include "widgets/studies/services.h"

#include <QTimer>

class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;
class QUndoStack;

namespace assay::widgets {

class EngineRuns;
class ExportStrip;
class MessagePage;
class ReportActions;
class ReportDraft;
class ReportPaper;
class ReportSaver;
class ReportStart;

/// A report of the workspace, to be read and written: the paper, and above it what adds to it and exports it.
/// What it shows is looked up again whenever the report or a run changes. It keeps its file as it is by
/// itself.
class ReportPage : public BrowsingPage
{
    Q_OBJECT
public:
    /// @param workspace its folder. @param name of the report in it. @param program that exports.
    ReportPage(const Services& services, const QString& workspace, const QString& name,
               const QString& program, QWidget* parent = nullptr);
    ~ReportPage() override;

    QString title() const override;
    void setCatalogue(const Catalogue& catalogue) override;
    void setTheme(const Theme& theme) override;
    void setEngineProblem(const QString& problem) override;

    /// False when the file cannot be read: nothing can be edited then, and it is not written.
    bool isReadable() const { return m_readable; }
    const Report& report() const;
    /// What is shown; older than report() for a moment after an edit.
    const ReportContent& content() const { return m_content; }
    QUndoStack* undoStack() const;
    ReportActions& actions() { return *m_actions; }
    ReportPaper& paper() { return *m_paper; }

    /// Puts @p blocks at the end; @p what names the step.
    void insert(const QString& what, const QVector<ReportBlock>& blocks);
    /// All that a run shows, or only its summary, as soon as it has been read: behind the block @p after, at
    /// the end for an empty id.
    void insertRun(const QString& run, bool everything, const QString& after = {});
    void editTitle();
    /// As if the user had chosen the file.
    void exportTo(const QString& path);
    /// Everything is in the file. False: it is not, and @p problem says why.
    bool settle(QString& problem);
    /// The report has been deleted: its file is not written again.
    void abandon();

Q_SIGNALS:
    void noticed(const QString& tone, const QString& sentence);
    void runOpened(const QString& run);
    /// Its file has been written.
    void saved();

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Wanted
    {
        QString run;
        bool everything = true;
        QString after;
    };
    QWidget* makeBar();
    void buildExportMenu();
    void fillRunMenu(QMenu& menu);
    void read();
    void refresh();
    void takeWanted();
    void showSaved();
    void showBlockMenu(const QString& id, const QPoint& position);
    void askExport(const QString& suffix, const QString& filter);
    void updateStart();

    Services m_services;
    QString m_workspace, m_path;
    Catalogue m_catalogue;
    Theme m_theme = Theme::light();
    bool m_readable = false;
    bool m_stale = true; ///< something changed while the page was not in front
    ReportContent m_content;
    QList<Wanted> m_wanted;
    QStringList m_said; ///< notices about torn runs
    QString m_before;   ///< title before the last change
    ReportDraft* m_draft;
    ReportSaver* m_saver = nullptr;
    EngineRuns* m_runs;
    ReportActions* m_actions;
    QStackedWidget* m_pages;
    MessagePage* m_problem;
    ReportPaper* m_paper;
    ReportStart* m_start;
    ExportStrip* m_strip;
    QLabel* m_state = nullptr;
    QToolButton* m_note = nullptr;
    QToolButton* m_add = nullptr;
    QToolButton* m_export = nullptr;
    QTimer m_refreshing;
};

} // namespace assay::widgets
