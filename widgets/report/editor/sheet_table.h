#pragma once

#include "backend/protocol/table.h"
#include "widgets/theme/theme.h"

#include <QTableView>

#include <memory>

namespace assay::widgets {

class TableModel;

/// The first rows of a table as they stand on paper: no frame, no sorting, as high as its rows. Long texts
/// are wrapped; a table of more columns than the page has room for is scrolled sideways.
class SheetTable : public QTableView
{
    Q_OBJECT
public:
    explicit SheetTable(QWidget* parent = nullptr);

    /// @param most rows that are shown.
    void setTable(std::shared_ptr<const protocol::Table> table, int most);
    void setTheme(const Theme& theme);
    int wantedHeight(int width) const;
    /// How many rows are not shown.
    int hiddenRows() const { return m_hidden; }

protected:
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    /// Widths of the columns on a page of that width.
    QVector<int> columnsFor(int width) const;
    int rowHeight(int row, const QVector<int>& columns) const;
    void fit();

    TableModel* m_model;
    class FirstRows* m_rows;
    std::shared_ptr<const protocol::Table> m_table;
    int m_most = -1;
    int m_hidden = 0;
    QVector<int> m_natural; ///< widths of the columns as their contents want them
    struct Measured
    {
        int width = -1;
        int height = 0;
    };
    mutable Measured m_measured;
};

} // namespace assay::widgets
