#include "backend/attacks/l1_box.h"

#include "backend/attacks/attack_task.h"
#include "backend/attacks/image_kernels.h"
#include "backend/attacks/steps.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

namespace assay::attacks {

namespace {

/// Of eps: what float32 sums of pixels are sure of.
constexpr double kSumTolerance = 2e-7;
constexpr int kMostPasses = 64;
/// Newton steps between two halvings, which end what Newton steps may circle in.
constexpr int kNewtonSteps = 7;

/// lambda of every row, float64 [n,1]. @param size [n,d]: |y|. @param room [n,d].
torch::Tensor multiplier(const torch::Tensor& size, const torch::Tensor& room, double eps)
{
    const torch::Tensor atWall = torch::min(size, room).to(torch::kFloat64).sum(1, true); // lambda = 0
    const torch::Tensor excess = atWall - eps;
    // Where a coordinate begins to shrink and where it has reached zero.
    const auto [points, order] = torch::cat({(size - room).clamp_min_(0), size}, 1).sort(1);
    const torch::Tensor at = points.to(torch::kFloat64);
    const torch::Tensor change = order.lt(size.size(1)).to(torch::kFloat64).mul_(2).sub_(1);
    const torch::Tensor shrinking = change.cumsum(1); // coordinates that shrink after each point
    const std::int64_t last = at.size(1) - 1;
    const torch::Tensor gaps = at.narrow(1, 1, last) - at.narrow(1, 0, last);
    torch::Tensor gone = torch::zeros_like(at); // of the sum, up to each point
    gone.narrow(1, 1, last).copy_((gaps * shrinking.narrow(1, 0, last)).cumsum(1));
    const torch::Tensor segment = gone.lt(excess).sum(1, true).sub_(1).clamp_min_(0);
    const torch::Tensor rest = excess - gone.gather(1, segment);
    const torch::Tensor lambda = at.gather(1, segment) + rest / shrinking.gather(1, segment).clamp_min_(1);
    return torch::where(excess.gt(0), lambda, 0.0);
}

/// A float32 lambda that brings the sum to @p eps from above @p eps at 0, rounded to where the sum is less.
float multiplierOf(const float* position, const float* centre, std::int64_t count, double eps,
                   const BoxedSum& atZero)
{
    const auto rounded = [](double lambda) {
        const auto near = float(lambda);
        return double(near < lambda ? std::nextafter(near, std::numeric_limits<float>::infinity()) : near);
    };
    double low = 0; // the sum is above eps there
    double high = double(atZero.largest);
    BoxedSum now = atZero;
    double lambda = 0;
    for (int pass = 1; pass < kMostPasses; ++pass) {
        const double newton =
            now.shrinking > 0 ? rounded(lambda + (now.sum - eps) / double(now.shrinking)) : low;
        const bool halves = pass % (kNewtonSteps + 1) == 0 || !(newton > low && newton < high);
        lambda = halves ? rounded((low + high) / 2) : newton;
        if (lambda >= high) // neighbours
            break;
        now = imageKernels().boxedSum(position, centre, float(lambda), count);
        if (std::abs(now.sum - eps) <= kSumTolerance * eps)
            return float(lambda);
        (now.sum > eps ? low : high) = lambda;
    }
    return float(high);
}

} // namespace

void moveIntoL1Box(float* position, const float* centre, std::int64_t count, double eps)
{
    const double reach = std::max(eps, 0.0) * kL1BoxShrink;
    const BoxedSum start = imageKernels().boxedSum(position, centre, 0, count);
    const float lambda = start.sum > reach ? multiplierOf(position, centre, count, reach, start) : 0;
    imageKernels().boxedMove(position, centre, lambda, count);
}

torch::Tensor nearestInL1Box(const torch::Tensor& position, const torch::Tensor& centre, double eps)
{
    if (!isPlain(position) || !isPlain(centre))
        return nearestInL1BoxByOperators(position, centre, eps);
    torch::Tensor moved = position.detach().clone();
    const std::int64_t images = moved.size(0);
    const std::int64_t count = images > 0 ? moved.numel() / images : 0;
    for (std::int64_t i = 0; i < images; ++i)
        moveIntoL1Box(moved.data_ptr<float>() + i * count, centre.data_ptr<float>() + i * count, count, eps);
    return moved;
}

torch::Tensor nearestInL1BoxByOperators(const torch::Tensor& position, const torch::Tensor& centre,
                                        double eps)
{
    const torch::NoGradGuard off;
    if (eps <= 0 || centre.numel() == 0)
        return centre.clone();
    const torch::Tensor from = centre.flatten(1);
    const torch::Tensor way = position.flatten(1) - from;
    const torch::Tensor size = way.abs();
    const torch::Tensor room = torch::where(way.gt(0), 1 - from, from).clamp_min_(0);
    const torch::Tensor lambda = multiplier(size, room, eps * kL1BoxShrink);
    const torch::Tensor moved =
        torch::min((size - lambda).clamp_min_(0).to(torch::kFloat32), room).mul_(way.sign());
    return moved.add_(from).clamp_(0, 1).view_as(centre);
}

torch::Tensor sparseSigns(const torch::Tensor& gradient, const torch::Tensor& entries)
{
    const torch::NoGradGuard off;
    const torch::Tensor ascending = std::get<0>(gradient.abs().flatten(1).sort(1));
    const std::int64_t count = ascending.size(1);
    const torch::Tensor first =
        (double(count) - entries).clamp_(0, double(count - 1)).to(torch::kInt64).unsqueeze(1);
    const torch::Tensor least = ascending.gather(1, first);
    torch::Tensor signs = gradient.sign().masked_fill_(gradient.abs().lt(perImage(least)), 0);
    return signs.div_(perImage(signs.abs().flatten(1).sum(1).clamp_min_(1)));
}

} // namespace assay::attacks
