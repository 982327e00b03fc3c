#include "backend/models/direct/products.h"

#include "backend/models/direct/kernels.h"

#include <memory>

namespace assay::models::direct {

namespace {

/// Of narrower matrices finding the zeros takes longer than multiplying them.
constexpr std::int64_t kLeastWidth = 64;
/// Above this share of numbers that are not 0 the whole product is faster: it reads a weight once for a dozen
/// vectors.
constexpr double kMostNonzero = 0.5;

} // namespace

void multiply(const Product& product)
{
    const std::int64_t tap = 0;
    kernels().convolve({.in = product.in,
                        .inRow = 0,
                        .inColumn = product.inStride,
                        .taps = &tap,
                        .tapCount = 1,
                        .depth = product.depth,
                        .weights = product.weights,
                        .bias = product.bias,
                        .width = product.width,
                        .out = product.out,
                        .outRow = 0,
                        .outColumn = product.width,
                        .rows = 1,
                        .columns = product.count,
                        .relu = product.relu});
}

void multiplyRectified(const Product& product)
{
    if (product.width < kLeastWidth)
        return multiply(product);
    const auto numbers = static_cast<std::size_t>(product.count * product.depth);
    const auto values = std::make_unique_for_overwrite<float[]>(numbers);
    const auto rows = std::make_unique_for_overwrite<std::int64_t[]>(numbers);
    const auto ends = std::make_unique_for_overwrite<std::int64_t[]>(std::size_t(product.count));
    std::int64_t found = 0;
    for (std::int64_t i = 0; i < product.count; ++i) {
        found += kernels().keepNonzero(product.in + i * product.inStride, product.depth, values.get() + found,
                                       rows.get() + found);
        ends[std::size_t(i)] = found;
    }
    if (double(found) > kMostNonzero * double(numbers))
        return multiply(product);
    kernels().addRows({.values = values.get(),
                       .rows = rows.get(),
                       .ends = ends.get(),
                       .vectors = product.count,
                       .weights = product.weights,
                       .depth = product.depth,
                       .width = product.width,
                       .bias = product.bias,
                       .sums = product.out,
                       .relu = product.relu});
}

} // namespace assay::models::direct
