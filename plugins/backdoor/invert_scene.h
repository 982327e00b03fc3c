#pragma once

#include "backend/protocol/scene.h"
#include "plugins/backdoor/invert_params.h"
#include "plugins/backdoor/invert_results.h"

#include <cstdint>
#include <vector>

namespace assay::backdoor {

/// What the scene of `backdoor.invert` shows.
struct InvertSceneSubject
{
    const models::Model& model;
    const InvertResults& results;
    torch::Tensor x;         ///< float32 [1,C,H,W] on the model's device
    std::int64_t label = 0;  ///< its true class
    std::int64_t sample = 0; ///< its id
    std::vector<std::int64_t> samples;
    std::size_t shown = 0;                       ///< class whose trigger is shown
    const poisoning::Trigger* planted = nullptr; ///< null: unknown
};

/// Scene "bench": the image, with the recovered trigger and with the planted one; the recovered mask over it;
/// what the model says of each.
protocol::Scene invertScene(const InvertSceneSubject& what);

/// The class that the live parameter says, by name; that of the smallest mask where it says none.
/// @throws Error for an unknown class.
std::size_t invertShownClass(const InvertParams& params, const InvertResults& results);

/// "recovered-3": under which the run keeps the trigger of a class as a patch.
std::string invertArtifact(std::int64_t target);

} // namespace assay::backdoor
