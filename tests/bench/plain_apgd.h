#pragma once

#include "plain_network.h"

#include <torch/types.h>

namespace assay::bench {

/// APGD-CE in L-inf as the code of its authors runs it (Croce and Hein 2020): the whole batch, every step,
/// from one random start, tensor operators one after another. @param x float32 [N,C,H,W]. @returns for each
/// image its last one that was fooled, or x.
torch::Tensor plainApgd(const PlainNetwork& network, const torch::Tensor& x, const torch::Tensor& y,
                        float eps, int steps);

} // namespace assay::bench
