#pragma once

#include "app/workbench/shell/session.h"
#include "widgets/report/report.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/services.h"
#include "widgets/theme/theme.h"

#include <QTabWidget>

namespace assay::widgets {
class BrowsingPage;
class CatalogueView;
class ComparePage;
class ReportPage;
class StudyDocument;
} // namespace assay::widgets

namespace assay::workbench {

/// The centre of the window: the catalogue, and a tab for each open study document, data set, model and
/// report.
class DocumentTabs : public QTabWidget
{
    Q_OBJECT
public:
    explicit DocumentTabs(const widgets::Services& services, QWidget* parent = nullptr);

    widgets::CatalogueView* catalogueView() const { return m_catalogueView; }
    /// The document in front, or null when the catalogue is.
    widgets::StudyDocument* current() const;
    QList<widgets::StudyDocument*> documents() const;

    /// A new tab with a form of @p spec.
    widgets::StudyDocument* addDocument(const protocol::RunSpec& spec);
    /// Shows a run: in the document that has it, else in a new one. The study may be empty when unknown.
    widgets::StudyDocument* openRun(const QString& run, const QString& study);
    /// Looks at a data set, or a model, of the library: in the tab that has it, else in a new one.
    widgets::BrowsingPage* browse(const QString& dataset);
    widgets::BrowsingPage* inspect(const QString& model);
    /// Runs against each other: in the tab that has just these, else in a new one.
    widgets::ComparePage* compare(const QStringList& runs);
    /// A report of the workspace: in the tab that has it, else in a new one; @p front: brought to the front.
    widgets::ReportPage* report(const QString& name, bool front = true);
    QList<widgets::ReportPage*> reports() const;
    /// The report in front, or null.
    widgets::ReportPage* currentReport() const;
    /// Closes the tab of a report that is being deleted.
    void forgetReport(const QString& name);
    /// Writes what the reports have not written yet. False: some cannot be; why has been said.
    bool settleReports();
    QList<widgets::BrowsingPage*> pages() const;
    /// Closes the tab in front, unless it is the catalogue. Its run goes on.
    void closeCurrent();
    /// Closes the documents that show a run.
    void closeRun(const QString& run);

    void setCatalogue(const widgets::Catalogue& catalogue);
    void setTheme(const widgets::Theme& theme);
    /// Fills in what the tabs show: the documents, then the pages, and which of them is in front.
    void save(SessionState& state) const;
    void restore(const SessionState& state);

Q_SIGNALS:
    void currentDocumentChanged(assay::widgets::StudyDocument* document);
    void documentsChanged();
    void noticed(const QString& tone, const QString& sentence);
    /// A result, or the run as a whole, is to be put into a report; a menu is shown beside @p near.
    void resultReportRequested(assay::widgets::StudyDocument& document,
                               assay::widgets::ReportBlock::Kind kind, const QString& name, QWidget* near);
    /// The same for a comparison; a new report gets @p title.
    void comparisonReportRequested(const assay::widgets::ReportBlock& block, const QString& title,
                                   QWidget* near);
    void runReportRequested(assay::widgets::StudyDocument& document, QWidget* near);
    void runOpened(const QString& run);
    void reportSaved();

private:
    void close(int index);
    void updateTitle(widgets::StudyDocument* document);
    widgets::BrowsingPage* findPage(const QString& kind, const QString& name) const;
    widgets::BrowsingPage* addPage(widgets::BrowsingPage* page, bool front = true);
    void connectReports(widgets::StudyDocument* document);
    bool settle(widgets::ReportPage& page);
    QString engineProblem() const;

    widgets::Services m_services;
    widgets::Catalogue m_catalogue;
    widgets::Theme m_theme = widgets::Theme::light();
    widgets::CatalogueView* m_catalogueView;
};

} // namespace assay::workbench
