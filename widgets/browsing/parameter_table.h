#pragma once

#include "widgets/browsing/model_reading.h"

#include <QAbstractTableModel>

namespace assay::widgets {

/// The named parameters of a network. Columns: name, shape, mean, deviation, smallest, largest; numbers sort
/// as numbers through SortRole.
class ParameterTable : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Name, Shape, Mean, Deviation, Low, High, Columns };
    static constexpr int SortRole = Qt::UserRole;

    explicit ParameterTable(QObject* parent);
    void setParameters(const QList<ModelReading::Parameter>& parameters);
    const ModelReading::Parameter& parameter(int row) const { return m_parameters[row]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<ModelReading::Parameter> m_parameters;
};

} // namespace assay::widgets
