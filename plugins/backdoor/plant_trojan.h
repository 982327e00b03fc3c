#pragma once

#include "backend/engine/run_context.h"
#include "backend/poisoning/poison.h"

#include <torch/types.h>

#include <cstdint>

namespace assay::backdoor {

/// What the pixels of an optimised trigger are to excite.
enum class PlantAim {
    Unit,  ///< the penultimate unit that is connected to the target most strongly
    Target ///< the target's logit
};

/// A trigger with pixels of its own, and what they reach on the model they were made on.
struct PlantTrojan
{
    poisoning::TriggerSpec trigger; ///< pattern "own", pixels uint8 at the size they have on the image
    std::int64_t unit = -1;         ///< which penultimate unit; -1 for PlantAim::Target
    double before = 0;              ///< mean activation over the images with the trigger as it was given
    double after = 0;               ///< with the optimised pixels, rounded to 8 bits
};

/// Optimises the pixels of a patch or blended picture, at its place and opacity, so that the mean activation
/// over @p x rises: after Liu et al. 2018 (TrojanNN), section 4.1. Differs: they invert one unit without
/// images to look at and pick it by the weights that lead to it; here the trigger lies on real images, as it
/// will, and the unit is the one with the largest weight towards the target (the gradient of its logit by the
/// features) among those that the trigger changes at all. Steps of the sign of the gradient, 0.1 falling to
/// 0, from uniform noise.
/// @param model a clean one. @param x float32 [n,C,H,W] in [0,1] on its device.
/// @param noise float32 [C,H,W] uniform in [0,1] on the CPU: where it starts.
/// @throws Error for strips and warps, which have no pixels, and for PlantAim::Unit where no unit sees the
/// trigger.
PlantTrojan optimisedTrigger(engine::RunContext& context, const models::Model& model, const torch::Tensor& x,
                             const poisoning::PoisonSpec& poison, PlantAim aim, int steps,
                             const torch::Tensor& noise);

} // namespace assay::backdoor
