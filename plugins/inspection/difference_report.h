#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/inspection/activation_changes.h"
#include "plugins/inspection/layer_pairs.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::inspection {

/// What `models.difference` found.
struct DifferenceResults
{
    std::string before, after; ///< names of the models
    std::vector<std::string> classes;
    std::vector<LayerPair> layers;
    std::vector<LayerChange> changes; ///< as many
    std::vector<TapChange> taps;
    reporting::TestImages images;
    torch::Tensor predictedBefore, predictedAfter;         ///< int64 [n]
    torch::Tensor probabilitiesBefore, probabilitiesAfter; ///< float32 [n,K]

    /// int64 [m]: rows of the images whose prediction changed.
    torch::Tensor changedRows() const;
};

/// Names of layers as the figures' axes have them, in order.
std::vector<std::string> layerNames(const std::vector<LayerPair>& layers);

// Weights.
protocol::Figure layersFigure(const DifferenceResults& results);
/// Layer x unit; of layers of more than kMostColumns units each cell is the most changed of some.
protocol::Figure unitsFigure(const DifferenceResults& results);
inline constexpr std::int64_t kMostColumns = 1024;
protocol::Table layersTable(const DifferenceResults& results);
/// Changed units only, the most changed first; kMostListed of them at most.
protocol::Table unitsTable(const DifferenceResults& results);
inline constexpr std::size_t kMostListed = 20000;

// Activations.
protocol::Figure activationsFigure(const DifferenceResults& results);
protocol::Figure activationUnitsFigure(const DifferenceResults& results);
protocol::Table activationsTable(const DifferenceResults& results);

// Predictions.
protocol::Figure predictionsFigure(const DifferenceResults& results);
/// Images whose prediction changed, with where either model looks where that can be said.
protocol::ImageGrid changedGrid(const DifferenceResults& results, const models::Model& before,
                                const models::Model& after);

// One layer, one unit: what previews show anew. @p unit one of the layer's.
protocol::Figure layerUnitsFigure(const LayerPair& layer, const LayerChange& change);
protocol::Figure unitWeightsFigure(const LayerPair& layer, std::int64_t unit, const std::string& before,
                                   const std::string& after);
/// The weights of every unit as a picture: before, after and difference. @p input what the models take: rows
/// of a linear layer that are as long as an image are shown as one.
protocol::ImageGrid filtersGrid(const LayerPair& layer, const LayerChange& change,
                                const models::InputSpec& input);

} // namespace assay::inspection
