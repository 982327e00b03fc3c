#pragma once

#include "backend/models/model.h"
#include "backend/training/detector_loss.h"
#include "backend/training/detector_targets.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace assay::training {

/// How a grid detector is trained: Adam (Kingma and Ba 2015, betas 0.9 and 0.999) with a rate that falls from
/// learningRate to 0 along a cosine. With images and boxes it determines the result to the last digit on one
/// machine and library version.
struct DetectorSpec
{
    int epochs = 14;
    int batch = 32;
    double learningRate = 2e-3;
    double weightDecay = 0; ///< added to the gradient of tensors of two or more dimensions
    bool flip = true;       ///< mirror left-right with probability 1/2, per image
    DetectorLossSpec loss;
    std::uint64_t initSeed = 1;  ///< initial weights; unused when continuing with given weights
    std::uint64_t orderSeed = 1; ///< batch order, flips, and what the batch hook draws
    std::int64_t trainCount = 0; ///< use only the first this many images; 0: all
    bool initialise = true;      ///< false: start from the weights the network already has
    bool operator==(const DetectorSpec&) const = default;
};

Json toJson(const DetectorSpec& spec);
/// Absent keys keep their defaults. @throws Error naming the key that is unknown, of a wrong type or range.
DetectorSpec detectorSpecFromJson(const Json& json, const std::string& where);
/// @throws Error naming the first number that is out of range.
void checkSpec(const DetectorSpec& spec, const std::string& where);

/// What a detector learns from.
struct DetectorImages
{
    torch::Tensor images; ///< uint8 0..255 or float32 in [0,1], [N,C,H,W]
    BoxLists boxes;       ///< [N], categories are indices into the card's classes
};

/// What one epoch gave.
struct DetectorEpoch
{
    int epoch = 0; ///< 1 .. epochs
    int epochs = 0;
    double loss = 0; ///< mean training loss over the epoch (as augmented, before each update)
    double objectLoss = 0;
    double boxLoss = 0;
    double learningRate = 0; ///< at the epoch's end
    double seconds = 0;
};

/// Called on every batch after its flips. @param images float32 [n,C,H,W] in [0,1] on the CPU, a copy of the
/// batch that may be changed in place or replaced by one of the same shape. @param boxes likewise, [n].
/// @param generator of the training: drawing from it keeps the training reproducible and resumable.
using BatchHook = std::function<void(torch::Tensor& images, BoxLists& boxes, at::Generator& generator)>;

/// Every member may be empty. All are called in the thread that trains.
struct DetectorHooks
{
    std::function<void()> checkpoint; ///< before every batch; may throw Cancelled
    std::function<void(std::int64_t done, std::int64_t total)> progress; ///< after every batch, in images
    std::function<void(const DetectorEpoch&)> epoch;
    /// After epoch e, with the network in eval mode. Must not change it.
    std::function<void(int epoch, const models::Network& network)> afterEpoch;
    BatchHook batch;
    /// When set: written after every epoch, read at the start if it exists, and removed by success. Resuming
    /// gives the same digits as not stopping, if the batch hook draws from its generator only and is the same
    /// (the file cannot tell).
    std::filesystem::path resumeFile;
};

/// Trains @p network, of the architecture "grid-detector", in place; it ends in eval mode. It runs on the
/// device the network is on. Uses one intra-op thread on the CPU and never touches LibTorch's global
/// generator, so several trainings may run in threads of their own.
/// @returns one report per epoch (of a resumed run: the remaining ones).
/// @throws Error for a spec out of range, images and boxes that do not fit, a loss that is no longer finite,
/// or a resume file of another training; whatever hooks.checkpoint throws.
std::vector<DetectorEpoch> trainDetector(models::Network& network, const DetectorImages& images,
                                         const DetectorSpec& spec, const DetectorHooks& hooks = {});

} // namespace assay::training
