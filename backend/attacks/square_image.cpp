#include "backend/attacks/square_image.h"

#include "backend/attacks/image_kernels.h"
#include "backend/attacks/l1_box.h"

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

/// Mass only moves, and what a wall has cut off is given again, so that scaling the perturbation to the
/// radius, which the method ends with, changes nothing but what has been rounded: within this it is left out,
/// and no pixel outside of the windows changes. The projection of L1 likewise, while the sum of the sizes is
/// within the larger share over what it keeps to, which leaves twice that to the radius.
constexpr double kSureStretch = 2e-7;
constexpr double kSureSum = 3e-7;

template <bool kSquares>
double massOf(double difference)
{
    return kSquares ? difference * difference : std::abs(difference);
}

template <bool kSquares>
double lengthOf(double mass)
{
    return kSquares ? std::sqrt(mass) : mass;
}

} // namespace

SquareImage::SquareImage(const Shape& shape, std::int64_t side, const float* pattern)
    : m_shape(shape)
    , m_side(side)
    , m_pattern(pattern)
    , m_patches(static_cast<std::size_t>(shape.channels * side * side))
{}

models::Region SquareImage::propose(const float* best, const float* clean, double spent, const float* uniform,
                                    float* out)
{
    if (m_shape.norm == Norm::L2)
        return propose<true>(best, clean, spent, uniform, out);
    return propose<false>(best, clean, spent, uniform, out);
}

template <bool kSquares>
models::Region SquareImage::propose(const float* best, const float* clean, double spent, const float* uniform,
                                    float* out)
{
    m_filled = drawn(uniform);
    m_emptied = drawn(uniform + 2);
    m_lying = uniform[4] >= 0.5F;
    const double limit = kSquares ? m_shape.eps * m_shape.eps : m_shape.eps * kL1BoxShrink;
    const double unspent = std::max(limit - spent, 0.0) / double(m_shape.channels);
    double whole = spent;
    for (std::int64_t c = 0; c < m_shape.channels; ++c) {
        const float sign = uniform[5 + c] >= 0.5F ? 1 : -1;
        const Moved moved = fill<kSquares>(best + c * plane(), clean + c * plane(), unspent, sign,
                                           m_patches.data() + c * m_side * m_side);
        whole += moved.given - moved.taken;
    }
    if constexpr (kSquares) {
        const double stretch = m_shape.eps / (std::sqrt(std::max(whole, 0.0)) + kNoMass);
        if (std::abs(stretch - 1) > kSureStretch) {
            imageKernels().scale(best, clean, float(stretch), out, numbers());
            place(clean, float(stretch), true, out);
            return {.bottom = m_shape.height, .right = m_shape.width};
        }
    } else if (whole > limit * (1 + kSureSum)) {
        place(clean, 1, false, out);
        moveIntoL1Box(out, clean, numbers(), m_shape.eps);
        return {.bottom = m_shape.height, .right = m_shape.width};
    }
    // Within the ball. What the box cuts off is not made good, in L1 by the projection as little.
    place(clean, 1, true, out);
    return aroundWindows();
}

models::Region SquareImage::aroundWindows() const
{
    return {.top = std::min(m_filled.top, m_emptied.top),
            .left = std::min(m_filled.left, m_emptied.left),
            .bottom = std::max(m_filled.top, m_emptied.top) + m_side,
            .right = std::max(m_filled.left, m_emptied.left) + m_side};
}

SquareImage::Window SquareImage::drawn(const float* uniform) const
{
    const auto corner = [this](float number, std::int64_t length) {
        // Not negative: cut is floor.
        return static_cast<std::int64_t>(number * float(length - m_side + 1));
    };
    return {.top = corner(uniform[0], m_shape.height), .left = corner(uniform[1], m_shape.width)};
}

template <bool kSquares>
double SquareImage::massIn(const Window& window, const Window* without, const float* best,
                           const float* clean) const
{
    double sum = 0;
    const auto add = [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t at = first; at < last; ++at)
            sum += massOf<kSquares>(best[at] - clean[at]);
    };
    for (std::int64_t y = window.top; y < window.top + m_side; ++y) {
        const std::int64_t first = y * m_shape.width + window.left;
        if (!without || y < without->top || y >= without->top + m_side) {
            add(first, first + m_side);
            continue;
        }
        const std::int64_t skip = y * m_shape.width + without->left;
        add(first, std::min(first + m_side, skip));
        add(std::max(first, skip + m_side), first + m_side);
    }
    return sum;
}

template <bool kSquares>
SquareImage::Moved SquareImage::fill(const float* best, const float* clean, double unspent, float sign,
                                     float* patch) const
{
    const double there = massIn<kSquares>(m_filled, nullptr, best, clean);
    const double taken = there + massIn<kSquares>(m_emptied, &m_filled, best, clean);
    const auto share = float(1 / (lengthOf<kSquares>(there) + kNoMass));
    const std::int64_t down = m_lying ? 1 : m_side; // of the pattern, as one goes down the window
    const std::int64_t right = m_lying ? m_side : 1;
    double fresh = 0;
    for (std::int64_t i = 0; i < m_side; ++i) {
        const std::int64_t first = (m_filled.top + i) * m_shape.width + m_filled.left;
        for (std::int64_t j = 0; j < m_side; ++j) {
            const float held = best[first + j] - clean[first + j];
            const float value = sign * m_pattern[i * down + j * right] + held * share;
            patch[i * m_side + j] = value;
            fresh += massOf<kSquares>(value);
        }
    }
    // In L1 every channel gets what all could: the projection shares it out.
    const double budget = lengthOf<kSquares>(unspent + taken) * (kSquares ? 1 : double(m_shape.channels));
    const double factor = budget / (lengthOf<kSquares>(fresh) + kNoMass);
    for (std::int64_t k = 0; k < m_side * m_side; ++k)
        patch[k] *= float(factor);
    return {.taken = taken, .given = massOf<kSquares>(factor) * fresh};
}

void SquareImage::place(const float* clean, float stretch, bool clips, float* out) const
{
    const float* patch = m_patches.data();
    for (std::int64_t c = 0; c < m_shape.channels; ++c, clean += plane(), out += plane()) {
        for (std::int64_t i = 0; i < m_side; ++i) {
            const std::int64_t first = (m_emptied.top + i) * m_shape.width + m_emptied.left;
            std::copy_n(clean + first, m_side, out + first);
        }
        for (std::int64_t i = 0; i < m_side; ++i) {
            const std::int64_t first = (m_filled.top + i) * m_shape.width + m_filled.left;
            for (std::int64_t j = 0; j < m_side; ++j) {
                const float value = clean[first + j] + *patch++ * stretch;
                out[first + j] = clips ? std::clamp(value, 0.0F, 1.0F) : value;
            }
        }
    }
}

} // namespace assay::attacks
