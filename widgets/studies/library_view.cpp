#include "widgets/studies/library_view.h"

#include "widgets/studies/card_delegate.h"
#include "widgets/studies/card_items.h"
#include "widgets/studies/text_kit.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace assay::widgets {

namespace {

/// Long enough to be noticed from the other side of the window, short enough not to be in the way.
constexpr int kFlashMs = 1600;

} // namespace

LibraryView::LibraryView(QWidget* parent)
    : QWidget(parent)
    , m_tabs(new QTabBar(this))
    , m_search(new QLineEdit(this))
    , m_import(makeImportButton())
    , m_newReport(makeReportButton())
    , m_pages(new QStackedWidget(this))
    , m_delegate(new CardDelegate(CardDelegate::Density::Compact, this))
{
    setObjectName(QStringLiteral("libraryView"));
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    m_tabs->setObjectName(QStringLiteral("libraryTabs"));
    m_tabs->setAccessibleName(tr("Shelf of the library"));
    m_tabs->setProperty("kind", QStringLiteral("narrow")); // all five at the dock's usual width
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(true);
    m_tabs->addTab(tr("Models"));
    m_tabs->addTab(tr("Data"));
    m_tabs->addTab(tr("Attacks"));
    m_tabs->addTab(tr("Runs"));
    m_tabs->addTab(tr("Reports"));

    m_search->setObjectName(QStringLiteral("librarySearch"));
    m_search->setAccessibleName(tr("Filter the library"));
    m_search->setPlaceholderText(tr("Filter"));
    m_search->setClearButtonEnabled(true);

    m_models = makeList(QStringLiteral("libraryModels"), tr("Models"),
                        tr("No models yet. They appear when the engine has looked at the workspace; drop a "
                           "model's file on the window to bring your own."));
    m_data =
        makeList(QStringLiteral("libraryData"), tr("Data sets"),
                 tr("No data sets yet. Drop a file or a folder of images on the window to bring your own."));
    m_attacks =
        makeList(QStringLiteral("libraryAttacks"), tr("Attacks"),
                 tr("No attacks yet. They appear when the engine has looked for them; drop a scripted "
                    "attack on the window to bring your own."));
    m_runs = makeList(QStringLiteral("libraryRuns"), tr("Past runs"),
                      tr("No runs yet. Choose a study, press Run, and it is kept here."));

    m_reports =
        makeList(QStringLiteral("libraryReports"), tr("Reports"),
                 tr("No reports yet. Press New, or the report button of a figure, and gather what a paper "
                    "needs: figures, tables and notes."));

    const int em = fontMetrics().height();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em / 2, em / 3, em / 2, 0);
    layout->setSpacing(em / 3);
    layout->addWidget(m_tabs);
    auto* tools = new QHBoxLayout;
    tools->setSpacing(em / 3);
    tools->addWidget(m_search, 1);
    tools->addWidget(m_import);
    tools->addWidget(m_newReport);
    m_newReport->hide();
    layout->addLayout(tools);
    layout->addWidget(m_pages, 1);

    connect(m_tabs, &QTabBar::currentChanged, this, [this](int shelf) {
        m_pages->setCurrentIndex(shelf);
        m_import->setVisible(Shelf(shelf) != Shelf::Runs && Shelf(shelf) != Shelf::Reports);
        m_newReport->setVisible(Shelf(shelf) == Shelf::Reports);
    });
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        for (const List* list : {&m_models, &m_data, &m_attacks, &m_runs, &m_reports})
            list->filter->setQuery(text);
        updatePages();
    });
    m_runs.view->setSelectionMode(QAbstractItemView::ExtendedSelection); // to compare them
    m_runs.view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_runs.view, &QWidget::customContextMenuRequested, this, &LibraryView::showRunMenu);
    m_reports.view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_reports.view, &QWidget::customContextMenuRequested, this, &LibraryView::showReportMenu);
    for (const Shelf shelf : {Shelf::Models, Shelf::Data, Shelf::Attacks}) {
        QListView* view = list(shelf).view;
        view->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(view, &QWidget::customContextMenuRequested, this,
                [this, shelf](const QPoint& position) { showItemMenu(shelf, position); });
    }
    for (const Shelf shelf : {Shelf::Models, Shelf::Data, Shelf::Attacks, Shelf::Runs, Shelf::Reports})
        list(shelf).view->installEventFilter(this);
    m_flash.setDuration(kFlashMs);
    m_flash.setStartValue(1.0);
    m_flash.setEndValue(0.0);
    m_flash.setEasingCurve(QEasingCurve::InQuad);
    updatePages();
}

QToolButton* LibraryView::makeImportButton()
{
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("libraryImport"));
    button->setProperty("kind", QStringLiteral("outlined"));
    button->setText(tr("Import …"));
    button->setToolTip(tr("Bring models, images, predictions or attacks into this workspace"));
    button->setPopupMode(QToolButton::InstantPopup);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto* menu = new QMenu(button);
    menu->addAction(tr("Files …"), this, [this] { Q_EMIT importRequested(false); });
    menu->addAction(tr("A folder …"), this, [this] { Q_EMIT importRequested(true); });
    button->setMenu(menu);
    return button;
}

bool LibraryView::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Delete)) {
        for (const Shelf shelf : {Shelf::Models, Shelf::Data, Shelf::Attacks, Shelf::Runs, Shelf::Reports}) {
            if (watched == list(shelf).view) {
                removeCurrent(shelf);
                return true;
            }
        }
    }
    return QWidget::eventFilter(watched, event);
}

void LibraryView::removeCurrent(Shelf shelf)
{
    const QModelIndex index = list(shelf).view->currentIndex();
    if (!index.isValid())
        return;
    const QString id = index.data(CardModel::IdRole).toString();
    if (shelf == Shelf::Runs)
        Q_EMIT runDeleted(id);
    else if (shelf == Shelf::Reports)
        Q_EMIT reportDeleted(id);
    else
        Q_EMIT removalRequested(shelf, id);
}

const LibraryView::List& LibraryView::list(Shelf shelf) const
{
    switch (shelf) {
    case Shelf::Models:
        return m_models;
    case Shelf::Data:
        return m_data;
    case Shelf::Attacks:
        return m_attacks;
    case Shelf::Reports:
        return m_reports;
    case Shelf::Runs:
        break;
    }
    return m_runs;
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
    m_attacks.model->setItems(attackItems(catalogue));
    m_runs.model->setItems(runItems(m_entries, m_catalogue));
    updatePages();
    showAwaited();
}

void LibraryView::setRuns(const QList<RunEntry>& runs)
{
    m_entries = runs;
    m_runs.model->setItems(runItems(m_entries, m_catalogue));
    updatePages();
}

void LibraryView::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_delegate->setTheme(theme);
    for (QToolButton* button : {m_import, m_newReport})
        button->setIcon(theme.icon(QStringLiteral("plus"), theme.mutedText));
    for (const List* list : {&m_models, &m_data, &m_attacks, &m_runs, &m_reports})
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

void LibraryView::showItem(Shelf shelf, const QString& name)
{
    m_awaitedShelf = shelf;
    m_awaited = name;
    showAwaited();
}

void LibraryView::showAwaited()
{
    const List& shelf = list(m_awaitedShelf);
    if (m_awaited.isEmpty() || shelf.model->rowOf(m_awaited) < 0)
        return;
    const QString name = std::exchange(m_awaited, QString());
    showShelf(m_awaitedShelf);
    QModelIndex index = shelf.filter->mapFromSource(shelf.model->index(shelf.model->rowOf(name)));
    if (!index.isValid()) { // the filter hides it
        m_search->clear();
        index = shelf.filter->mapFromSource(shelf.model->index(shelf.model->rowOf(name)));
    }
    shelf.view->setCurrentIndex(index);
    shelf.view->scrollTo(index);
    // The keyboard goes along (Delete, Undo), unless it is in the middle of a text.
    const QWidget* focus = QApplication::focusWidget();
    if (!qobject_cast<const QLineEdit*>(focus) && !qobject_cast<const QAbstractSpinBox*>(focus))
        shelf.view->setFocus(Qt::OtherFocusReason);
    flash(name);
}

void LibraryView::flash(const QString& name)
{
    m_flash.stop();
    m_flash.disconnect(this);
    QListView* view = list(m_awaitedShelf).view;
    connect(&m_flash, &QVariantAnimation::valueChanged, this, [this, view, name](const QVariant& strength) {
        m_delegate->setFlash(name, strength.toDouble());
        view->viewport()->update();
    });
    m_flash.start();
}

void LibraryView::activate(const QModelIndex& index)
{
    const QString id = index.data(CardModel::IdRole).toString();
    for (const Shelf shelf : {Shelf::Models, Shelf::Data, Shelf::Attacks, Shelf::Runs, Shelf::Reports}) {
        if (index.model() == list(shelf).filter)
            openItem(shelf, id);
    }
}

void LibraryView::openItem(Shelf shelf, const QString& name)
{
    switch (shelf) {
    case Shelf::Models:
        Q_EMIT modelOpened(name);
        break;
    case Shelf::Data:
        Q_EMIT datasetOpened(name);
        break;
    case Shelf::Attacks: // there is no more to see of it than its card
        Q_EMIT attackChosen(name);
        break;
    case Shelf::Runs:
        Q_EMIT runOpened(name);
        break;
    case Shelf::Reports:
        Q_EMIT reportOpened(name);
        break;
    }
}

void LibraryView::choose(Shelf shelf, const QString& name)
{
    if (shelf == Shelf::Models)
        Q_EMIT modelChosen(name);
    else if (shelf == Shelf::Data)
        Q_EMIT datasetChosen(name);
    else
        Q_EMIT attackChosen(name);
}

LibraryView::Item LibraryView::item(Shelf shelf, const QString& name) const
{
    Item item{.owner = tr("it comes with Assay"),
              .stays = tr("What comes with Assay is in every workspace and cannot be removed")};
    if (const ModelEntry* model = shelf == Shelf::Models ? m_catalogue.model(name) : nullptr) {
        item.own = item.imported = model->isOwn();
        item.path = model->file;
    } else if (const DatasetEntry* dataset = shelf == Shelf::Data ? m_catalogue.dataset(name) : nullptr) {
        item.own = item.imported = dataset->own;
        item.path = dataset->location;
    } else if (const AttackEntry* attack = shelf == Shelf::Attacks ? m_catalogue.attack(name) : nullptr) {
        item.own = attack->own;
        item.imported = attack->own && attack->imported;
        item.path = attack->file;
        if (attack->script) {
            item.owner = tr("its file lies elsewhere");
            item.stays = tr("It is not of this workspace alone: delete its file where it lies");
        }
    }
    return item;
}

QStringList LibraryView::selectedRuns() const
{
    QModelIndexList rows = m_runs.view->selectionModel()->selectedIndexes();
    std::sort(rows.begin(), rows.end());
    QStringList runs;
    for (const QModelIndex& row : std::as_const(rows))
        runs << row.data(CardModel::IdRole).toString();
    return runs;
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
    const QStringList selected = selectedRuns();
    QAction* compare = menu->addAction(selected.size() > 1 ? tr("Compare %1 runs").arg(selected.size())
                                                           : tr("Compare (select two or more runs)"),
                                       this, [this, selected] { Q_EMIT runsCompared(selected); });
    compare->setObjectName(QStringLiteral("compareRuns"));
    compare->setEnabled(selected.size() > 1);
    menu->addAction(tr("Show folder"), this, [this, run] { Q_EMIT runRevealed(run); });
    menu->addSeparator();
    menu->addAction(tr("Delete …"), this, [this, run] { Q_EMIT runDeleted(run); });
    menu->popup(m_runs.view->viewport()->mapToGlobal(position));
}

void LibraryView::showItemMenu(Shelf shelf, const QPoint& position)
{
    const QModelIndex index = list(shelf).view->indexAt(position);
    if (!index.isValid())
        return;
    const QString name = index.data(CardModel::IdRole).toString();
    const Item item = this->item(shelf, name);
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("itemMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    if (shelf != Shelf::Attacks) {
        QAction* open = menu->addAction(shelf == Shelf::Models ? tr("Inspect") : tr("Browse"), this,
                                        [this, shelf, name] { openItem(shelf, name); });
        open->setObjectName(QStringLiteral("openItem"));
    }
    menu->addAction(tr("Details"), this, [this, shelf, name] { choose(shelf, name); });
    const bool isFile = !item.path.isEmpty();
    if (item.imported && isFile) {
        QAction* again = menu->addAction(tr("Import again …"), this,
                                         [this, shelf, name] { Q_EMIT importAgainRequested(shelf, name); });
        again->setToolTip(
            tr("Looks at the file as it is now and puts the result in the place of this entry"));
    }
    if (isFile && (item.own || shelf == Shelf::Attacks)) {
        menu->addSeparator();
        addFileActions(menu, item.path);
    }
    menu->addSeparator();
    QAction* remove = menu->addAction(item.own ? tr("Remove from workspace")
                                               : tr("Remove from workspace (%1)").arg(item.owner),
                                      this, [this, shelf, name] { Q_EMIT removalRequested(shelf, name); });
    remove->setObjectName(QStringLiteral("removeItem"));
    remove->setShortcut(QKeySequence::Delete);
    remove->setEnabled(item.own);
    remove->setToolTip(item.own ? tr("Takes the entry out of the workspace; your files are not touched")
                                : item.stays);
    menu->popup(list(shelf).view->viewport()->mapToGlobal(position));
}

void LibraryView::addFileActions(QMenu* menu, const QString& path)
{
    menu->addAction(tr("Open containing folder"), this, [this, path] { Q_EMIT fileRevealed(path); });
    menu->addAction(tr("Copy path"), this,
                    [path] { QApplication::clipboard()->setText(QDir::toNativeSeparators(path)); });
}

void LibraryView::updatePages()
{
    for (const List* list : {&m_models, &m_data, &m_attacks, &m_runs, &m_reports}) {
        const bool searching = !list->filter->query().isEmpty() && list->model->rowCount() > 0;
        list->empty->setText(searching ? tr("Nothing here answers “%1”.").arg(list->filter->query())
                                       : list->empty->property("emptyText").toString());
        list->pages->setCurrentIndex(list->filter->rowCount() > 0 ? 0 : 1);
    }
}

} // namespace assay::widgets
