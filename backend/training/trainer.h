#pragma once

#include "backend/models/model.h"
#include "backend/training/training_images.h"

#include <torch/types.h>

#include <filesystem>
#include <functional>

namespace assay::training {

enum class Schedule {
    Linear, ///< falls from lr to 0 in equal steps, one a batch
    Cosine, ///< lr (1 + cos(pi t)) / 2
};

enum class Optimiser {
    Sgd, ///< with momentum
    Adam ///< Kingma and Ba 2015; what transformers want. Reads no momentum; its betas are 0.9 and 0.999
};

/// How a network is trained: by default stochastic gradient descent with momentum on cross-entropy. With the
/// images and labels it determines the result to the last digit on one machine and library version.
struct TrainSpec
{
    int epochs = 10;
    int batch = 100;
    double learningRate = 0.05;
    double momentum = 0.9;
    double weightDecay = 5e-4; ///< on tensors of two or more dimensions only
    double labelSmoothing = 0; ///< in [0,1)
    Schedule schedule = Schedule::Linear;
    bool flip = false;           ///< augmentation: mirror left-right with probability 1/2, per image
    int shift = 0;               ///< augmentation: move by up to this many pixels each way
    double fill = 0;             ///< augmentation: what flows in then, in [0,1]
    std::uint64_t initSeed = 1;  ///< initial weights; unused when continuing with given weights
    std::uint64_t orderSeed = 1; ///< batch order and augmentation
    std::int64_t trainCount = 0; ///< use only the first this many images; 0: all
    bool initialise = true;      ///< false: start from the weights the network already has
    Optimiser optimiser = Optimiser::Sgd;
    bool operator==(const TrainSpec&) const = default;
};

/// The optimiser stands there only when it is not the default: what was trained before there was a choice
/// keeps its key.
Json toJson(const TrainSpec& spec);
/// Absent keys keep their defaults. @throws Error naming the key that is unknown, of a wrong type or range.
TrainSpec trainSpecFromJson(const Json& json, const std::string& where);
/// @throws Error naming the first number that is out of range.
void checkSpec(const TrainSpec& spec, const std::string& where);

/// What one epoch gave.
struct EpochReport
{
    int epoch = 0; ///< 1 .. epochs
    int epochs = 0;
    double loss = 0;          ///< mean training loss over the epoch (with augmentation, before each update)
    double trainAccuracy = 0; ///< fraction, likewise; NaN for a detector of the zoo, which has none
    double learningRate = 0;  ///< at the epoch's end
    double seconds = 0;
};

/// What a training lowers: the mean over a batch, a scalar that is differentiable in @p logits.
/// @param x the batch as the network saw it, float32 [n,C,H,W] in [0,1], augmented, on the network's device.
/// @param logits float32 [n,K]. @param y int64 [n]: the labels.
using BatchLoss =
    std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& logits, const torch::Tensor& y)>;

/// Every member may be empty. All are called in the thread that trains.
struct TrainHooks
{
    /// In place of cross-entropy, which labelSmoothing then has no part in. The spec does not know of it: who
    /// caches what was trained or resumes it has to tell one loss from another.
    BatchLoss loss;
    std::function<void()> checkpoint; ///< before every batch; may throw Cancelled
    std::function<void(std::int64_t done, std::int64_t total)> progress; ///< after every batch, in images
    std::function<void(const EpochReport&)> epoch;
    /// After epoch e, with the network in eval mode: for snapshots and test curves. Must not change it.
    std::function<void(int epoch, const models::Network& network)> afterEpoch;
    /// When set: written after every epoch, read at the start if it exists, and removed by success. Holds
    /// weights, momentum, generator states and the spec; resuming gives the same digits as not stopping.
    std::filesystem::path resumeFile;
};

/// Trains @p network in place; it ends in eval mode. It runs on the device the network is on; images and
/// labels may be on the CPU, batches are moved.
/// Uses one intra-op thread on the CPU, so that several trainings in threads of their own do not fight and
/// the sums do not depend on the machine. Never touches LibTorch's global generator.
/// @returns one report per epoch (of a resumed run: the remaining ones).
/// @throws Error for a spec out of range, a broken image file, a loss that is no longer finite, or a resume
/// file of another training; whatever hooks.checkpoint throws.
std::vector<EpochReport> trainNetwork(models::Network& network, TrainingImages& images, const TrainSpec& spec,
                                      const TrainHooks& hooks = {});

/// The same with images and labels as trainingImages() takes them. @throws its Errors too.
std::vector<EpochReport> trainNetwork(models::Network& network, const torch::Tensor& images,
                                      const torch::Tensor& labels, const TrainSpec& spec,
                                      const TrainHooks& hooks = {});

} // namespace assay::training
