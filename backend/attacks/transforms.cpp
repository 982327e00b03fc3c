#include "backend/attacks/transforms.h"

#include "backend/attacks/check.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

constexpr int kPublishedKernel = 15;
constexpr int kSmallKernel = 5;
constexpr std::int64_t kSmallSide = 64;

/// Keeps a product such as 1.1 * 30 from falling below the integer it stands for.
constexpr double kRoundingSlack = 1e-9;

std::int64_t enlarged(std::int64_t side, double rate)
{
    return static_cast<std::int64_t>(std::floor(static_cast<double>(side) * rate + kRoundingSlack));
}

torch::Tensor resized(const torch::Tensor& x, std::int64_t height, std::int64_t width)
{
    return at::upsample_bilinear2d(x, {height, width}, false);
}

/// An integer in low .. high - 1 from u in [0,1).
std::int64_t integerIn(double u, std::int64_t low, std::int64_t high)
{
    return low + std::min(static_cast<std::int64_t>(u * static_cast<double>(high - low)), high - low - 1);
}

} // namespace

ScaleCopies::ScaleCopies(int copies)
    : m_copies(copies)
{
    checkRange("si_copies", copies, 1, 20, "scale copies");
}

torch::Tensor ScaleCopies::apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw&) const
{
    return copy == 0 ? x : x * std::ldexp(1.0, -static_cast<int>(copy));
}

InputDiversity::InputDiversity(double rate, double probability)
    : m_rate(rate)
    , m_probability(probability)
{
    checkRange("di_rate", rate, 1, 4, "input diversity");
    checkRange("di_probability", probability, 0, 1, "input diversity");
}

torch::Tensor InputDiversity::apply(const torch::Tensor& x, std::int64_t, const TransformDraw& draw) const
{
    const auto u = [&](std::int64_t position) { return draw.streams.shared(draw.iteration, position); };
    const std::int64_t side = std::max(x.size(2), x.size(3));
    const std::int64_t most = enlarged(side, m_rate);
    if (u(0) >= m_probability || most <= side)
        return x;
    const std::int64_t r = integerIn(u(1), side, most);
    const auto scaled = [&](std::int64_t length, std::int64_t to) { return length * to / side; };
    const std::int64_t height = scaled(x.size(2), r), width = scaled(x.size(3), r);
    const std::int64_t freeRows = scaled(x.size(2), most) - height;
    const std::int64_t freeColumns = scaled(x.size(3), most) - width;
    const std::int64_t top = integerIn(u(2), 0, freeRows + 1), left = integerIn(u(3), 0, freeColumns + 1);
    const torch::Tensor padded =
        at::constant_pad_nd(resized(x, height, width), {left, freeColumns - left, top, freeRows - top}, 0);
    return resized(padded, x.size(2), x.size(3));
}

GaussianSmoothing::GaussianSmoothing(int side, double nsig)
    : m_side(side)
    , m_nsig(nsig)
{
    checkRange("ti_kernel", side, 0, 99, "gradient smoothing");
    checkRange("ti_sigmas", nsig, 0.1, 10, "gradient smoothing");
    if (side != 0 && side % 2 == 0)
        throw Error("'ti_kernel' is " + std::to_string(side) + "; it must be odd", "gradient smoothing");
}

torch::Tensor GaussianSmoothing::apply(const torch::Tensor& gradient) const
{
    const torch::NoGradGuard off;
    const std::int64_t channels = gradient.size(1);
    const bool isSmall = std::min(gradient.size(2), gradient.size(3)) < kSmallSide;
    const int side = m_side > 0 ? m_side : isSmall ? kSmallKernel : kPublishedKernel;
    torch::Tensor w = torch::linspace(-m_nsig, m_nsig, side, gradient.options());
    w = w.square_().div_(-2).exp_();
    w.div_(w.sum());
    // The kernel is an outer product: a column and a row do the same with 2k products a pixel instead of k^2.
    const auto along = [&](const torch::Tensor& x, torch::IntArrayRef shape, torch::IntArrayRef padding) {
        const torch::Tensor kernel = w.view(shape).expand({channels, 1, -1, -1}).contiguous();
        return at::conv2d(x, kernel, {}, 1, padding, 1, channels);
    };
    return along(along(gradient, {1, 1, side, 1}, {side / 2, 0}), {1, 1, 1, side}, {0, side / 2});
}

} // namespace assay::attacks
