#include "widgets/figures/table_model.h"

#include "backend/protocol/csv.h"
#include "widgets/figures/plot_style.h"

#include <cmath>

namespace assay::widgets {

void TableModel::setTable(std::shared_ptr<const protocol::Table> table)
{
    beginResetModel();
    m_table = std::move(table);
    endResetModel();
}

QVector<qint64> TableModel::samplesOf(int row) const
{
    if (!m_table || row < 0)
        return {};
    const auto ids = m_table->samples.of(static_cast<std::size_t>(row));
    return {ids.begin(), ids.end()};
}

int TableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_table ? 0 : static_cast<int>(m_table->rows());
}

int TableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_table ? 0 : static_cast<int>(m_table->columns.size());
}

QVariant TableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_table)
        return {};
    const protocol::Column& column = m_table->columns[static_cast<std::size_t>(index.column())];
    const auto row = static_cast<std::size_t>(index.row());
    if (role == Qt::TextAlignmentRole)
        return QVariant(int((column.isText() ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
    if (row >= column.size())
        return {};
    const bool isText = column.isText();
    switch (role) {
    case Qt::DisplayRole:
        if (isText)
            return QString::fromStdString(column.texts[row]);
        if (column.digits >= 0 && std::isfinite(column.numbers[row]))
            return QString::number(column.numbers[row], 'f', column.digits).replace('-', QChar(0x2212));
        return numberText(column.numbers[row]);
    case SortRole:
        return isText ? QVariant(QString::fromStdString(column.texts[row])) : QVariant(column.numbers[row]);
    case ExactRole:
        return QString::fromStdString(isText ? column.texts[row] : protocol::csvNumber(column.numbers[row]));
    case Qt::ToolTipRole:
        return isText ? QVariant() : data(index, ExactRole);
    default:
        return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || !m_table || section < 0 || section >= columnCount())
        return QAbstractTableModel::headerData(section, orientation, role);
    const protocol::Column& column = m_table->columns[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole)
        return axisText(column.label.empty() ? column.name : column.label, column.unit);
    if (role == Qt::TextAlignmentRole)
        return QVariant(int((column.isText() ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
    return {};
}

} // namespace assay::widgets
