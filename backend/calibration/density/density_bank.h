#pragma once

#include "backend/calibration/density/layer_features.h"
#include "backend/calibration/density/neighbour_search.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::calibration {

/// How a layer's score is read off the neighbours; goes with every result.
struct DensityOptions
{
    /// Which neighbour's distance is the score: the k-th nearest, as the paper says (50 for CIFAR-10, 200 for
    /// CIFAR-100, 10 for ImageNet with 1 % of its training set). The authors' code reads the nearest one
    /// whatever k is, since it indexes column -k of k: k = 1 is what it computes.
    std::int64_t k = 50;
    bool squared = true; ///< the squared distance, as the authors' index gives; else its root
};

/// The training set as a classifier's layers see it: low density near a sample is a large distance to its
/// neighbours there. The bank of Density-Aware Calibration (Tomani, Waseda, Shen and Cremers, ICML 2023),
/// whose features come from training images without augmentation. Immutable, safe from any thread.
class DensityBank
{
public:
    /// @throws Error as NeighbourSearch does.
    explicit DensityBank(const LayerFeatures& training);

    const std::vector<std::string>& layers() const { return m_layers; }
    std::int64_t size() const { return m_searches.front().size(); }

    /// Scores of each sample at each layer, float64 [N,L] on the CPU: small where the training set is dense.
    /// @param features of the same layers in the same order.
    /// @param own int64 [N]: rows of samples that are in the bank themselves, -1 for others; see
    /// NeighbourSearch.
    /// @throws Error when the layers differ or the bank has fewer than k vectors to give.
    torch::Tensor scores(const LayerFeatures& features, const DensityOptions& options,
                         const torch::Tensor& own = {}) const;

    /// The training samples nearest to each sample at layer number @p layer.
    Neighbours neighbours(const LayerFeatures& features, std::size_t layer, std::int64_t k,
                          const torch::Tensor& own = {}) const;

private:
    void requireLayers(const LayerFeatures& features) const;

    std::vector<std::string> m_layers;
    std::vector<NeighbourSearch> m_searches;
};

} // namespace assay::calibration
