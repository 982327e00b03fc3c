#include "widgets/studies/table_card.h"

#include "widgets/figures/table_view.h"
#include "widgets/studies/selection_link.h"

#include <QToolButton>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kMaxRowsShown = 12;

} // namespace

TableCard::TableCard(const QString& name, Selection& selection, QWidget* parent)
    : ResultCard(Kind::Table, name, parent)
    , m_link(new SelectionLink(selection, this))
    , m_view(new TableView(m_link->own(), this))
{
    m_view->setObjectName(QStringLiteral("table-") + name);
    m_view->setTitleShown(false);
    addReportButton();
    QToolButton* save =
        addButton(QStringLiteral("export"), QStringLiteral("exportButton"), tr("Save this table as CSV"));
    connect(save, &QToolButton::clicked, this, &ResultCard::exportRequested);
    connect(m_view, &TableView::exportRequested, this, &ResultCard::exportRequested);
    setContent(m_view);
}

void TableCard::setTable(std::shared_ptr<const protocol::Table> table)
{
    m_table = std::move(table);
    setTexts(QString::fromStdString(m_table->title), QString::fromStdString(m_table->caption),
             QString::fromStdString(m_table->section));
    m_view->setAccessibleName(QString::fromStdString(m_table->title));
    invalidate();
}

void TableCard::setTheme(const Theme& theme)
{
    ResultCard::setTheme(theme);
    m_view->setTheme(theme);
}

void TableCard::refresh()
{
    m_view->setTable(m_table);
}

int TableCard::contentHeight(int) const
{
    // Of what it will show, before it is filled: cards further down must not jump.
    const int rows = std::min(m_table ? int(m_table->rows()) : 0, kMaxRowsShown) + 3;
    return int(rows * 1.9 * fontMetrics().height());
}

} // namespace assay::widgets
