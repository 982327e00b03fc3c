#pragma once

#include "backend/data/attributed_images.h"
#include "backend/engine/run_context.h"
#include "plugins/encryption/recon_params.h"

#include <torch/types.h>

namespace assay::encryption {

using ReconAttribute = data::FewValued;

/// The attacker's images and the victims; ids are those of figures and galleries.
using ReconData = data::AttributedImages;

/// Draws both sets with the run's seed and prepares them as data::attributedImages() does; of the attributes
/// those named are kept, all of them without names.
/// @throws Error for a size that is no multiple of a block, for no attributes, and for names that there are
/// none of.
ReconData reconData(engine::RunContext& context, const ReconParams& params);

/// The same images as float32 in [0,1].
torch::Tensor reconFloat(const torch::Tensor& bytes);

} // namespace assay::encryption
