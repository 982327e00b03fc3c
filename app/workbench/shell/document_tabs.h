#pragma once

#include "app/workbench/shell/session.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/services.h"
#include "widgets/theme/theme.h"

#include <QTabWidget>

namespace assay::widgets {
class BrowsingPage;
class CatalogueView;
class StudyDocument;
} // namespace assay::widgets

namespace assay::workbench {

/// The centre of the window: the catalogue, and a tab for each open study document, data set and model.
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

private:
    void close(int index);
    void updateTitle(widgets::StudyDocument* document);
    widgets::BrowsingPage* findPage(const QString& kind, const QString& name) const;
    widgets::BrowsingPage* addPage(widgets::BrowsingPage* page);
    QString engineProblem() const;

    widgets::Services m_services;
    widgets::Catalogue m_catalogue;
    widgets::Theme m_theme = widgets::Theme::light();
    widgets::CatalogueView* m_catalogueView;
};

} // namespace assay::workbench
