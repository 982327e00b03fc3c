#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace assay::inspection {

/// How far what one tap shows moved between two models on the same images.
struct TapChange
{
    std::string tap;
    double relative = 0; ///< norm of the difference / norm before, over all images, units and places
    double cosine = 0;   ///< mean over images; images whose activations are all 0 in a model give 0
    double most = 0;     ///< largest difference of a single value
    /// Mean over images and places, float64 [units]. A unit is a channel of an image, a feature of a vector,
    /// of tokens the last dimension.
    torch::Tensor unitBefore;
    torch::Tensor unitAfter;
    double scale = 0; ///< root mean square before: what differences of units are compared with
};

/// What both models make of the same images.
struct SeenByBoth
{
    std::vector<TapChange> taps; ///< those that both have, in order
    torch::Tensor before;        ///< logits float32 [n,K] on the CPU
    torch::Tensor after;
};

/// Shows @p x, float32 [n,C,H,W] in [0,1] on the models' device, to both. Taps of models from outside, which
/// have none, are left out. @param check called before each chunk from worker threads; may throw.
SeenByBoth compareActivations(const models::Model& before, const models::Model& after, const torch::Tensor& x,
                              const std::function<void()>& check = {});

} // namespace assay::inspection
