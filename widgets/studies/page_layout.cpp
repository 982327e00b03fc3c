#include "widgets/studies/page_layout.h"

#include <QWidget>

#include <algorithm>

namespace assay::widgets {

namespace {

int heightOf(const QWidget* widget, int width)
{
    const int height = widget->heightForWidth(width);
    return height >= 0 ? height : widget->sizeHint().height();
}

} // namespace

PageLayout::PageLayout(QWidget* parent)
    : QLayout(parent)
{}

PageLayout::~PageLayout()
{
    qDeleteAll(m_items);
}

void PageLayout::setRows(const QList<QList<QWidget*>>& rows)
{
    m_rows = rows;
    qDeleteAll(std::exchange(m_items, {}));
    for (const auto& row : rows) {
        for (QWidget* widget : row)
            addWidget(widget);
    }
    invalidate();
}

void PageLayout::setSpacing(int horizontal, int vertical)
{
    m_horizontal = horizontal;
    m_vertical = vertical;
}

QLayoutItem* PageLayout::takeAt(int index)
{
    if (index < 0 || index >= m_items.size())
        return nullptr;
    QLayoutItem* item = m_items.takeAt(index);
    for (auto& row : m_rows)
        row.removeAll(item->widget());
    return item;
}

QSize PageLayout::minimumSize() const
{
    const QMargins margins = contentsMargins();
    return {margins.left() + margins.right(), margins.top() + margins.bottom()};
}

void PageLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

int PageLayout::arrange(const QRect& rect, bool apply) const
{
    const QMargins margins = contentsMargins();
    const QRect area = rect.marginsRemoved(margins);
    int y = area.top();
    for (const auto& row : m_rows) {
        QList<QWidget*> shown = row;
        shown.removeIf([](const QWidget* widget) { return widget->isHidden(); });
        if (shown.isEmpty())
            continue;
        const int columns = int(shown.size());
        const int width = (area.width() - (columns - 1) * m_horizontal) / columns;
        int height = 0;
        for (const QWidget* widget : shown)
            height = std::max(height, heightOf(widget, width));
        for (int column = 0; apply && column < columns; ++column)
            shown[column]->setGeometry(area.left() + column * (width + m_horizontal), y, width, height);
        y += height + m_vertical;
    }
    return y - (y > area.top() ? m_vertical : 0) - rect.top() + margins.bottom();
}

} // namespace assay::widgets
