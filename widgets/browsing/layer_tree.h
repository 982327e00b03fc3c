#pragma once

#include "widgets/browsing/model_reading.h"

#include <QAbstractItemModel>

#include <vector>

namespace assay::widgets {

/// The layers of a network as a tree: "features.0" lies in "features" where there is such a group, else at
/// the top. Columns: layer, kind, output, parameters, multiply-adds. Numbers sort as numbers through
/// SortRole.
class LayerTree : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column { Name, Kind, Output, Parameters, Macs, Columns };
    enum { SortRole = Qt::UserRole, PathRole };

    explicit LayerTree(QObject* parent);
    void setLayers(const QList<ModelReading::Layer>& layers);

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& = {}) const override { return Columns; }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Node
    {
        int parent = -1;
        int row = 0;
        std::vector<int> children;
    };

    const std::vector<int>& childrenOf(const QModelIndex& parent) const;
    QVariant number(const ModelReading::Layer& layer, int column) const;

    QList<ModelReading::Layer> m_layers;
    std::vector<Node> m_nodes; ///< one a layer
    std::vector<int> m_top;
};

} // namespace assay::widgets
