#pragma once

#include "backend/poisoning/trigger.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::poisoning {

enum class LabelMode {
    AllToOne,  ///< images of other classes get the trigger and the label `target`
    AllToAll,  ///< images of all classes get the trigger and the label y + 1 modulo the classes
    CleanLabel ///< images of the class `target` get the trigger and keep their label (Turner et al. 2018)
};

/// "all-to-one", "all-to-all", "clean-label".
const std::vector<std::string>& labelModeNames();
const char* labelModeName(LabelMode mode);
/// @throws Error naming the known ones.
LabelMode labelModeFromName(const std::string& name);

/// How a training set is poisoned.
struct PoisonSpec
{
    TriggerSpec trigger;
    LabelMode labels = LabelMode::AllToOne;
    std::int64_t target = 0;
    double rate = 0.1; ///< poisoned images, a fraction of the whole training set; rounded up
    /// Warp: images with another warp each and their true labels, a fraction of the training set (rho_n of
    /// the paper is twice its rho_a).
    double coverRate = 0;
    std::uint64_t seed = 0; ///< which images
    bool operator==(const PoisonSpec&) const = default;
};

Json toJson(const PoisonSpec& spec);
/// Absent keys keep their defaults. @throws Error naming the key that is unknown, of a wrong type or range.
PoisonSpec poisonFromJson(const Json& json, const std::string& where);

/// The label that an image of class @p y with the trigger is to get. @param y int64 [n].
torch::Tensor wantedLabels(const PoisonSpec& spec, const torch::Tensor& y, std::int64_t classes);
/// bool [n]: images that count for ASR: those whose wanted label is not their own.
torch::Tensor countForAsr(const PoisonSpec& spec, const torch::Tensor& y, std::int64_t classes);

/// A poisoned training set.
struct PoisonedSet
{
    torch::Tensor images;   ///< uint8 [N,C,H,W], a copy
    torch::Tensor labels;   ///< int64 [N]
    torch::Tensor poisoned; ///< bool [N]: has the trigger
    torch::Tensor covers;   ///< bool [N]: has another warp and its own label
};

/// Which images are poisoned, bool [N]: drawn from those that can be (see LabelMode) with the spec's seed.
/// @throws Error when there are fewer of them than asked for.
torch::Tensor choosePoisoned(const PoisonSpec& spec, const torch::Tensor& labels);

/// Poisons @p images, uint8 [N,C,H,W], with @p labels, int64 [N], on the CPU. Image i's draws depend on its
/// number only. @throws Error when a class, rate or trigger does not fit the set.
PoisonedSet poison(const PoisonSpec& spec, const torch::Tensor& images, const torch::Tensor& labels,
                   std::int64_t classes);

/// What a model's card says of the backdoor planted in it: key "poison" of its recipe.
/// @throws Error when that is there and malformed.
std::optional<PoisonSpec> plantedIn(const Json& recipe, const std::string& where);

} // namespace assay::poisoning
