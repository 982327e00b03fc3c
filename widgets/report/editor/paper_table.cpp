#include "widgets/figures/table_model.h"
#include "widgets/report/forms/pdf_pieces.h"

#include <QCoreApplication>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr qsizetype kMostCell = 600; ///< characters: what a page can hold of one cell

} // namespace

PaperTable paperTable(const protocol::Table& table, int most)
{
    // The values belong to whoever holds the table, and the model is gone before this function returns.
    TableModel model;
    model.setTable(std::shared_ptr<const protocol::Table>(std::shared_ptr<void>(), &table));
    PaperTable paper;
    const int columns = model.columnCount(), rows = model.rowCount();
    for (int c = 0; c < columns; ++c) {
        paper.head << model.headerData(c, Qt::Horizontal, Qt::DisplayRole).toString().simplified();
        paper.numeric << !table.columns[std::size_t(c)].isText();
    }
    const int shown = std::min(rows, std::max(1, most));
    for (int r = 0; r < shown; ++r) {
        QStringList cells;
        for (int c = 0; c < columns; ++c) {
            QString text = model.data(model.index(r, c), Qt::DisplayRole).toString().simplified();
            if (text.size() > kMostCell)
                text = text.left(kMostCell) + QStringLiteral("…");
            cells << text;
        }
        paper.rows << cells;
    }
    if (rows > shown)
        paper.note = QCoreApplication::translate("PaperTable", "%1 of %2 rows; %3 are left out.")
                         .arg(shown)
                         .arg(rows)
                         .arg(rows - shown);
    return paper;
}

} // namespace assay::widgets
