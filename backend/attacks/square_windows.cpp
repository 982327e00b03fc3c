#include "backend/attacks/square_windows.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

/// Copies a square of a plane with rows of @p width.
void copySquare(const float* from, float* to, const models::Region& square, std::int64_t width)
{
    for (std::int64_t y = square.top; y < square.bottom; ++y)
        std::copy(from + y * width + square.left, from + y * width + square.right,
                  to + y * width + square.left);
}

} // namespace

torch::Tensor SquareWindows::propose(const torch::Tensor& best, const torch::Tensor& low,
                                     const torch::Tensor& high, const torch::Tensor& uniform,
                                     std::int64_t side)
{
    images(best);
    const std::int64_t channels = best.size(1);
    const std::int64_t height = best.size(2);
    const std::int64_t width = best.size(3);
    const auto drawn = uniform.accessor<float, 2>();
    const auto* lowest = low.data_ptr<float>();
    const auto* highest = high.data_ptr<float>();
    auto* images = m_images.data_ptr<float>();
    for (std::int64_t i = 0; i < best.size(0); ++i) {
        const auto corner = [&](std::int64_t column, std::int64_t length) {
            return static_cast<std::int64_t>(std::floor(drawn[i][column] * float(length - side + 1)));
        };
        const std::int64_t top = corner(0, height);
        const std::int64_t left = corner(1, width);
        m_squares[i] = {.top = top, .left = left, .bottom = top + side, .right = left + side};
        for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t plane = (i * channels + c) * height * width;
            copySquare((drawn[i][2 + c] >= 0.5F ? highest : lowest) + plane, images + plane, m_squares[i],
                       width);
        }
    }
    return m_images;
}

torch::Tensor SquareWindows::images(const torch::Tensor& best)
{
    if (!m_images.defined())
        m_images = best.clone();
    m_squares.resize(static_cast<std::size_t>(best.size(0)));
    return m_images;
}

void SquareWindows::settle(torch::Tensor& best, const torch::Tensor& better)
{
    const std::int64_t channels = best.size(1);
    const std::int64_t pixels = best.size(2) * best.size(3);
    const auto taken = better.accessor<bool, 1>();
    auto* kept = best.data_ptr<float>();
    auto* images = m_images.data_ptr<float>();
    for (std::int64_t i = 0; i < best.size(0); ++i)
        for (std::int64_t plane = i * channels; plane < (i + 1) * channels; ++plane)
            copySquare((taken[i] ? images : kept) + plane * pixels,
                       (taken[i] ? kept : images) + plane * pixels, m_squares[i], best.size(3));
}

void SquareWindows::keep(const torch::Tensor& rows)
{
    if (m_images.defined())
        m_images = m_images.index_select(0, rows);
}

} // namespace assay::attacks
