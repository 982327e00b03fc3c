#include "widgets/importing/details_pane.h"

#include "widgets/studies/text_kit.h"

#include <QAbstractTableModel>
#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QHeaderView>
#include <QShortcut>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kRowsInSight = 8;
/// Columns are fitted to so many rows: fitting a hundred thousand would take a moment for each.
constexpr int kRowsMeasured = 100;

class DetailModel : public QAbstractTableModel
{
public:
    DetailModel(DetailTable table, QObject* parent)
        : QAbstractTableModel(parent)
        , m_table(std::move(table))
    {}

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_table.rows.size());
    }
    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_table.columns.size());
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
            return {};
        return m_table.rows[index.row()].value(index.column());
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (role != Qt::DisplayRole || orientation != Qt::Horizontal)
            return {};
        return m_table.columns.value(section);
    }

private:
    DetailTable m_table;
};

/// Ctrl+C copies the selected rows, columns apart by tabs.
void copyRows(const QTableView& view)
{
    QModelIndexList rows = view.selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const QModelIndex& row : rows) {
        QStringList cells;
        for (int column = 0; column < view.model()->columnCount(); ++column)
            cells << row.siblingAtColumn(column).data().toString();
        lines << cells.join(u'\t');
    }
    QApplication::clipboard()->setText(lines.join(u'\n'));
}

} // namespace

DetailsPane::DetailsPane(QWidget* parent)
    : QWidget(parent)
    , m_toggle(new QToolButton(this))
    , m_content(new QWidget(this))
    , m_layout(new QVBoxLayout(m_content))
{
    setObjectName(QStringLiteral("detailsPane"));
    m_toggle->setObjectName(QStringLiteral("detailsToggle"));
    m_toggle->setText(tr("Details"));
    m_toggle->setAccessibleName(tr("Details of the file"));
    m_toggle->setCheckable(true);
    m_toggle->setAutoRaise(true);
    m_toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_toggle->setStyleSheet(QStringLiteral("QToolButton:checked { background: transparent; }"));
    const int em = fontMetrics().height();
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(em / 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_toggle, 0, Qt::AlignLeft);
    layout->addWidget(m_content);
    m_content->hide();
    hide();
    connect(m_toggle, &QToolButton::toggled, this, [this](bool open) {
        m_content->setVisible(open);
        refreshIcon();
    });
}

void DetailsPane::setDetails(const Json& json)
{
    if (json == m_details)
        return;
    m_details = json;
    const Details details = readDetails(json);
    build(details);
    setVisible(!details.isEmpty());
}

void DetailsPane::setOpen(bool open)
{
    m_toggle->setChecked(open);
}

void DetailsPane::setTheme(const Theme& theme)
{
    m_theme = theme;
    refreshIcon();
}

void DetailsPane::build(const Details& details)
{
    while (QLayoutItem* item = m_layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const int em = fontMetrics().height();
    if (!details.facts.isEmpty()) {
        auto* facts = new QWidget(m_content);
        auto* grid = new QGridLayout(facts);
        grid->setContentsMargins(0, 0, 0, 0);
        grid->setHorizontalSpacing(em);
        grid->setVerticalSpacing(em / 4);
        grid->setColumnStretch(1, 1);
        int row = 0;
        for (const DetailFact& fact : details.facts) {
            grid->addWidget(makeText("muted", fact.name, facts), row, 0, Qt::AlignTop);
            grid->addWidget(makeParagraph("", fact.value, facts), row++, 1);
        }
        m_layout->addWidget(facts);
    }
    for (const DetailTable& table : details.tables) {
        auto* heading = makeText("heading", tr("%1 (%2)").arg(table.title).arg(table.rows.size()), m_content);
        m_layout->addWidget(heading);
        m_layout->addWidget(makeTable(table));
    }
}

QWidget* DetailsPane::makeTable(const DetailTable& table)
{
    auto* view = new QTableView(m_content);
    view->setObjectName(QStringLiteral("detailTable"));
    view->setAccessibleName(table.title);
    view->setModel(new DetailModel(table, view));
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setTabKeyNavigation(false);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setResizeContentsPrecision(kRowsMeasured);
    view->resizeColumnsToContents();
    view->horizontalHeader()->setStretchLastSection(true);
    const int rows = std::min(kRowsInSight, int(table.rows.size()));
    const int row = view->verticalHeader()->defaultSectionSize();
    view->setFixedHeight(view->horizontalHeader()->sizeHint().height() + rows * row + 2 * view->frameWidth() +
                         view->fontMetrics().height() / 2);
    auto* copy = new QShortcut(QKeySequence::Copy, view);
    copy->setContext(Qt::WidgetShortcut);
    connect(copy, &QShortcut::activated, view, [view] { copyRows(*view); });
    return view;
}

void DetailsPane::refreshIcon()
{
    const QString name =
        m_toggle->isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right");
    m_toggle->setIcon(m_theme.icon(name, m_theme.mutedText));
}

} // namespace assay::widgets
