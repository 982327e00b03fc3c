#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::test {

/// float32 [n,1,28,28]: the first images of Fashion-MNIST's test split.
torch::Tensor greyPictures(std::int64_t n);

/// float32 [n,3,side,side]: the same, enlarged, in colours before coloured grounds.
torch::Tensor colourPictures(std::int64_t n, std::int64_t side);

/// int64 [n]: 0 .. n-1.
torch::Tensor numbered(std::int64_t n);

} // namespace assay::test
