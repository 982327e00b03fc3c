#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/transfer/patch_results.h"

#include <vector>

namespace assay::transfer {

// Figures and tables of `transfer.patchwise-mask`; pure functions of the results.

/// Best, mean and worst fitness over the generations, averaged over the images done.
protocol::Figure fitnessFigure(const PatchResults& results);
/// Success of every method against every model.
protocol::Figure patchSuccessFigure(const PatchResults& results);
/// Mean success against simulated and held-out models over the number of learned masks per step.
protocol::Figure maskCountFigure(const PatchResults& results);

/// `fitness`: generation, images, best, mean, worst.
protocol::Table fitnessTable(const PatchResults& results);
/// `success`: method, masks_per_step, model, role, n, success, low, high.
protocol::Table patchSuccessTable(const PatchResults& results);
/// `gains`: over, role, gain, low, high.
protocol::Table gainsTable(const PatchResults& results, const metrics::BootstrapSpec& spec);

/// fitness.initial, fitness.final, fitness.improved, and success.METHOD.ROLE.
std::vector<protocol::Metric> patchMetrics(const PatchResults& results);

/// How the masks of some images evolve: per generation the image under its best mask, then how often each
/// patch is dropped by the present population.
struct MaskFilm
{
    torch::Tensor ids;               ///< int64 [n]
    torch::Tensor clean;             ///< float32 [n,C,H,W]
    std::vector<torch::Tensor> best; ///< per generation, uint8 [n, genes]
    torch::Tensor dropped;           ///< float64 [n, genes], of the last generation
    torch::Tensor adversarial;       ///< float32 [n,C,H,W] once it is made
};
/// Grid `masks`. @param film of at least one generation.
protocol::ImageGrid maskGrid(const PatchResults& results, const MaskFilm& film);

} // namespace assay::transfer
