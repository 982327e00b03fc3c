#pragma once

#include "backend/protocol/table.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <memory>

class QTableView;

namespace assay::widgets {

class Selection;

/// Shows one Table: sorted by its headers, filtered by text, copied as tab-separated text or CSV. Rows that
/// have samples are linked: choosing rows selects their samples, samples chosen elsewhere choose the rows all
/// or some of whose samples they are.
class TableView : public QWidget
{
    Q_OBJECT
public:
    explicit TableView(Selection* selection, QWidget* parent = nullptr);
    ~TableView() override;

    /// Keeps the sorting and the filter when the columns are the same.
    void setTable(std::shared_ptr<const protocol::Table> table);
    const protocol::Table* table() const;
    void setTheme(const Theme& theme);
    /// Off where the surroundings already show the title.
    void setTitleShown(bool shown);
    QTableView* view() const;
    /// The chosen rows (all shown rows when none is chosen) in the order on screen, with a header line.
    QString asTabs() const;
    /// The whole table at full precision.
    QByteArray asCsv() const;

Q_SIGNALS:
    /// The user asked to write the table to a file.
    void exportRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void onRowsChosen();
    void showSelection();

    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
