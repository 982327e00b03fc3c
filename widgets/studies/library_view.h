#pragma once

#include "widgets/studies/catalogue.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QStackedWidget;
class QTabBar;

namespace assay::widgets {

class CardDelegate;
class CardFilter;
class CardModel;

/// What the workspace holds: models, data sets and past runs, each list with the same filter field.
/// Asks for everything through signals; it changes nothing itself.
class LibraryView : public QWidget
{
    Q_OBJECT
public:
    enum class Shelf { Models, Data, Runs };

    explicit LibraryView(QWidget* parent = nullptr);

    void setCatalogue(const Catalogue& catalogue);
    void setRuns(const QList<RunEntry>& runs);
    void setTheme(const Theme& theme);
    void showShelf(Shelf shelf);
    Shelf shelf() const;

Q_SIGNALS:
    void modelChosen(const QString& name);
    void datasetChosen(const QString& name);
    void runOpened(const QString& run);
    void runRepeated(const QString& run);
    void runDeleted(const QString& run);
    void runRevealed(const QString& run);

private:
    struct List
    {
        CardModel* model = nullptr;
        CardFilter* filter = nullptr;
        QListView* view = nullptr;
        QLabel* empty = nullptr;
        QStackedWidget* pages = nullptr;
    };

    List makeList(const QString& name, const QString& accessible, const QString& emptyText);
    void activate(const QModelIndex& index);
    void showRunMenu(const QPoint& position);
    void updatePages();

    QTabBar* m_tabs;
    QLineEdit* m_search;
    QStackedWidget* m_pages;
    CardDelegate* m_delegate;
    List m_models, m_data, m_runs;
    Catalogue m_catalogue;
    QList<RunEntry> m_entries;
};

} // namespace assay::widgets
