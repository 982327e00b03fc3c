#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/transfer/patch_results.h"

#include <vector>

namespace assay::transfer {

// Figures, tables and galleries of `transfer.patchwise-mask`; pure functions of the results.

/// Figure `fitness`: best, mean and worst fitness over the generations, averaged over the images done.
protocol::Figure fitnessFigure(const PatchResults& results);
/// Figure `dropped-patches`: how often each patch is dropped by the learned masks, over all images.
/// @param masks uint8 [P, population, genes]
protocol::Figure droppedPatchesFigure(const PatchResults& results, const torch::Tensor& masks);
/// Figure `success`: success of every method done at a radius against every model.
protocol::Figure patchSuccessFigure(const PatchResults& results, const std::vector<PatchMethod>& methods,
                                    std::size_t eps);
/// Figure `success-by-eps`: mean success of every method on held-out targets over the radius.
protocol::Figure patchEpsFigure(const PatchResults& results, const metrics::BootstrapSpec& spec);
/// Figure `success-by-rate`: mean success on held-out targets over the share of dropped patches, ρ.
protocol::Figure patchRateFigure(const PatchResults& results, const metrics::BootstrapSpec& spec);
/// Figure `masks-per-step`: mean success against simulated and held-out models over the number of learned
/// masks per step.
protocol::Figure maskCountFigure(const PatchResults& results);

/// `fitness`: generation, images, best, mean, worst.
protocol::Table fitnessTable(const PatchResults& results);
/// `success`: method, masks_per_step, model, role, n, success, low, high.
protocol::Table patchSuccessTable(const PatchResults& results);
/// `success-by-eps`: eps, method, model, role, n, success, low, high.
protocol::Table patchEpsTable(const PatchResults& results);
/// `success-by-rate`: drop_rate, dropped, method, role, n, success, low, high.
protocol::Table patchRateTable(const PatchResults& results, const metrics::BootstrapSpec& spec);
/// `gains`: over, role, gain, low, high.
protocol::Table gainsTable(const PatchResults& results, const metrics::BootstrapSpec& spec);

/// success.METHOD.ROLE, fitness.initial, fitness.final and fitness.improved.
std::vector<protocol::Metric> patchMetrics(const PatchResults& results, const metrics::BootstrapSpec& spec);

/// Grid `masks`: each image under the best mask of the shown generation, how often each patch is dropped
/// then, and, once they are made, the adversarial images of the shown radius without and with masks.
/// @param film of at least one generation.
protocol::ImageGrid maskGrid(const PatchResults& results, const MaskFilm& film, const PatchView& view);
/// Grid `evolution`: the shown image generation by generation.
protocol::ImageGrid evolutionGrid(const PatchResults& results, const MaskFilm& film, const PatchView& view);

} // namespace assay::transfer
