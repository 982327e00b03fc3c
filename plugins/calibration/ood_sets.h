#pragma once

#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::confidence {

/// Images of nothing that a classifier knows.
struct OodSet
{
    std::string name; ///< "shuffled patches", or the data set's
    torch::Tensor x;  ///< float32 [N,C,H,W] in [0,1], of the form that the classifier takes
    std::string key;  ///< what a cached value depends on
};

/// Images cut into 4 x 4 patches that change places, the same for all: what they are made of stays, the sense
/// goes. @param x float32 [N,C,H,W], sides of at least 4.
OodSet shuffledPatches(const torch::Tensor& x, at::Generator generator);

/// At most @p count test images of another data set, drawn with the run's seed and brought to the form of
/// @p like: scaled (bilinear, averaged where they shrink), grey as the luma of ITU-R BT.601, colours from
/// grey by repetition.
OodSet otherImages(engine::RunContext& context, const protocol::DatasetRef& ref, std::int64_t count,
                   const data::DatasetInfo& like);

/// How well a score tells images that a classifier knows from others.
struct OodScore
{
    std::string model;
    std::string set;
    std::string score; ///< "temperature", "confidence", "confidence after DAC", "energy"
    double auroc = 0;  ///< the chance that a known image looks the more familiar one; ties count half
    double fpr95 = 0;  ///< of the others, the share that looks as familiar as the 95 % most familiar known
};

/// @param known float64 [n] and @param other float64 [m]: larger is more familiar; finite.
OodScore oodScore(std::string model, std::string set, std::string score, const torch::Tensor& known,
                  const torch::Tensor& other);

} // namespace assay::confidence
