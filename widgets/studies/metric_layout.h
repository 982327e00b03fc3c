#pragma once

#include <QLayout>
#include <QList>

namespace assay::widgets {

/// Lays items out in rows, as many of equal width as fit; the rest goes to the next row. At most
/// `maxRows` rows are shown when that is not 0; what does not fit is hidden.
class MetricLayout : public QLayout
{
public:
    MetricLayout(int minItemWidth, int spacing, QWidget* parent);
    ~MetricLayout() override;

    void setMaxRows(int rows);
    /// Items that the last layout hid.
    int hiddenItems() const { return m_hidden; }

    void addItem(QLayoutItem* item) override { m_items.append(item); }
    int count() const override { return int(m_items.size()); }
    QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    int columnsFor(int width) const;
    int rowHeight(int row, int columns) const;
    int shownRows(int columns) const;

    QList<QLayoutItem*> m_items;
    int m_minItemWidth;
    int m_spacing;
    int m_maxRows = 0;
    int m_hidden = 0;
};

} // namespace assay::widgets
