#pragma once

#include "backend/protocol/table.h"

#include <QAbstractTableModel>

#include <memory>

namespace assay::widgets {

/// One protocol Table as a Qt model. Read-only; replaced as a whole.
class TableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Role {
        SortRole = Qt::UserRole, ///< the number itself, or the text
        ExactRole,               ///< full precision as in the CSV
    };
    using QAbstractTableModel::QAbstractTableModel;

    void setTable(std::shared_ptr<const protocol::Table> table);
    const protocol::Table* table() const { return m_table.get(); }
    /// Ids of the samples behind a row; empty when the table is not linked.
    QVector<qint64> samplesOf(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const protocol::Table> m_table;
};

} // namespace assay::widgets
