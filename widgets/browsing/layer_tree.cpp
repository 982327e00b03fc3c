#include "widgets/browsing/layer_tree.h"

#include <QHash>
#include <QLocale>

namespace assay::widgets {

LayerTree::LayerTree(QObject* parent)
    : QAbstractItemModel(parent)
{}

void LayerTree::setLayers(const QList<ModelReading::Layer>& layers)
{
    beginResetModel();
    m_layers = layers;
    m_nodes.assign(std::size_t(layers.size()), {});
    m_top.clear();
    QHash<QString, int> seen;
    for (int i = 0; i < int(layers.size()); ++i) {
        // The longest path before it that it lies in.
        int parent = -1;
        QString above = layers[i].path;
        for (qsizetype dot = above.lastIndexOf(QLatin1Char('.')); dot > 0 && parent < 0;
             dot = above.lastIndexOf(QLatin1Char('.'))) {
            above.truncate(dot);
            parent = seen.value(above, -1);
        }
        auto& siblings = parent < 0 ? m_top : m_nodes[std::size_t(parent)].children;
        m_nodes[std::size_t(i)].parent = parent;
        m_nodes[std::size_t(i)].row = int(siblings.size());
        siblings.push_back(i);
        seen.insert(layers[i].path, i);
    }
    endResetModel();
}

const std::vector<int>& LayerTree::childrenOf(const QModelIndex& parent) const
{
    return parent.isValid() ? m_nodes[std::size_t(parent.internalId())].children : m_top;
}

QModelIndex LayerTree::index(int row, int column, const QModelIndex& parent) const
{
    const std::vector<int>& children = childrenOf(parent);
    if (row < 0 || std::size_t(row) >= children.size() || column < 0 || column >= Columns)
        return {};
    return createIndex(row, column, quintptr(children[std::size_t(row)]));
}

QModelIndex LayerTree::parent(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    const int above = m_nodes[std::size_t(index.internalId())].parent;
    return above < 0 ? QModelIndex() : createIndex(m_nodes[std::size_t(above)].row, 0, quintptr(above));
}

int LayerTree::rowCount(const QModelIndex& parent) const
{
    return parent.column() > 0 ? 0 : int(childrenOf(parent).size());
}

QVariant LayerTree::number(const ModelReading::Layer& layer, int column) const
{
    if (column == Parameters)
        return double(layer.parameters);
    return layer.macs ? QVariant(*layer.macs) : QVariant();
}

QVariant LayerTree::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const ModelReading::Layer& layer = m_layers[qsizetype(index.internalId())];
    const bool isNumber = index.column() >= Parameters;
    if (role == PathRole || (role == Qt::ToolTipRole && index.column() == Name))
        return layer.path;
    if (role == Qt::TextAlignmentRole && isNumber)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == SortRole && isNumber)
        return number(layer, index.column());
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    switch (index.column()) {
    case Name: {
        // Below its group the group's name is not said again.
        const int above = m_nodes[std::size_t(index.internalId())].parent;
        return above < 0 ? layer.path : layer.path.mid(m_layers[above].path.size() + 1);
    }
    case Kind:
        return layer.kind;
    case Output:
        return layer.output;
    case Parameters:
        return layer.parameters > 0 ? QLocale().toString(layer.parameters) : QString();
    default:
        return layer.macs ? largeText(*layer.macs) : QString();
    }
}

QVariant LayerTree::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section >= Parameters ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("Layer"), tr("Kind"), tr("Output"), tr("Parameters"), tr("MACs per image")};
    return section >= 0 && section < Columns ? names[section] : QString();
}

} // namespace assay::widgets
