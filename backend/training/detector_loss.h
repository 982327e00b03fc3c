#pragma once

#include "backend/training/detector_targets.h"

#include <vector>

namespace assay::training {

struct DetectorLossSpec
{
    std::vector<double> classWeights; ///< of each class's part of the loss; empty: 1 each
    double positiveWeight = 1;        ///< of a cell with an object, against one of the many without
    double boxWeight = 1;             ///< of the box terms against objectness
    bool operator==(const DetectorLossSpec&) const = default;
};

struct DetectorLoss
{
    torch::Tensor total;  ///< differentiable scalar
    torch::Tensor object; ///< its two parts, weights included
    torch::Tensor box;
};

/// Loss of the answer @p raw, [N,5K,h,w], averaged over images: binary cross-entropy of objectness summed
/// over cells and classes, plus smooth L1 (beta 1) of the four box numbers summed over the cells that hold an
/// object. @throws Error when classWeights has another length than K.
DetectorLoss detectorLoss(const torch::Tensor& raw, const GridTargets& targets, const DetectorLossSpec& spec);

} // namespace assay::training
