#include "backend/models/direct/tiles.h"

#include "backend/models/direct/panels.h"

#include <torch/types.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace assay::models::direct {

namespace {

/// Tiles that are worked on together, of one vector of channels: so many that products find work, so few that
/// they stay in the second cache.
constexpr std::int64_t kTilesTogether = 56;

struct Freed
{
    void operator()(float* memory) const { std::free(memory); }
};

/// Memory of the calling thread, kept for the next layer.
float* workMemory(std::int64_t numbers)
{
    constexpr std::size_t kLine = 64;
    static thread_local std::unique_ptr<float, Freed> memory;
    static thread_local std::int64_t size = 0;
    if (numbers > size) {
        const std::size_t bytes = (std::size_t(numbers) * sizeof(float) + kLine - 1) / kLine * kLine;
        size = 0;
        memory.reset(static_cast<float*>(std::aligned_alloc(kLine, bytes)));
        TORCH_CHECK(memory, "out of memory");
        size = numbers;
    }
    return memory.get();
}

std::int64_t tilesAlong(std::int64_t results)
{
    return (results + kTileSide - 1) / kTileSide;
}

} // namespace

torch::Tensor tileWeights(const torch::Tensor& weight)
{
    const double quarter = 1.0 / 4, sixth = 1.0 / 6, twelfth = 1.0 / 12, least = 1.0 / 24;
    const torch::Tensor g = torch::tensor({quarter, 0.0, 0.0, -sixth, -sixth, -sixth, -sixth, sixth, -sixth,
                                           least, twelfth, sixth, least, -twelfth, sixth, 0.0, 0.0, 1.0},
                                          torch::kFloat64)
                                .view({kTileReach, 3});
    const torch::Tensor all =
        torch::einsum("ai,ocij,bj->abco", {g, weight.to(torch::kFloat64), g}).to(torch::kFloat32);
    std::vector<torch::Tensor> matrices;
    for (const torch::Tensor& matrix : all.flatten(0, 1).unbind())
        matrices.push_back(inPanels(matrix));
    return torch::cat(matrices);
}

bool worthTiles(std::int64_t rows, std::int64_t columns)
{
    constexpr std::int64_t kTaps = 9;
    return 2 * kTilePlanes * tilesAlong(rows) * tilesAlong(columns) <= kTaps * rows * columns;
}

void convolveTiles(const TileConvolution& c, const Kernels& set)
{
    const std::int64_t down = tilesAlong(c.rows), across = tilesAlong(c.columns);
    const std::int64_t together = std::max<std::int64_t>(kTilesTogether * kChannelBlock / c.inColumn, 1);
    const std::int64_t most = std::clamp<std::int64_t>(together / across, 1, down) * across;
    float* tiles = workMemory(kTilePlanes * most * (c.inColumn + c.width));
    float* products = tiles + kTilePlanes * most * c.inColumn;
    const std::int64_t tap = 0;
    const std::int64_t matrix = c.depth * c.width;
    for (std::int64_t row = 0; row < down; row += most / across) {
        const std::int64_t rows = std::min(most / across, down - row);
        const std::int64_t count = rows * across;
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t y = kTileSide * (row + r);
            set.intoTiles({.pixels = c.in + y * c.inRow,
                           .row = c.inRow,
                           .column = c.inColumn,
                           .rows = c.rows + (kTileReach - kTileSide) - y,
                           .columns = c.columns + (kTileReach - kTileSide),
                           .count = across,
                           .tiles = tiles + r * across * c.inColumn,
                           .plane = count * c.inColumn});
        }
        for (std::int64_t p = 0; p < kTilePlanes; ++p)
            set.convolve({.in = tiles + p * count * c.inColumn,
                          .inRow = 0,
                          .inColumn = c.inColumn,
                          .taps = &tap,
                          .tapCount = 1,
                          .depth = c.depth,
                          .weights = c.weights + p * matrix,
                          .bias = nullptr,
                          .width = c.width,
                          .out = products + p * count * c.width,
                          .outRow = 0,
                          .outColumn = c.width,
                          .rows = 1,
                          .columns = count});
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t y = kTileSide * (row + r);
            set.outOfTiles({.products = products + r * across * c.width,
                            .plane = count * c.width,
                            .width = c.width,
                            .count = across,
                            .bias = c.bias,
                            .out = c.out + y * c.outRow,
                            .outRow = c.outRow,
                            .outColumn = c.outColumn,
                            .rows = c.rows - y,
                            .columns = c.columns,
                            .accumulate = c.accumulate,
                            .relu = c.relu});
        }
    }
}

} // namespace assay::models::direct
