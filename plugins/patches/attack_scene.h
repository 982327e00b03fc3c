#pragma once

#include "backend/protocol/scene.h"
#include "plugins/patches/attack_params.h"
#include "plugins/patches/attack_subject.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::patches {

/// What the scene of `patches.attack` shows.
struct SceneSubject
{
    const std::vector<Subject>& subjects;
    const std::vector<std::string>& classes;
    PatchImages image;           ///< one
    const attacks::Patch* patch; ///< null: none
    /// Under which the run keeps the patch: what it is called on the scene, so that it can be kept for good.
    std::string artifact = {};
    attacks::PatchPlace place;
    std::optional<std::int64_t> target;
    std::vector<std::int64_t> samples; ///< that can be chosen
    torch::Tensor successByPlace;      ///< float32 [rows,columns] fractions, or undefined
};

/// Scene "bench": the image, with the patch laid on by the models' own arithmetic beside it, what each model
/// says of that (bars, or boxes of the first detector), and the patch to be moved by the live parameters.
protocol::Scene attackScene(const SceneSubject& what);

/// The place that the live parameters say.
attacks::PatchPlace shownPlace(const AttackParams& params);

/// Which of @p ids is shown: params.sample, or the first.
std::int64_t shownSample(const AttackParams& params, const std::vector<std::int64_t>& ids);

} // namespace assay::patches
