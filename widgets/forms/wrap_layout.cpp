#include "widgets/forms/wrap_layout.h"

#include <algorithm>

namespace assay::widgets {

WrapLayout::WrapLayout(int horizontalSpacing, int verticalSpacing, QWidget* parent)
    : QLayout(parent)
    , m_horizontal(horizontalSpacing)
    , m_vertical(verticalSpacing)
{
    setContentsMargins(0, 0, 0, 0);
}

WrapLayout::~WrapLayout()
{
    qDeleteAll(m_items);
}

QLayoutItem* WrapLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

QSize WrapLayout::sizeHint() const
{
    QSize size(0, 0);
    for (const QLayoutItem* item : m_items) {
        const QSize hint = item->sizeHint();
        size = QSize(size.width() + hint.width() + (size.width() > 0 ? m_horizontal : 0),
                     std::max(size.height(), hint.height()));
    }
    return size.grownBy(contentsMargins());
}

QSize WrapLayout::minimumSize() const
{
    QSize size(0, 0);
    for (const QLayoutItem* item : m_items)
        size = size.expandedTo(item->minimumSize());
    return size.grownBy(contentsMargins());
}

void WrapLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

int WrapLayout::arrange(const QRect& rect, bool apply) const
{
    const QRect area = rect.marginsRemoved(contentsMargins());
    int y = area.top();
    for (int first = 0; first < count();) {
        int last = first, used = m_items[first]->sizeHint().width(),
            height = m_items[first]->sizeHint().height();
        while (last + 1 < count() &&
               used + m_horizontal + m_items[last + 1]->sizeHint().width() <= area.width()) {
            ++last;
            used += m_horizontal + m_items[last]->sizeHint().width();
            height = std::max(height, m_items[last]->sizeHint().height());
        }
        int growing = 0;
        for (int i = first; i <= last; ++i)
            growing += m_items[i]->expandingDirections() & Qt::Horizontal ? 1 : 0;
        // A lone control does not need the whole window: growth stops at half an item's own width.
        const int extra = std::max(0, area.width() - used);
        int x = area.left();
        for (int i = first; i <= last; ++i) {
            const int own = m_items[i]->sizeHint().width();
            const bool grows = growing > 0 && m_items[i]->expandingDirections() & Qt::Horizontal;
            const int width = std::min(own + (grows ? std::min(extra / growing, own / 2) : 0), area.width());
            if (apply)
                m_items[i]->setGeometry(QRect(x, y, width, height));
            x += width + m_horizontal;
        }
        y += height + m_vertical;
        first = last + 1;
    }
    const QMargins margins = contentsMargins();
    return y - (count() > 0 ? m_vertical : 0) - area.top() + margins.top() + margins.bottom();
}

} // namespace assay::widgets
