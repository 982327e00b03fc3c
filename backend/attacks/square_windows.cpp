#include "backend/attacks/square_windows.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

/// Copies a square of @p side pixels at @p corner of a plane with rows of @p width.
void copySquare(const float* from, float* to, std::int64_t corner, std::int64_t side, std::int64_t width)
{
    for (std::int64_t y = 0; y < side; ++y)
        std::copy_n(from + corner + y * width, side, to + corner + y * width);
}

} // namespace

torch::Tensor SquareWindows::propose(const torch::Tensor& best, const torch::Tensor& low,
                                     const torch::Tensor& high, const torch::Tensor& uniform,
                                     std::int64_t side)
{
    if (!m_images.defined())
        m_images = best.clone();
    const std::int64_t channels = best.size(1);
    const std::int64_t height = best.size(2);
    const std::int64_t width = best.size(3);
    const auto drawn = uniform.accessor<float, 2>();
    const auto* lowest = low.data_ptr<float>();
    const auto* highest = high.data_ptr<float>();
    auto* images = m_images.data_ptr<float>();
    m_side = side;
    m_corners.resize(static_cast<std::size_t>(best.size(0)));
    for (std::int64_t i = 0; i < best.size(0); ++i) {
        const auto corner = [&](std::int64_t column, std::int64_t length) {
            return static_cast<std::int64_t>(std::floor(drawn[i][column] * float(length - side + 1)));
        };
        m_corners[i] = corner(0, height) * width + corner(1, width);
        for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t plane = (i * channels + c) * height * width;
            copySquare((drawn[i][2 + c] >= 0.5F ? highest : lowest) + plane, images + plane, m_corners[i],
                       side, width);
        }
    }
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
                       (taken[i] ? kept : images) + plane * pixels, m_corners[i], m_side, best.size(3));
}

void SquareWindows::keep(const torch::Tensor& rows)
{
    if (m_images.defined())
        m_images = m_images.index_select(0, rows);
}

} // namespace assay::attacks
