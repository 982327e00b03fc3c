#include "widgets/studies/library_view.h"

#include "widgets/studies/card_delegate.h"
#include "widgets/studies/card_items.h"
#include "widgets/studies/text_kit.h"

#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QShortcut>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace assay::widgets {

LibraryView::LibraryView(QWidget* parent)
    : QWidget(parent)
    , m_tabs(new QTabBar(this))
    , m_search(new QLineEdit(this))
    , m_pages(new QStackedWidget(this))
    , m_delegate(new CardDelegate(CardDelegate::Density::Compact, this))
{
    setObjectName(QStringLiteral("libraryView"));
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    m_tabs->setObjectName(QStringLiteral("libraryTabs"));
    m_tabs->setAccessibleName(tr("Shelf of the library"));
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(true);
    m_tabs->addTab(tr("Models"));
    m_tabs->addTab(tr("Data"));
    m_tabs->addTab(tr("Runs"));

    m_search->setObjectName(QStringLiteral("librarySearch"));
    m_search->setAccessibleName(tr("Filter the library"));
    m_search->setPlaceholderText(tr("Filter"));
    m_search->setClearButtonEnabled(true);

    m_models = makeList(QStringLiteral("libraryModels"), tr("Models"),
                        tr("No models yet. They appear when the engine has looked at the workspace."));
    m_data = makeList(QStringLiteral("libraryData"), tr("Data sets"), tr("No data sets yet."));
    m_runs = makeList(QStringLiteral("libraryRuns"), tr("Past runs"),
                      tr("No runs yet. Choose a study, press Run, and it is kept here."));

    const int em = fontMetrics().height();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em / 2, em / 3, em / 2, 0);
    layout->setSpacing(em / 3);
    layout->addWidget(m_tabs);
    layout->addWidget(m_search);
    layout->addWidget(m_pages, 1);

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        for (const List* list : {&m_models, &m_data, &m_runs})
            list->filter->setQuery(text);
        updatePages();
    });
    m_runs.view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_runs.view, &QWidget::customContextMenuRequested, this, &LibraryView::showRunMenu);
    auto* remove = new QShortcut(QKeySequence::Delete, m_runs.view);
    remove->setContext(Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this, [this] {
        if (const QModelIndex index = m_runs.view->currentIndex(); index.isValid())
            Q_EMIT runDeleted(index.data(CardModel::IdRole).toString());
    });
    updatePages();
}

LibraryView::List LibraryView::makeList(const QString& name, const QString& accessible,
                                        const QString& emptyText)
{
    List list;
    list.model = new CardModel(this);
    list.filter = new CardFilter(this);
    list.filter->setSourceModel(list.model);
    list.pages = new QStackedWidget(this);
    list.view = new QListView(list.pages);
    list.view->setObjectName(name);
    list.view->setAccessibleName(accessible);
    list.view->setModel(list.filter);
    list.view->setItemDelegate(m_delegate);
    list.view->setMouseTracking(true);
    list.view->setFrameShape(QFrame::NoFrame);
    list.view->setResizeMode(QListView::Adjust);
    list.view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    list.view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list.empty = makeText("muted", emptyText, list.pages);
    list.empty->setWordWrap(true);
    list.empty->setAlignment(Qt::AlignCenter);
    list.empty->setMargin(fontMetrics().height());
    list.empty->setProperty("emptyText", emptyText);
    list.pages->addWidget(list.view);
    list.pages->addWidget(list.empty);
    m_pages->addWidget(list.pages);
    connect(list.view, &QListView::activated, this, &LibraryView::activate);
    return list;
}

void LibraryView::setCatalogue(const Catalogue& catalogue)
{
    m_catalogue = catalogue;
    m_models.model->setItems(modelItems(catalogue));
    m_data.model->setItems(datasetItems(catalogue));
    m_runs.model->setItems(runItems(m_entries, m_catalogue));
    updatePages();
}

void LibraryView::setRuns(const QList<RunEntry>& runs)
{
    m_entries = runs;
    m_runs.model->setItems(runItems(m_entries, m_catalogue));
    updatePages();
}

void LibraryView::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    for (const List* list : {&m_models, &m_data, &m_runs})
        list->view->viewport()->update();
}

void LibraryView::showShelf(Shelf shelf)
{
    m_tabs->setCurrentIndex(int(shelf));
}

LibraryView::Shelf LibraryView::shelf() const
{
    return Shelf(m_tabs->currentIndex());
}

void LibraryView::activate(const QModelIndex& index)
{
    const QString id = index.data(CardModel::IdRole).toString();
    if (index.model() == m_models.filter)
        Q_EMIT modelChosen(id);
    else if (index.model() == m_data.filter)
        Q_EMIT datasetChosen(id);
    else
        Q_EMIT runOpened(id);
}

void LibraryView::showRunMenu(const QPoint& position)
{
    const QModelIndex index = m_runs.view->indexAt(position);
    if (!index.isValid())
        return;
    const QString run = index.data(CardModel::IdRole).toString();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("runMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Open"), this, [this, run] { Q_EMIT runOpened(run); });
    menu->addAction(tr("Run again with the same parameters"), this, [this, run] { Q_EMIT runRepeated(run); });
    menu->addAction(tr("Show folder"), this, [this, run] { Q_EMIT runRevealed(run); });
    menu->addSeparator();
    menu->addAction(tr("Delete …"), this, [this, run] { Q_EMIT runDeleted(run); });
    menu->popup(m_runs.view->viewport()->mapToGlobal(position));
}

void LibraryView::updatePages()
{
    for (const List* list : {&m_models, &m_data, &m_runs}) {
        const bool searching = !list->filter->query().isEmpty() && list->model->rowCount() > 0;
        list->empty->setText(searching ? tr("Nothing here answers “%1”.").arg(list->filter->query())
                                       : list->empty->property("emptyText").toString());
        list->pages->setCurrentIndex(list->filter->rowCount() > 0 ? 0 : 1);
    }
}

} // namespace assay::widgets
