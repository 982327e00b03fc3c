#pragma once

#include "backend/models/direct/kernels.h"

#include <torch/types.h>

#include <cstdint>

namespace assay::models::direct {

/// The 3x3 kernels of @p weight, float32 [O,I,3,3], as convolveTiles() takes them.
torch::Tensor tileWeights(const torch::Tensor& weight);

/// A 3x3 convolution of stride 1 by tiles of 4x4 results, F(4x4,3x3) of Winograd 1980 as in Lavin and Gray
/// 2016 (arXiv 1509.09308): each is made of 6x6 pixels by 36 multiplications where the definition takes 144,
/// and of additions. Results differ from the definition's by rounding, of which there is a few times more,
/// and by what the whole tile's pixels round to: a change of one pixel changes digits of results beside it.
struct TileConvolution
{
    const float* in; ///< the first pixel that the first result is made of
    std::int64_t inRow;
    std::int64_t inColumn; ///< numbers of a pixel, a multiple of kChannelBlock
    std::int64_t depth;    ///< channels of a pixel
    const float* weights;  ///< of tileWeights()
    const float* bias;     ///< [width]
    std::int64_t width;    ///< of the result: channels, a multiple of kChannelBlock
    float* out;
    std::int64_t outRow;
    std::int64_t outColumn;
    std::int64_t rows; ///< of the result
    std::int64_t columns;
    bool accumulate = false; ///< adds what is in out
    bool relu = false;       ///< of the sum; a NaN stays
};

/// Whether a result of @p rows x @p columns takes less time by tiles: those at its ends are worked out whole.
bool worthTiles(std::int64_t rows, std::int64_t columns);

void convolveTiles(const TileConvolution& convolution, const Kernels& set = kernels());

} // namespace assay::models::direct
