#include "backend/attacks/l1_box.h"

#include "backend/attacks/attack_task.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::attacks {

namespace {

constexpr double kL1BoxShrink = 1 - 1e-6;

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

} // namespace

torch::Tensor nearestInL1Box(const torch::Tensor& position, const torch::Tensor& centre, double eps)
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
