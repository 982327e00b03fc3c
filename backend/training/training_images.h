#pragma once

#include "backend/data/dataset.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace assay::training {

/// What a training reads: labelled images, in batches of an order that is drawn anew for every epoch.
class TrainingImages
{
public:
    struct Batch
    {
        torch::Tensor images; ///< [n,C,H,W], uint8 0..255 or float32 in [0,1]
        torch::Tensor labels; ///< int64 [n]
    };

    virtual ~TrainingImages() = default;
    virtual std::int64_t size() const = 0;
    /// Begins an epoch. @param order int64 [n] on the CPU, each 0 .. size()-1. @param batch at least 1.
    virtual void begin(const torch::Tensor& order, std::int64_t batch) = 0;
    /// The next @p batch images of the order; at its end the rest, and empty tensors afterwards.
    /// @throws Error naming a broken file.
    virtual Batch next() = 0;
    /// SHA-256, hex, of what the first @p count images and labels are.
    virtual std::string hash(std::int64_t count) const = 0;
};

/// Images that are in memory. @param images uint8 [N,C,H,W] 0..255 or float32 in [0,1], on any device.
/// @param labels int64 [N]. @throws Error for other shapes or types, or N = 0.
std::unique_ptr<TrainingImages> trainingImages(const torch::Tensor& images, const torch::Tensor& labels);

/// As many bytes of pixels are read at once and kept for a whole training.
inline constexpr std::int64_t kKeptBytes = std::int64_t(1) << 30;

/// The images @p ids (int64 [N], CPU) of a data set: kept in memory where the set is resident or they take at
/// most @p keptBytes; otherwise read from their files in every epoch, decoded while the batches before them
/// are trained on, so that a set larger than the memory can be learned. The weights are the same either way.
/// @throws Error naming a broken file, or when N = 0.
std::unique_ptr<TrainingImages> trainingImages(std::shared_ptr<const data::Dataset> set, data::Split split,
                                               const torch::Tensor& ids, std::int64_t keptBytes = kKeptBytes);

} // namespace assay::training
