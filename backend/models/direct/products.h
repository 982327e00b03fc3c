#pragma once

#include <cstdint>

namespace assay::models::direct {

/// out[i][o] = bias[o] + sum over k < depth of in[i][k] * weights[k][o], for `count` vectors: a linear layer,
/// or the gradient through one.
struct Product
{
    const float* in;
    std::int64_t inStride;
    std::int64_t depth;
    const float* weights; ///< [depth][width] in panels, see kernels.h
    const float* bias;    ///< [width]
    float* out;           ///< [count][width]
    std::int64_t width;   ///< a multiple of kChannelBlock
    std::int64_t count;
    bool relu = false; ///< of the sum; a NaN stays
};

void multiply(const Product& product);

/// The same digits where weights are finite, faster where most of `in` is 0, as a ReLU leaves it and as
/// gradients come through one.
void multiplyRectified(const Product& product);

} // namespace assay::models::direct
