#include "widgets/report/editor/sheet_table.h"

#include "widgets/figures/table_model.h"

#include <QEvent>
#include <QHeaderView>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QWheelEvent>

#include <algorithm>
#include <numeric>

namespace assay::widgets {

namespace {

constexpr int kLeastTextInEm = 9; ///< of a column of long texts
constexpr int kPaddingInEm = 2;   ///< about what the style leaves free in a cell

} // namespace

class FirstRows : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setMost(int most)
    {
        m_most = most;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex&) const override { return row < m_most; }

private:
    int m_most = 0;
};

SheetTable::SheetTable(QWidget* parent)
    : QTableView(parent)
    , m_model(new TableModel(this))
    , m_rows(new FirstRows(this))
{
    m_rows->setSourceModel(m_model);
    setModel(m_rows);
    setObjectName(QStringLiteral("sheetTable"));
    setProperty("kind", QStringLiteral("paper"));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setWordWrap(true);
    setTextElideMode(Qt::ElideNone);
    setSelectionMode(NoSelection);
    setFocusPolicy(Qt::NoFocus);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsClickable(false);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
}

void SheetTable::setTable(std::shared_ptr<const protocol::Table> table, int most)
{
    if (m_table == table && m_most == most)
        return;
    if (m_table != table)
        m_model->setTable(table);
    m_table = std::move(table);
    m_most = most;
    m_rows->setMost(most);
    m_hidden = m_model->rowCount() - m_rows->rowCount();
    resizeColumnsToContents();
    m_natural.clear();
    for (int column = 0; column < m_rows->columnCount(); ++column)
        m_natural << columnWidth(column);
    m_measured = {};
    fit();
    updateGeometry();
}

QVector<int> SheetTable::columnsFor(int width) const
{
    QVector<int> columns = m_natural;
    const int em = fontMetrics().height(), least = kLeastTextInEm * em;
    const int natural = std::accumulate(columns.begin(), columns.end(), 0);
    const auto give = [&](int room, const auto& takes) {
        // In proportion to what they want, no less than can be read.
        int wanted = 0;
        for (int c = 0; c < columns.size(); ++c)
            wanted += takes(c) ? m_natural[c] : 0;
        for (int c = 0; c < columns.size() && wanted > 0; ++c) {
            if (takes(c))
                columns[c] = std::max(least, int(qint64(room) * m_natural[c] / wanted));
        }
    };
    const auto isLong = [&](int c) { return m_table->columns[size_t(c)].isText() && m_natural[c] > least; };
    if (natural > width) {
        int others = 0;
        for (int c = 0; c < columns.size(); ++c)
            others += isLong(c) ? 0 : m_natural[c];
        give(width - others, isLong);
        return columns;
    }
    // Room that is left goes to all columns: numbers stay under their headings and the lines reach across.
    const int spare = width - natural, count = int(columns.size());
    for (int c = 0; c < count; ++c)
        columns[c] += spare * (c + 1) / count - spare * c / count;
    return columns;
}

int SheetTable::rowHeight(int row, const QVector<int>& columns) const
{
    const int em = fontMetrics().height();
    int height = em;
    for (int c = 0; c < columns.size(); ++c) {
        if (columns[c] >= m_natural[c])
            continue;
        const QRect room(0, 0, columns[c] - kPaddingInEm * em, QWIDGETSIZE_MAX);
        const QString text = m_rows->index(row, c).data().toString();
        height = std::max(height, fontMetrics().boundingRect(room, Qt::TextWordWrap, text).height());
    }
    return height + em / 2;
}

void SheetTable::fit()
{
    const QVector<int> columns = m_table ? columnsFor(viewport()->width()) : QVector<int>();
    for (int c = 0; c < columns.size(); ++c)
        setColumnWidth(c, columns[c]);
    for (int row = 0; row < m_rows->rowCount(); ++row)
        verticalHeader()->resizeSection(row, rowHeight(row, columns)); // nothing when it has that height
}

void SheetTable::setTheme(const Theme&)
{
    viewport()->update();
}

int SheetTable::wantedHeight(int width) const
{
    if (!m_table || m_measured.width == width)
        return m_measured.height;
    const QVector<int> columns = columnsFor(width);
    int height = horizontalHeader()->sizeHint().height() + 2;
    for (int row = 0; row < m_rows->rowCount(); ++row)
        height += rowHeight(row, columns);
    if (std::accumulate(columns.begin(), columns.end(), 0) > width)
        height += horizontalScrollBar()->sizeHint().height();
    m_measured = {width, height};
    return height;
}

void SheetTable::wheelEvent(QWheelEvent* event)
{
    if (std::abs(event->angleDelta().x()) > std::abs(event->angleDelta().y()))
        QTableView::wheelEvent(event);
    else
        event->ignore(); // the page's
}

void SheetTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    fit();
}

bool SheetTable::viewportEvent(QEvent* event)
{
    // A press chooses the block around the table, and a double click edits it: here nothing is chosen.
    if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick ||
        event->type() == QEvent::MouseButtonRelease) {
        event->ignore();
        return false;
    }
    return QTableView::viewportEvent(event);
}

} // namespace assay::widgets
