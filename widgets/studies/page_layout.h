#pragma once

#include <QLayout>
#include <QList>

namespace assay::widgets {

/// The page of results: rows of one or two widgets of equal width, as high as the higher of them asks for at
/// that width. Unlike a grid layout it asks for no more height than the widgets need at the width there is.
class PageLayout : public QLayout
{
public:
    explicit PageLayout(QWidget* parent);
    ~PageLayout() override;

    /// Replaces the rows. Widgets that are in none of them are not touched.
    void setRows(const QList<QList<QWidget*>>& rows);
    void setSpacing(int horizontal, int vertical);

    void addItem(QLayoutItem* item) override { m_items.append(item); }
    int count() const override { return int(m_items.size()); }
    QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return arrange(QRect(0, 0, width, 0), false); }
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    int arrange(const QRect& rect, bool apply) const;

    QList<QLayoutItem*> m_items;
    QList<QList<QWidget*>> m_rows;
    int m_horizontal = 0;
    int m_vertical = 0;
};

} // namespace assay::widgets
