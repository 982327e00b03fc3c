#include "widgets/studies/metric_layout.h"

#include <QWidget>

#include <algorithm>

namespace assay::widgets {

MetricLayout::MetricLayout(int minItemWidth, int spacing, QWidget* parent)
    : QLayout(parent)
    , m_minItemWidth(minItemWidth)
    , m_spacing(spacing)
{
    setContentsMargins(0, 0, 0, 0);
}

MetricLayout::~MetricLayout()
{
    qDeleteAll(m_items);
}

void MetricLayout::setMaxRows(int rows)
{
    if (m_maxRows == rows)
        return;
    m_maxRows = rows;
    invalidate();
}

QLayoutItem* MetricLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

int MetricLayout::columnsFor(int width) const
{
    return std::clamp((width + m_spacing) / (m_minItemWidth + m_spacing), 1, std::max(1, count()));
}

int MetricLayout::rowHeight(int row, int columns) const
{
    int height = 0;
    for (int i = row * columns; i < std::min(count(), (row + 1) * columns); ++i)
        height = std::max(height, m_items[i]->sizeHint().height());
    return height;
}

int MetricLayout::shownRows(int columns) const
{
    const int rows = (count() + columns - 1) / columns;
    return m_maxRows > 0 ? std::min(rows, m_maxRows) : rows;
}

int MetricLayout::heightForWidth(int width) const
{
    const int columns = columnsFor(width);
    int height = 0;
    for (int row = 0; row < shownRows(columns); ++row)
        height += rowHeight(row, columns) + (row > 0 ? m_spacing : 0);
    return height;
}

QSize MetricLayout::minimumSize() const
{
    return {m_minItemWidth, m_items.isEmpty() ? 0 : m_items.first()->sizeHint().height()};
}

void MetricLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    const int columns = columnsFor(rect.width());
    const int width = (rect.width() - (columns - 1) * m_spacing) / columns;
    const int shown = std::min(count(), shownRows(columns) * columns);
    int y = rect.top();
    for (int i = 0; i < count(); ++i) {
        // Items out of reach keep no geometry rather than being hidden: hiding would start a new layout.
        if (i >= shown) {
            m_items[i]->setGeometry(QRect(rect.left(), rect.bottom() + 1, 0, 0));
            continue;
        }
        const int row = i / columns, column = i % columns;
        const int height = rowHeight(row, columns);
        m_items[i]->setGeometry(QRect(rect.left() + column * (width + m_spacing), y, width, height));
        if (column == columns - 1)
            y += height + m_spacing;
    }
    m_hidden = count() - shown;
}

} // namespace assay::widgets
