#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/scene.h"
#include "backend/protocol/table.h"
#include "plugins/encryption/recon_params.h"
#include "plugins/encryption/recon_results.h"

#include <optional>
#include <string>

namespace assay::encryption {

/// What of the results is shown.
struct ReconView
{
    std::size_t scheme = 0;
    std::optional<std::size_t> attribute; ///< none: the mean over all
    std::int64_t victim = -1;
};
ReconView reconView(const ReconResults& results, const ReconParams& params);

/// attributes.csv: scheme, attack, attribute, n, accuracy, chance, low, high, advantage
protocol::Table reconAttributesTable(const ReconResults& results);
/// similarity.csv: scheme, attack, n, mse, mse_low, mse_high, ssim, ssim_low, ssim_high, psnr, embedding,
/// rank, top1, top5, top5_low, top5_high, chance5
protocol::Table reconSimilarityTable(const ReconResults& results);
/// leakage.csv: scheme, block, key_bits, embedding, n, auc, low, high, own, other, top1, top5, top5_low,
/// top5_high
protocol::Table reconLeakageTable(const ReconResults& results);
/// conditions.csv: condition, scheme, measured, wanted, holds
protocol::Table reconConditionsTable(const ReconResults& results);

protocol::Figure reconMatrixFigure(const ReconResults& results, const ReconView& view);
protocol::Figure reconAttributesFigure(const ReconResults& results, const ReconView& view);
protocol::Figure reconErrorFigure(const ReconResults& results);
protocol::Figure reconRetrievalFigure(const ReconResults& results);
protocol::Figure reconLeakFigure(const ReconResults& results);
/// Plain images and ciphertexts of the shown scheme as the attacker's embedding sees them, pairs joined.
protocol::Figure reconPlaneFigure(const ReconResults& results, const ReconView& view);
protocol::Figure reconKeySpaceFigure(const ReconResults& results);
protocol::ImageGrid reconGallery(const ReconResults& results, const ReconView& view);
/// What the diffusion draws of one victim. @param row of the shown victims. @param samples float32 [k,3,S,S].
protocol::ImageGrid reconSamplesGrid(const ReconResults& results, const ReconView& view, std::int64_t row,
                                     const torch::Tensor& samples, double guidance);
/// How the encoders learned and how far guidance came; only where networks attacked.
std::vector<protocol::Figure> reconTrainingFigures(const ReconResults& results);
/// The row of the shown victim, 0 where it is none of those kept.
std::int64_t reconShownRow(const ReconResults& results, const ReconView& view);
protocol::Scene reconScene(const ReconResults& results, const ReconView& view);

/// All of the above.
void emitReconResults(engine::RunContext& context, const ReconResults& results, const ReconParams& params);
/// Those that a moved live field changes.
void emitReconView(engine::RunContext& context, const ReconResults& results, const ReconView& view);

} // namespace assay::encryption
