#include "backend/attacks/hyperplane.h"

#include <torch/types.h>

#include <limits>

namespace assay::attacks {

namespace {

constexpr double kNoSlope = 1e-8;
constexpr double kTiny = 1e-30;
constexpr double kFar = 1e30; ///< beyond every wall, and no infinity that makes NaN of a coordinate at rest

/// The L1 step: the steepest coordinates go to their walls one after the other, the last as far as is needed.
torch::Tensor greedyStep(const torch::Tensor& weight, const torch::Tensor& room, const torch::Tensor& needed)
{
    // Stable, so that equal slopes are taken in the same order in every batch.
    const auto [slopes, order] = weight.sort(/*stable=*/true, 1, /*descending=*/true);
    const torch::Tensor slope = slopes.to(torch::kFloat64);
    const torch::Tensor rooms = room.gather(1, order).to(torch::kFloat64);
    const torch::Tensor gain = slope * rooms;
    const torch::Tensor before = gain.cumsum(1).sub_(gain);
    const torch::Tensor wanted = (needed - before).clamp_min_(0).div_(slope).masked_fill_(slope.eq(0), 0);
    const torch::Tensor taken = torch::min(wanted, rooms).to(torch::kFloat32);
    return torch::zeros_like(room).scatter_(1, order, torch::min(taken, room.gather(1, order)));
}

} // namespace

torch::Tensor stepToHyperplane(const torch::Tensor& point, const torch::Tensor& normal,
                               const torch::Tensor& excess, Norm norm)
{
    const torch::NoGradGuard off;
    // A hyperplane stays the same when its equation is scaled; gradients of a sure network may be very small.
    const torch::Tensor scale = normal.abs().amax(1, true).clamp_min_(kTiny);
    const torch::Tensor slope = normal.abs().div_(scale);
    const torch::Tensor flat = slope.lt(kNoSlope);
    const torch::Tensor weight = slope.masked_fill(flat, 0);
    const torch::Tensor needed = excess.abs().unsqueeze(1).div(scale);

    // Where each coordinate goes: against the excess. Its room is the way to the wall on that side.
    const torch::Tensor heading = normal.sign().mul_(excess.sign().unsqueeze(1)).neg_().masked_fill_(flat, 0);
    const torch::Tensor room = torch::where(heading.gt(0), 1 - point, point).clamp_min_(0);
    if (norm == Norm::L1)
        return greedyStep(weight, room, needed).mul_(heading);
    const torch::Tensor speed = norm == Norm::L2 ? weight : torch::ones_like(weight);
    const torch::Tensor walls = (room / speed).masked_fill_(flat, std::numeric_limits<float>::infinity());

    // The gain of lambda, sum_i weight_i min(lambda speed_i, room_i), is concave and piecewise linear:
    // between the k-th and the next wall it is (gain of those that stand) + lambda (slope of those that still
    // move).
    const auto [sorted, order] = walls.sort(1);
    const torch::Tensor stood = (weight * room).gather(1, order).to(torch::kFloat64).cumsum(1);
    const torch::Tensor moving = (weight * speed).gather(1, order).to(torch::kFloat64);
    const torch::Tensor still = moving.flip(1).cumsum(1).flip(1); // those from k on
    const torch::Tensor finite = sorted.isfinite();
    const torch::Tensor atWall =
        torch::where(finite, stood + (still - moving) * sorted.masked_fill(finite.logical_not(), 0),
                     std::numeric_limits<double>::infinity());
    // The first wall at which the gain suffices: lambda lies at or before it.
    const std::int64_t width = walls.size(1);
    const torch::Tensor segment = atWall.lt(needed).sum(1, true).clamp_max_(width - 1);
    const torch::Tensor before =
        torch::where(segment.gt(0), stood.gather(1, (segment - 1).clamp_min_(0)), 0.0);
    const torch::Tensor slopeThere = still.gather(1, segment);
    const torch::Tensor lambda = torch::where(slopeThere.gt(0), (needed - before) / slopeThere,
                                              std::numeric_limits<double>::infinity());
    return torch::min(lambda.clamp(0, kFar).to(torch::kFloat32) * speed, room).mul_(heading);
}

} // namespace assay::attacks
