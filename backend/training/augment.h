#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

namespace assay::training {

struct Augmentation
{
    bool flip = false; ///< mirror left-right with probability 1/2
    int shift = 0;     ///< move by -shift .. shift pixels, drawn for each image and axis
    double fill = 0;   ///< what flows in at the edges, in [0,1]: the background of the images
};

/// Augments float32 [N,C,H,W], every image by its own draws from @p generator (CPU). With neither flip nor
/// shift nothing is drawn and @p x itself is returned. Deterministic for a generator state.
torch::Tensor augment(const torch::Tensor& x, const Augmentation& how, at::Generator generator);

} // namespace assay::training
