#pragma once

#include <cstdint>
#include <vector>

namespace assay::models::direct {

// What the networks of small images spend their time in, on channels-last images: written for the compiler's
// vectors, compiled for several instruction sets, of which the processor's best is picked when the program
// runs. Small images spend more time between a library's operators than in them: each allocates, reorders and
// starts anew. All pointers are to float32, distances are in numbers, and a channel count is padded to a
// multiple of kChannelBlock, the padding being zero.

inline constexpr std::int64_t kChannelBlock = 16;
/// Weights lie in panels of so many output channels, one after the other, each [rows][channels of the panel];
/// the last may be narrower. Rows of a whole matrix would lie pages apart.
inline constexpr std::int64_t kPanel = 32;

/// out[r][c][o] = bias[o] + sum over taps t and k < depth of in[r][c][taps[t] + k] * weights[t][k][o], where
/// in[r][c] begins at in + r * inRow + c * inColumn. Convolutions, their gradients and matrix products are
/// all of this form. The order of the sum does not depend on rows or columns: a pixel gets the same digits in
/// whatever batch.
struct Convolution
{
    const float* in;
    std::int64_t inRow;
    std::int64_t inColumn;
    const std::int64_t* taps;
    std::int64_t tapCount;
    std::int64_t depth;
    const float* weights; ///< [taps * depth][width] in panels
    const float* bias;    ///< [width]; null: zeros
    std::int64_t width;   ///< a multiple of kChannelBlock
    float* out;
    std::int64_t outRow;
    std::int64_t outColumn;
    std::int64_t rows;
    std::int64_t columns;
    bool accumulate = false; ///< adds what is in out
    bool relu = false;       ///< of the sum; a NaN stays
};

/// Of tiles.h: results along a tile's side, pixels that they are made of, and products that a tile takes.
inline constexpr std::int64_t kTileSide = 4;
inline constexpr std::int64_t kTileReach = kTileSide + 2;
inline constexpr std::int64_t kTilePlanes = kTileReach * kTileReach;

/// A row of tiles of pixels, each kTileSide pixels from the last: tiles[kTileReach * i + j][t] = (B^T d B)_ij
/// of the t-th.
struct IntoTiles
{
    const float* pixels; ///< the first tile's first
    std::int64_t row;
    std::int64_t column;  ///< channels with their padding
    std::int64_t rows;    ///< of pixels that there are, from the first on; beyond them are zeros
    std::int64_t columns; ///< the same
    std::int64_t count;   ///< of tiles
    float* tiles;         ///< [count][column], kTilePlanes times
    std::int64_t plane;   ///< from one of these to the next
};

/// A row of tiles of results: A^T m A, with the bias.
struct OutOfTiles
{
    const float* products; ///< [count][width], kTilePlanes times
    std::int64_t plane;
    std::int64_t width;
    std::int64_t count;
    const float* bias;
    float* out; ///< the first result of the first tile
    std::int64_t outRow;
    std::int64_t outColumn;
    std::int64_t rows; ///< of results that there are, from the first on
    std::int64_t columns;
    bool accumulate; ///< adds what is in out
    bool relu;       ///< of the sum; a NaN stays
};

/// sums[i][o] = start + sum over k of values[k] * weights[rows[k]][o], k going over the numbers of vector i:
/// a matrix times vectors that are 0 but for some numbers. The order of the sum is that of k: where rows
/// ascend, the digits are those that convolve() gives for the whole vectors and finite weights.
struct RowSums
{
    const float* values;
    const std::int64_t* rows;
    const std::int64_t* ends; ///< of each vector's numbers in values and rows, the first's beginning at 0
    std::int64_t vectors;
    const float* weights; ///< [depth][width] in panels
    std::int64_t depth;
    std::int64_t width;          ///< a multiple of kChannelBlock
    const float* bias = nullptr; ///< [width] to start from; null: what is in sums
    float* sums;                 ///< [vectors][width]
    bool relu = false;           ///< of the sum; a NaN stays
};

/// 2x2 windows of stride 2 over channels-last images.
struct Pooling
{
    std::int64_t channels;
    std::int64_t rows; ///< of the pooled image
    std::int64_t columns;
    std::int64_t wideRow; ///< distance of rows in the image that is pooled
    std::int64_t pooledRow;
};

/// Pooled place that no gradient goes to: the largest of its window is 0, and a ReLU came before.
inline constexpr std::uint8_t kNowhere = 4;

/// One instruction set's version of everything.
struct Kernels
{
    const char* name;
    void (*convolve)(const Convolution& convolution);
    void (*intoTiles)(const IntoTiles& row);
    void (*outOfTiles)(const OutOfTiles& row);
    void (*addRows)(const RowSums& sums);
    /// The numbers of a vector that are not 0, and their places: returns how many. @p kept and @p rows hold
    /// @p count.
    std::int64_t (*keepNonzero)(const float* vector, std::int64_t count, float* kept, std::int64_t* rows);
    /// mask = 1 where a ReLU with this output passes gradients.
    void (*maskOf)(const float* values, std::uint8_t* mask, std::int64_t count);
    /// Zero where the mask is 0.
    void (*applyMask)(float* gradient, const std::uint8_t* mask, std::int64_t count);
    /// @param where not null: receives the place in its window (0 .. 3, the first of equals) of each largest
    /// value, kNowhere where it is 0 and @p rectified.
    void (*maxPool)(const Pooling& pooling, const float* wide, float* pooled, std::uint8_t* where,
                    bool rectified);
    /// Writes all that belongs to whole windows of @p wide.
    void (*unpool)(const Pooling& pooling, float* wide, const float* pooled, const std::uint8_t* where);
};

/// The best that this processor runs.
const Kernels& kernels();
/// All that it runs, the best first.
std::vector<const Kernels*> runnableKernels();

} // namespace assay::models::direct
