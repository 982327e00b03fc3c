#pragma once

#include "backend/engine/run_context.h"
#include "backend/training/detector_trainer.h"
#include "plugins/patches/pod_attacks.h"
#include "plugins/patches/pod_augmentation.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::patches::pod {

/// What covers the training images, and what the detector is taught of it.
enum class Training {
    Naive,             ///< nothing
    Patch,             ///< random patches, of which it is told nothing
    Pod,               ///< random patches, which it is to find as a class of their own
    Adversarial,       ///< patches learned against the network as it is after some epochs
    AdversarialDetect, ///< these, found as a class of their own
};

/// @throws Error for a name that is none of trainingNames().
Training trainingFromName(const std::string& name);
bool findsPatches(Training training);

/// How all trainings of a run go; only what Training says differs between them.
struct TrainingPlan
{
    int epochs = 14;
    int batch = 32;
    double learningRate = 2e-3;
    RandomPatches patches;
    double patchWeight = 1.0 / 3;             ///< of the patch class in the loss
    std::vector<int> learnAfter = {4, 8, 11}; ///< epochs after which adversarial training learns a patch
    AdvPatchSpec learned = {.steps = 60, .restarts = 1};
    std::int64_t learnedImages = 200; ///< of the training images, that a patch is learned on
};

/// A detector and how it came about.
struct TrainedDetector
{
    std::shared_ptr<const models::Detector> detector;
    Training training = Training::Naive;
    int repeat = 1;
    std::vector<training::DetectorEpoch> epochs;
    double seconds = 0;    ///< wall time of the training
    double cpuSeconds = 0; ///< processor time of all its threads: what a loaded machine does not stretch
};

/// The hook that covers batches; empty for Naive. @param learned patches learned so far, [S,S] each, read at
/// every batch by adversarial trainings; it must outlive the hook.
training::BatchHook coveringHook(Training training, const RandomPatches& patches,
                                 const std::vector<torch::Tensor>& learned);

/// Calls of a training; each may be empty.
struct TrainingCalls
{
    std::function<void()> checkpoint; ///< may throw
    std::function<void(double share)> progress;
};

/// Trains one detector on @p device. Deterministic for a seed on one machine and library version.
/// @param name of the model's card. @param objectName what the first class is called.
/// @throws Error as training::trainDetector() does.
TrainedDetector trainOne(const Scenes& scenes, Training training, const TrainingPlan& plan,
                         std::uint64_t seed, const std::string& name, const std::string& objectName,
                         torch::Device device, const TrainingCalls& calls = {});

/// The same from the cache of the run, where it was trained before. @param key what @p scenes are, to the
/// last digit.
TrainedDetector trainedOne(engine::RunContext& context, const Json& key, const Scenes& scenes,
                           Training training, const TrainingPlan& plan, std::uint64_t seed,
                           const std::string& name, const std::string& objectName,
                           const TrainingCalls& calls = {});

} // namespace assay::patches::pod
