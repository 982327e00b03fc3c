#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/transfer/matrix_statistics.h"

#include <vector>

namespace assay::transfer {

// Figures and tables of `transfer.matrix`; pure functions of the results. Sets that are not done are left
// out.

/// Figure `matrix-ATTACK` at the viewed radius: a cell per source and target, success in percent.
protocol::Figure matrixFigure(const MatrixResults& results, const MatrixView& view, std::size_t attack);
/// Figure `outcomes` of the viewed source, attack and radius: same / different / other mistakes per target.
protocol::Figure matrixOutcomesFigure(const MatrixResults& results, const MatrixView& view);
/// Figure `ranking` at the viewed radius.
protocol::Figure rankingFigure(const MatrixResults& results, const MatrixView& view,
                               const std::vector<Ranked>& ranked, const metrics::BootstrapSpec& spec);

/// `matrix`: source, target, attack, norm, eps, n, success, same, different, low, high.
protocol::Table matrixTable(const MatrixResults& results, MatrixDenominator of);
/// `intervals`: source, target, attack, eps, white_box, n, success, low, high, bootstrap_low, bootstrap_high.
protocol::Table intervalsTable(const MatrixResults& results, MatrixDenominator of,
                               const metrics::BootstrapSpec& spec);
/// `ranking`: eps, place, attack, mean_success, low, high, behind, behind_low, behind_high, best_share,
/// seconds.
protocol::Table rankingTable(const MatrixResults& results, MatrixDenominator of,
                             const metrics::BootstrapSpec& spec);
/// `clean`: model, role, n, accuracy, low, high.
protocol::Table cleanTable(const MatrixResults& results);

/// white_box.SOURCE.ATTACK and black_box.ATTACK (mean over the pairs) at the largest radius.
std::vector<protocol::Metric> matrixMetrics(const MatrixResults& results, MatrixDenominator of,
                                            const metrics::BootstrapSpec& spec);

/// Grid `cell`: the images of the viewed cell with what both models say before and after.
/// @param adversarial float16 or float32 [G,C,H,W]: the first images of the viewed source, attack and radius.
protocol::ImageGrid cellGrid(const MatrixResults& results, const MatrixView& view,
                             const torch::Tensor& adversarial);

} // namespace assay::transfer
