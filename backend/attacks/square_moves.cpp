#include "backend/attacks/square_moves.h"

#include "backend/attacks/attack_task.h"
#include "backend/attacks/l1_box.h"
#include "backend/attacks/square_image.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::attacks {

namespace {

constexpr std::int64_t kLeastWindow = 3;

/// One bump of the L2 pattern, of unit norm.
torch::Tensor bump(std::int64_t height, std::int64_t width)
{
    const std::int64_t rings = std::max(height / 2, width / 2) + 1;
    std::vector<double> ofRing(static_cast<std::size_t>(rings) + 1, 0.0);
    for (std::int64_t k = rings - 1; k >= 0; --k)
        ofRing[k] = ofRing[k + 1] + 1.0 / double((k + 1) * (k + 1));
    torch::Tensor values = torch::empty({height, width}, torch::kFloat64);
    auto at = values.accessor<double, 2>();
    for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = 0; j < width; ++j)
            at[i][j] = ofRing[std::max(std::abs(i - height / 2), std::abs(j - width / 2))];
    return values / values.norm().clamp_min(kNoMass);
}

torch::Tensor signs(const torch::Tensor& uniform)
{
    return uniform.ge(0.5).to(torch::kFloat32).mul_(2).sub_(1);
}

} // namespace

torch::Tensor squareBumps(std::int64_t side)
{
    const torch::Tensor both = torch::cat({bump(side / 2, side), bump(side - side / 2, side).neg()});
    return (both / both.norm().clamp_min(kNoMass)).to(torch::kFloat32);
}

std::int64_t windowSide(double share, std::int64_t height, std::int64_t width)
{
    const std::int64_t most = std::min(height, width);
    const std::int64_t rounded =
        std::max<std::int64_t>(std::llround(std::sqrt(share * double(height * width))), kLeastWindow);
    return std::min(rounded + (rounded % 2 == 0 ? 1 : 0), most - (most % 2 == 0 ? 1 : 0));
}

torch::Tensor massPerImage(Norm norm, const torch::Tensor& delta)
{
    const torch::Tensor flat = delta.flatten(1);
    return (norm == Norm::L2 ? flat.square() : flat.abs()).sum(1);
}

torch::Tensor windowPositions(const torch::Tensor& uniform, std::int64_t column, std::int64_t side,
                              std::int64_t height, std::int64_t width)
{
    const auto corner = [&](std::int64_t at, std::int64_t length) {
        return uniform.narrow(1, at, 1).mul(double(length - side + 1)).floor_().to(torch::kInt64);
    };
    const torch::Tensor along = torch::arange(side, uniform.options().dtype(torch::kInt64));
    const torch::Tensor inside = (along.unsqueeze(1) * width + along.unsqueeze(0)).view({1, side * side});
    return (corner(column, height) * width + corner(column + 1, width) + inside).unsqueeze(1);
}

const torch::Tensor& SquareMoves::pattern(std::int64_t side, torch::Device device)
{
    // Sides change seldom, and the pattern takes as long as some operators.
    if (!m_pattern.defined() || m_pattern.size(0) != side)
        m_pattern = squareBumps(side).to(device);
    return m_pattern;
}

torch::Tensor SquareMoves::bumps(const torch::Tensor& uniform, std::int64_t column, std::int64_t channels,
                                 std::int64_t side)
{
    const torch::Tensor& upright = pattern(side, uniform.device());
    const torch::Tensor lying = uniform.narrow(1, column, 1).ge(0.5).unsqueeze(2);
    const torch::Tensor turned =
        torch::where(lying, upright.t().reshape({1, 1, side * side}), upright.reshape({1, 1, side * side}));
    return turned * signs(uniform.narrow(1, column + 1, channels)).unsqueeze(2);
}

torch::Tensor SquareMoves::propose(const WindowState& state, const torch::Tensor& uniform, std::int64_t side,
                                   SquareWindows& windows)
{
    if (!state.best.is_cpu())
        return proposeByOperators(state, uniform, side);
    SquareImage image({.norm = state.norm,
                       .eps = state.eps,
                       .channels = state.best.size(1),
                       .height = state.best.size(2),
                       .width = state.best.size(3)},
                      side, pattern(side, torch::kCPU).data_ptr<float>());
    const torch::Tensor images = windows.images(state.best);
    const auto* best = state.best.data_ptr<float>();
    const auto* clean = state.clean.data_ptr<float>();
    const auto* spent = state.spent.data_ptr<float>();
    auto* proposed = images.data_ptr<float>();
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const std::int64_t first = i * image.numbers();
        windows.squares()[i] =
            image.propose(best + first, clean + first, double(spent[i]),
                          uniform.data_ptr<float>() + i * uniform.size(1), proposed + first);
    }
    return images;
}

torch::Tensor SquareMoves::proposeByOperators(const WindowState& state, const torch::Tensor& uniform,
                                              std::int64_t side)
{
    const bool squares = state.norm == Norm::L2;
    const double eps = state.eps;
    const std::int64_t channels = state.best.size(1);
    const std::vector<std::int64_t> shape = {state.best.size(0), channels, side * side};
    const auto window = [&](std::int64_t column) {
        return windowPositions(uniform, column, side, state.best.size(2), state.best.size(3)).expand(shape);
    };
    const torch::Tensor filled = window(0);
    const torch::Tensor emptied = window(2);
    const auto mass = [&](const torch::Tensor& of) {
        return (squares ? of.square() : of.abs()).sum(2, true);
    };

    torch::Tensor delta = (state.best - state.clean).flatten(2);
    const torch::Tensor there = delta.gather(2, filled);
    const torch::Tensor thereMass = mass(there);
    delta.scatter_(2, filled, 0.0);
    // Without the first window, so that what both cover counts once.
    const torch::Tensor otherMass = mass(delta.gather(2, emptied));
    delta.scatter_(2, emptied, 0.0);

    const auto length = [&](const torch::Tensor& of) { return squares ? of.sqrt() : of; };
    const torch::Tensor fresh = bumps(uniform, 4, channels, side) + there / (length(thereMass) + kNoMass);
    const torch::Tensor unspent =
        ((squares ? eps * eps : eps * kL1BoxShrink) - state.spent.view({-1, 1, 1})).clamp_min_(0) /
        double(channels);
    const torch::Tensor whole = unspent + thereMass + otherMass;
    // In L1 every channel gets what all could: the projection shares it out.
    const torch::Tensor budget = squares ? whole.sqrt() : whole * double(channels);
    delta.scatter_(2, filled, fresh / (length(mass(fresh)) + kNoMass) * budget);
    if (!squares)
        return nearestInL1Box(delta.view_as(state.clean) + state.clean, state.clean, eps);
    const torch::Tensor stretch = delta.flatten(1).norm(2, 1).add_(kNoMass).reciprocal_().mul_(eps);
    return delta.view_as(state.clean).mul_(perImage(stretch)).add_(state.clean).clamp_(0, 1);
}

} // namespace assay::attacks
