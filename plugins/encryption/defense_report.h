#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/encryption/defense_results.h"

#include <vector>

namespace assay::encryption {

/// Images kept for the gallery: the first of the draw. Tensors are on the CPU.
struct DefenseExamples
{
    torch::Tensor clean;       ///< float32 [K,C,H,W]
    torch::Tensor adversarial; ///< float16 [threats * eps, K, C, H, W]: all radii of a threat together
    torch::Tensor encrypted;   ///< likewise, under the first key; undefined where that key is a secret
};

// Figures.

/// Accuracy of the shown model over eps, a line per attacker.
protocol::Figure defenseByEps(const DefenseResults& results, const DefenseView& view);
/// Who knows what against who is attacked, at the shown eps.
protocol::Figure defenseMatrix(const DefenseResults& results, const DefenseView& view);
/// The same as bars, for the models that matter most.
protocol::Figure defenseBars(const DefenseResults& results, const DefenseView& view);
/// Examples made on one member, asked of another.
protocol::Figure defenseCross(const DefenseResults& results);
protocol::Figure defenseKeySensitivity(const DefenseResults& results);
protocol::Figure defenseSlices(const DefenseResults& results);

// Tables.

protocol::Table defenseAccuracy(const DefenseResults& results);
protocol::Table defenseCurve(const DefenseResults& results);
protocol::Table defenseRandom(const DefenseResults& results);
protocol::Table defenseCrossTable(const DefenseResults& results);
protocol::Table defenseKeys(const DefenseResults& results);
protocol::Table defenseChecks(const DefenseResults& results);
std::vector<protocol::Metric> defenseMetrics(const DefenseResults& results);

protocol::ImageGrid defenseGallery(const DefenseResults& results, const DefenseView& view,
                                   const DefenseExamples& examples);

} // namespace assay::encryption
