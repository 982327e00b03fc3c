#pragma once

#include "backend/protocol/image_grid.h"
#include "plugins/transfer/class_aware_view.h"

namespace assay::transfer {

/// Most images the gallery shows, balanced over the outcomes.
inline constexpr std::size_t kGalleryImages = 400;

/// Grid `examples` of the viewed pair: for each chosen AE the clean image, the perturbation (ten times
/// enlarged around mid-grey) and the adversarial image, with label, both predictions and the outcome.
/// @param adversarial float16 or float32 [P,C,H,W] of the viewed source and radius, on the CPU.
protocol::ImageGrid exampleGrid(const ClassAwareResults& results, const View& view,
                                const torch::Tensor& adversarial);

/// Positions in the pool of the AEs to show: at most @p most, as evenly divided over the three outcomes as
/// their numbers allow, in ascending order.
std::vector<std::int64_t> balancedChoice(const torch::Tensor& outcomes, std::size_t most);

} // namespace assay::transfer
