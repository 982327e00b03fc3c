#include "widgets/figures/table_view.h"

#include "backend/protocol/csv.h"
#include "widgets/figures/table_model.h"
#include "widgets/selection/selection.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kRowsWithoutFilter = 8; // a short table is read faster than it is searched

} // namespace

struct TableView::Private
{
    QPointer<Selection> selection;
    TableModel* model = nullptr;
    QSortFilterProxyModel* proxy = nullptr;
    QTableView* view = nullptr;
    QLineEdit* filter = nullptr;
    QLabel* title = nullptr;
    QAction* filterIcon = nullptr;
    Theme theme = Theme::light();
    bool titleShown = true;
    bool following = false; ///< rows are being chosen by the selection, not by the user
};

TableView::TableView(Selection* selection, QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>())
{
    d->selection = selection;
    d->model = new TableModel(this);
    d->proxy = new QSortFilterProxyModel(this);
    d->proxy->setSourceModel(d->model);
    d->proxy->setSortRole(TableModel::SortRole);
    d->proxy->setFilterKeyColumn(-1);
    d->proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    d->title = new QLabel(this);
    d->title->setProperty("kind", "subtitle");
    d->title->setWordWrap(true);
    d->filter = new QLineEdit(this);
    d->filter->setObjectName(QStringLiteral("filter"));
    d->filter->setPlaceholderText(tr("Filter rows"));
    d->filter->setClearButtonEnabled(true);
    d->filter->setAccessibleName(tr("Filter rows"));
    d->filterIcon =
        d->filter->addAction(d->theme.icon("search", d->theme.mutedText), QLineEdit::LeadingPosition);
    d->view = new QTableView(this);
    d->view->setObjectName(QStringLiteral("rows"));
    d->view->setModel(d->proxy);
    d->view->setSelectionBehavior(QAbstractItemView::SelectRows);
    d->view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    d->view->setShowGrid(false);
    d->view->setWordWrap(false);
    d->view->setSortingEnabled(true);
    d->view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    d->view->verticalHeader()->hide();
    d->view->horizontalHeader()->setHighlightSections(false);
    d->view->horizontalHeader()->setSortIndicatorClearable(true);
    d->view->sortByColumn(-1, Qt::AscendingOrder);
    d->view->setContextMenuPolicy(Qt::CustomContextMenu);
    d->view->installEventFilter(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->title);
    layout->addWidget(d->filter);
    layout->addWidget(d->view, 1);

    connect(d->filter, &QLineEdit::textChanged, d->proxy, &QSortFilterProxyModel::setFilterFixedString);
    connect(d->view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { onRowsChosen(); });
    if (selection)
        connect(selection, &Selection::changed, this, [this](const QObject* by) {
            if (by != this)
                showSelection();
        });
    connect(d->view, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(d->theme.icon("copy"), tr("Copy rows"), this,
                        [this] { QGuiApplication::clipboard()->setText(asTabs()); });
        menu->addAction(d->theme.icon("table"), tr("Copy the whole table (CSV)"), this,
                        [this] { QGuiApplication::clipboard()->setText(QString::fromUtf8(asCsv())); });
        menu->addAction(d->theme.icon("export"), tr("Export…"), this, &TableView::exportRequested);
        menu->popup(d->view->viewport()->mapToGlobal(at));
    });
}

TableView::~TableView() = default;

void TableView::setTable(std::shared_ptr<const protocol::Table> table)
{
    d->following = true;
    d->model->setTable(std::move(table));
    d->following = false;
    const protocol::Table* shown = d->model->table();
    const QString title = shown ? QString::fromStdString(shown->title) : QString();
    setAccessibleName(title);
    d->view->setAccessibleName(title);
    d->title->setText(title);
    d->title->setVisible(d->titleShown && !title.isEmpty());
    d->filter->setVisible(d->model->rowCount() > kRowsWithoutFilter || !d->filter->text().isEmpty());
    d->view->resizeColumnsToContents();
    const int air = fontMetrics().averageCharWidth() * 2;
    for (int column = 0; column < d->model->columnCount(); ++column)
        d->view->setColumnWidth(column, d->view->columnWidth(column) + air);
    const int shownRows = std::clamp(d->model->rowCount(), 2, 12);
    d->view->setMinimumHeight(d->view->horizontalHeader()->sizeHint().height() +
                              shownRows * d->view->verticalHeader()->defaultSectionSize() +
                              fontMetrics().height());
    showSelection();
}

const protocol::Table* TableView::table() const
{
    return d->model->table();
}

void TableView::setTheme(const Theme& theme)
{
    d->theme = theme;
    d->filterIcon->setIcon(theme.icon("search", theme.mutedText));
}

void TableView::setTitleShown(bool shown)
{
    d->titleShown = shown;
    d->title->setVisible(shown && !d->title->text().isEmpty());
}

QTableView* TableView::view() const
{
    return d->view;
}

void TableView::onRowsChosen()
{
    if (d->following || !d->selection || !d->model->table() || d->model->table()->samples.empty())
        return;
    QVector<qint64> ids;
    const QModelIndexList rows = d->view->selectionModel()->selectedRows();
    for (const QModelIndex& row : rows)
        ids += d->model->samplesOf(d->proxy->mapToSource(row).row());
    d->selection->set(ids, this,
                      rows.size() == 1 ? tr("one row of \"%1\"").arg(d->title->text())
                                       : tr("%1 rows of \"%2\"").arg(rows.size()).arg(d->title->text()));
}

void TableView::showSelection()
{
    if (!d->selection || !d->model->table() || d->model->table()->samples.empty())
        return;
    QItemSelection rows;
    for (int row = 0; row < d->model->rowCount() && !d->selection->isEmpty(); ++row) {
        const QVector<qint64> ids = d->model->samplesOf(row);
        if (std::none_of(ids.cbegin(), ids.cend(), [&](qint64 id) { return d->selection->contains(id); }))
            continue;
        const QModelIndex at = d->proxy->mapFromSource(d->model->index(row, 0));
        if (at.isValid())
            rows.select(at, at.siblingAtColumn(d->model->columnCount() - 1));
    }
    d->following = true;
    d->view->selectionModel()->select(rows, QItemSelectionModel::ClearAndSelect);
    d->following = false;
}

QString TableView::asTabs() const
{
    QStringList lines;
    QStringList header;
    for (int column = 0; column < d->proxy->columnCount(); ++column)
        header << d->proxy->headerData(column, Qt::Horizontal).toString();
    lines << header.join('\t');
    const bool all = d->view->selectionModel()->selectedRows().isEmpty();
    for (int row = 0; row < d->proxy->rowCount(); ++row) {
        if (!all && !d->view->selectionModel()->isRowSelected(row))
            continue;
        QStringList fields;
        for (int column = 0; column < d->proxy->columnCount(); ++column)
            fields << d->proxy->index(row, column).data(TableModel::ExactRole).toString();
        lines << fields.join('\t');
    }
    return lines.join('\n') + '\n';
}

QByteArray TableView::asCsv() const
{
    return d->model->table() ? QByteArray::fromStdString(protocol::toCsv(*d->model->table())) : QByteArray();
}

bool TableView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == d->view && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        QGuiApplication::clipboard()->setText(asTabs());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace assay::widgets
