#pragma once

#include "widgets/browsing/browsing_page.h"
#include "widgets/browsing/engine_port.h"
#include "widgets/browsing/sample_filter.h"
#include "widgets/selection/selection.h"

#include <memory>

class QLabel;
class QSplitter;
class QStackedWidget;

namespace assay::protocol {
struct Figure;
}

namespace assay::widgets {

class BrowseFilters;
class ElidedLabel;
class FigureView;
class MessagePage;
class SamplePanel;
class SampleTiles;
class ThumbnailStore;

/// A data set to be looked at: its images as tiles, filtered by class, attributes and text, the balance of
/// its classes, and the chosen image large with what models make of it. What is chosen of the test split is
/// the workspace's selection, since studies number their samples so; the training split has one of its own.
class DataBrowser : public BrowsingPage
{
    Q_OBJECT
public:
    /// @param selection the workspace's; outlives this.
    DataBrowser(EnginePort port, Selection& selection, const QString& name, QWidget* parent);
    ~DataBrowser() override;

    QString title() const override;
    void setCatalogue(const Catalogue& catalogue) override;
    void setTheme(const Theme& theme) override;
    void setEngineProblem(const QString& problem) override;

    /// Null until the list of samples has arrived.
    const SampleTable* table() const { return m_table.get(); }
    const SampleTiles& tiles() const { return *m_tiles; }

Q_SIGNALS:
    /// A filter has been applied and shows.
    void filterApplied();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    void connectParts();
    void showEntry();
    void showFacts();
    void load();
    void takeTable(std::shared_ptr<const SampleTable> table);
    void applyFilter();
    void showFiltered(const FilteredSamples& samples, protocol::Figure balance);
    void followSelection();
    void say(const QString& sentence, bool mayTryAgain);
    Selection& selection();

    EnginePort m_port;
    Selection& m_workspace;
    Selection m_training; ///< of the training split
    Selection m_classes;  ///< the classes that are shown; none: all
    DatasetEntry m_entry;
    bool m_known = false; ///< the catalogue has it
    QStringList m_modelNames;
    QString m_engineProblem;
    std::shared_ptr<const SampleTable> m_table;
    quint64 m_serial = 0; ///< of the table that is asked for; later ones replace earlier ones
    bool m_loading = false;
    bool m_filtering = false;
    bool m_filterAgain = false;

    QLabel* m_title;
    ElidedLabel* m_facts;
    ElidedLabel* m_origin;
    QLabel* m_warning;
    QLabel* m_away;
    QStackedWidget* m_pages;
    MessagePage* m_message;
    BrowseFilters* m_filters;
    ThumbnailStore* m_store;
    SampleTiles* m_tiles;
    FigureView* m_balance;
    QWidget* m_balanceBox;
    SamplePanel* m_panel;
    QSplitter* m_split;
    QSplitter* m_column;
};

} // namespace assay::widgets
