#pragma once

#include "widgets/studies/catalogue.h"
#include "widgets/theme/theme.h"

#include <QVariantAnimation>
#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QMenu;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace assay::widgets {

class CardDelegate;
class CardFilter;
class CardModel;
struct CardItem;

/// What the workspace holds: models, data sets, attacks, past runs and reports, each list with the same
/// filter field. Asks for everything through signals; it changes nothing itself.
class LibraryView : public QWidget
{
    Q_OBJECT
public:
    enum class Shelf { Models, Data, Attacks, Runs, Reports };
    Q_ENUM(Shelf)

    explicit LibraryView(QWidget* parent = nullptr);

    void setCatalogue(const Catalogue& catalogue);
    void setRuns(const QList<RunEntry>& runs);
    /// The ids are the reports' names.
    void setReports(const QList<CardItem>& reports);
    void setTheme(const Theme& theme);
    void showShelf(Shelf shelf);
    Shelf shelf() const;
    /// The runs that are selected, in the order of the list.
    QStringList selectedRuns() const;
    /// Shows a model, data set or attack: selects it, scrolls to it and lights it up for a moment. One that
    /// is not there yet is shown when the catalogue brings it.
    void showItem(Shelf shelf, const QString& name);

Q_SIGNALS:
    /// Its card is to be shown.
    void modelChosen(const QString& name);
    void datasetChosen(const QString& name);
    void attackChosen(const QString& name);
    /// It was opened: a model is to be inspected, a data set browsed.
    void modelOpened(const QString& name);
    void datasetOpened(const QString& name);
    void runOpened(const QString& run);
    void runRepeated(const QString& run);
    void runDeleted(const QString& run);
    /// At least two, in the order of the list.
    void runsCompared(const QStringList& runs);
    void runRevealed(const QString& run);
    void reportOpened(const QString& name);
    void reportRenamed(const QString& name);
    void reportDeleted(const QString& name);
    void reportRevealed(const QString& name);
    /// A new one.
    void reportRequested();
    /// The user wants to bring files, or a folder.
    void importRequested(bool folder);
    /// Of any shelf but those of runs and reports.
    void removalRequested(assay::widgets::LibraryView::Shelf shelf, const QString& name);
    void importAgainRequested(assay::widgets::LibraryView::Shelf shelf, const QString& name);
    /// A file or folder is to be shown in its folder.
    void fileRevealed(const QString& path);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

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
    QToolButton* makeImportButton();
    QToolButton* makeReportButton();
    void removeCurrent(Shelf shelf);
    const List& list(Shelf shelf) const;
    /// What the context menu of an entry depends on.
    struct Item
    {
        bool own = false;      ///< a part of this workspace
        bool imported = false; ///< its file is elsewhere, and can be looked at again
        QString path;          ///< its file or folder
        QString owner;         ///< whose it is, when it is not own, in few words
        QString stays;         ///< why it cannot be removed then
    };
    Item item(Shelf shelf, const QString& name) const;
    void choose(Shelf shelf, const QString& name);
    void openItem(Shelf shelf, const QString& name);
    void activate(const QModelIndex& index);
    void showRunMenu(const QPoint& position);
    void showReportMenu(const QPoint& position);
    void showItemMenu(Shelf shelf, const QPoint& position);
    void addFileActions(QMenu* menu, const QString& path);
    void updatePages();
    void showAwaited();
    void flash(const QString& name);

    QTabBar* m_tabs;
    QLineEdit* m_search;
    QToolButton* m_import;
    QToolButton* m_newReport;
    QStackedWidget* m_pages;
    CardDelegate* m_delegate;
    List m_models, m_data, m_attacks, m_runs, m_reports;
    Catalogue m_catalogue;
    QList<RunEntry> m_entries;
    Theme m_theme = Theme::light();
    Shelf m_awaitedShelf = Shelf::Models;
    QString m_awaited; ///< name of the item to show; empty: none
    QVariantAnimation m_flash;
};

} // namespace assay::widgets
