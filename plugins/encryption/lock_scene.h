#pragma once

#include "backend/protocol/scene.h"
#include "plugins/encryption/lock_keys.h"
#include "plugins/encryption/lock_params.h"
#include "plugins/encryption/lock_scores.h"

#include <string>
#include <vector>

namespace assay::encryption::lock {

/// What the run keeps for the scene. The key is not among it.
struct Bench
{
    Scenes scenes;
    std::vector<std::string> classes;
    MapShapes shapes;

    engine::TensorMap tensors() const;
    /// @throws Error when it is not what tensors() gives.
    static Bench from(const engine::TensorMap& tensors);
};

inline constexpr std::int64_t kBenchScenes = 16;

/// The owner's key of a run: from its file, or made of the seed and its name. @throws Error without either.
SecretKey ownersKey(const LockParams& params, std::uint64_t seed);
/// @param number from 1 on.
SecretKey wrongKey(std::uint64_t seed, int number);
/// The lock called @p name, "c2+c3". @throws Error for maps that there are not.
LockSpec lockNamed(const std::string& name, const LockParams& params, const MapShapes& shapes);
/// The name of the lock that is shown: that asked for, else the one looked at closely, else the first.
std::string shownLock(const LockParams& params);
/// Under which a lock's model is saved: "lock-c2-c3".
std::string modelName(const std::string& lock);

/// The keys that the live fields name; none for no key.
MapKeys shownKeys(const LockParams& params, const MapShapes& shapes, std::uint64_t seed);

/// The scene "bench": an image with its true boxes and those found. @param detector with the keys in it.
protocol::Scene benchScene(const Bench& bench, const models::Detector& detector, const LockParams& params);

} // namespace assay::encryption::lock
