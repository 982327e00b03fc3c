#include "backend/calibration/density/density_bank.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::calibration {

DensityBank::DensityBank(const LayerFeatures& training)
    : m_layers(training.layers)
{
    if (m_layers.empty() || m_layers.size() != training.vectors.size())
        throw Error("a bank needs the vectors of at least one layer");
    for (const torch::Tensor& vectors : training.vectors)
        m_searches.emplace_back(vectors);
}

void DensityBank::requireLayers(const LayerFeatures& features) const
{
    if (features.layers != m_layers)
        throw Error("the features are of other layers than the bank's", "layers",
                    "Take them from the same layers in the same order.");
}

torch::Tensor DensityBank::scores(const LayerFeatures& features, const DensityOptions& options,
                                  const torch::Tensor& own) const
{
    requireLayers(features);
    std::vector<torch::Tensor> columns;
    for (std::size_t layer = 0; layer < m_layers.size(); ++layer) {
        const Neighbours found = m_searches[layer].search(features.vectors[layer], options.k, own);
        const torch::Tensor distance = found.distances.select(1, options.k - 1).cpu().to(torch::kFloat64);
        columns.push_back(options.squared ? distance : distance.sqrt());
    }
    return torch::stack(columns, 1);
}

Neighbours DensityBank::neighbours(const LayerFeatures& features, std::size_t layer, std::int64_t k,
                                   const torch::Tensor& own) const
{
    requireLayers(features);
    return m_searches.at(layer).search(features.vectors[layer], k, own);
}

} // namespace assay::calibration
