#include "widgets/browsing/parameter_table.h"

namespace assay::widgets {

ParameterTable::ParameterTable(QObject* parent)
    : QAbstractTableModel(parent)
{}

void ParameterTable::setParameters(const QList<ModelReading::Parameter>& parameters)
{
    beginResetModel();
    m_parameters = parameters;
    endResetModel();
}

int ParameterTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_parameters.size());
}

int ParameterTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant ParameterTable::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const ModelReading::Parameter& parameter = m_parameters[index.row()];
    const double numbers[] = {parameter.mean, parameter.deviation, parameter.low, parameter.high};
    const bool isNumber = index.column() >= Mean;
    if (role == Qt::TextAlignmentRole && isNumber)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == SortRole && isNumber)
        return numbers[index.column() - Mean];
    if (role == Qt::ToolTipRole && index.column() == Name)
        return parameter.name;
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    if (isNumber)
        return QString::number(numbers[index.column() - Mean], 'g', 4);
    return index.column() == Name ? parameter.name : parameter.shape;
}

QVariant ParameterTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section >= Mean ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("Name"),      tr("Shape"),    tr("Mean"),
                             tr("Deviation"), tr("Smallest"), tr("Largest")};
    return section >= 0 && section < Columns ? names[section] : QString();
}

} // namespace assay::widgets
