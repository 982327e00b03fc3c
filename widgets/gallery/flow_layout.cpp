#include "widgets/gallery/flow_layout.h"

#include <QWidget>

#include <algorithm>

namespace assay::widgets {

FlowLayout::FlowLayout(int spacing)
    : m_spacing(spacing)
{
    setContentsMargins(0, 0, 0, 0);
}

FlowLayout::~FlowLayout()
{
    qDeleteAll(m_items);
}

QLayoutItem* FlowLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

void FlowLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

QSize FlowLayout::minimumSize() const
{
    QSize size;
    for (const QLayoutItem* item : m_items)
        size = size.expandedTo(item->minimumSize());
    return size;
}

int FlowLayout::arrange(const QRect& rect, bool apply) const
{
    int y = rect.top();
    QList<QLayoutItem*> line;
    int used = 0;
    const auto finish = [&] {
        int height = 0, x = rect.left();
        for (const QLayoutItem* item : line)
            height = std::max(height, item->sizeHint().height());
        for (QLayoutItem* item : line) {
            const QSize size = item->sizeHint();
            if (apply)
                item->setGeometry(QRect(QPoint(x, y + (height - size.height()) / 2), size));
            x += size.width() + m_spacing;
        }
        if (!line.isEmpty())
            y += height + m_spacing;
        line.clear();
        used = 0;
    };
    for (QLayoutItem* item : m_items) {
        if (item->isEmpty())
            continue; // hidden
        const int width = item->sizeHint().width();
        if (!line.isEmpty() && used + width > rect.width())
            finish();
        line << item;
        used += width + m_spacing;
    }
    finish();
    return std::max(0, y - rect.top() - m_spacing);
}

} // namespace assay::widgets
