#pragma once

#include "backend/protocol/run_spec.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/result_card.h"
#include "widgets/studies/services.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <optional>

class QSplitter;
class QStackedWidget;
class QUndoStack;

namespace assay::widgets {

class FigureSaver;
class LiveBar;
class MetricsStrip;
class ResultsView;
class RunHeader;
class RunRecord;
class SetupPanel;
class WelcomePage;

/// One study at work: its form at the left, and at the right what its run has shown, or, before the first
/// run, what it answers. A document shows one run at a time.
class StudyDocument : public QWidget
{
    Q_OBJECT
public:
    /// @param spec names the study and gives the form its first values. The study itself may be unknown
    ///             until the catalogue has arrived.
    StudyDocument(const Services& services, const protocol::RunSpec& spec, QWidget* parent = nullptr);
    ~StudyDocument() override;

    QString studyId() const { return m_studyId; }
    /// Empty before the first run.
    QString runId() const;
    const RunRecord* record() const { return m_record.get(); }
    QString title() const;
    protocol::RunSpec spec() const;
    QUndoStack* undoStack() const;
    bool isRunning() const;

    void setCatalogue(const Catalogue& catalogue);
    void setTheme(const Theme& theme);
    /// Shows a run of the workspace and puts its parameters into the form.
    void openRun(const QString& run);
    /// As if the user had pressed Run.
    void run();
    /// Runs the shown run's specification once more, as soon as it is known.
    void repeat();
    void cancel();
    /// Compares the run with an exported figure's claim, once it has finished.
    void verify(const Claim& claim);
    void setHint(const QString& hint);
    void setSetupVisible(bool visible);
    bool isSetupVisible() const;

    void exportAll();
    void exportTables();
    void exportFigure(const QString& name);
    void exportTable(const QString& name);
    void saveSpec();
    void copyCommandLine();

Q_SIGNALS:
    void titleChanged();
    void runChanged();
    /// Something the user should read: "good", "warning" or "bad", and a sentence.
    void noticed(const QString& tone, const QString& sentence);
    /// A result, or the run as a whole, is to be put into a report; a menu is shown beside @p near.
    void resultReportRequested(assay::widgets::ResultCard::Kind kind, const QString& name, QWidget* near);
    void runReportRequested(QWidget* near);

private:
    void build();
    void buildExportMenu();
    void showRecord(std::shared_ptr<RunRecord> record);
    void updateState();
    void updateBlocked();
    void openWanted();
    void updateMetrics();
    /// Of the figures that are shown, which a preview may have made of another model.
    void updateOffered();
    void takeVerdict();
    /// What scenes of the run can set, or why nothing.
    void updateLive();
    void editScene(const Json& params);
    void keepPatch(const QString& scene);
    void printPatch(const QString& scene);
    void savePicture(const QString& scene);
    /// Says what @p write returns, or why it failed.
    void report(const std::function<QString()>& write);
    std::optional<Json> previewParams() const;

    Services m_services;
    QString m_studyId;
    protocol::RunSpec m_initial;
    StudyEntry m_study;
    Catalogue m_catalogue;
    Theme m_theme = Theme::light();
    std::shared_ptr<RunRecord> m_record;
    std::optional<Claim> m_claim;
    bool m_formTaken = false; ///< the form has the opened run's parameters
    bool m_starting = false;
    QString m_wanted;            ///< a run to open as soon as the engine has been started
    bool m_runWhenReady = false; ///< run() or repeat() was asked for before it was possible

    FigureSaver* m_saver;
    QSplitter* m_splitter;
    SetupPanel* m_setup;
    QStackedWidget* m_pages;
    WelcomePage* m_welcome;
    ResultsView* m_results;
    RunHeader* m_header;
    LiveBar* m_live;
    MetricsStrip* m_metrics;
};

} // namespace assay::widgets
