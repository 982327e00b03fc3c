#pragma once

#include "backend/engine/run_context.h"
#include "backend/poisoning/poison.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// Images that the designer shows triggers on.
inline constexpr std::int64_t kDesignerImages = 200;
/// Of them in its gallery.
inline constexpr std::int64_t kDesignerShown = 40;

/// A model that the designer asks.
struct PlantAsked
{
    std::string name;
    std::string role; ///< its colour in figures
    std::shared_ptr<const models::Model> model;
};

/// All that the designer needs besides the trigger.
struct PlantBench
{
    std::vector<PlantAsked> models; ///< may be empty
    std::vector<std::string> classes;
    torch::Tensor ids;            ///< int64 [n], of the test split
    torch::Tensor y;              ///< int64 [n] on the CPU
    torch::Tensor x;              ///< float32 [n,C,H,W] in [0,1] on the run's device
    poisoning::PoisonSpec poison; ///< as the run has it
};

/// Emits what a trigger does: scene `designer` (the sample with the trigger, bars of the models, a patch that
/// can be taken hold of), gallery `designed`, figure and table `shown-trigger`. Fast enough to follow a
/// hand.
/// @param sample its id; the first one where it is none of them.
void emitDesigner(engine::RunContext& context, const PlantBench& bench, const poisoning::TriggerSpec& trigger,
                  std::int64_t sample);

/// A patch as others read patches: "patch" float32 [C,h,w] and "mask" [1,h,w], its opacity; also "place", int64
/// {top row, left column}. Empty for other kinds of triggers.
engine::TensorMap patchOfTrigger(const poisoning::Trigger& trigger, std::int64_t channels,
                                 std::int64_t height, std::int64_t width);

} // namespace assay::backdoor
