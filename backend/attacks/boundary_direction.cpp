#include "backend/attacks/boundary.h"
#include "backend/attacks/hop_skip_jump.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::attacks {

namespace {

/// Probes of a sample drawn together: fixed, so that the numbers do not depend on the size of the batch.
constexpr std::int64_t kProbeSlice = 25;
/// Slices of one estimate at most, so that those of different iterations use different draws.
constexpr std::int64_t kSlicesOfIteration = std::int64_t(1) << 20;
constexpr double kNoLength = 1e-12;

} // namespace

torch::Tensor boundaryDirection(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws)
{
    const std::int64_t n = probes.position.size(0);
    const torch::Tensor radius = probes.radius.view({n, 1, 1, 1, 1});
    const torch::Tensor at = probes.position.unsqueeze(1);
    torch::Tensor sum = torch::zeros_like(probes.position);
    torch::Tensor answered = torch::zeros_like(probes.position);
    torch::Tensor answers = torch::zeros_like(probes.radius);
    std::int64_t slice = probes.iteration * kSlicesOfIteration;
    for (std::int64_t first = 0; first < probes.evaluations; first += kProbeSlice, ++slice) {
        const std::int64_t width = std::min(kProbeSlice, probes.evaluations - first);
        std::vector<std::int64_t> shape = at.sizes().vec();
        shape[0] = 1;
        shape[1] = width;
        const torch::Tensor like = torch::empty(shape, torch::kFloat32);
        torch::Tensor probe = task.budget.norm == Norm::Linf
                                  ? draws.uniform(like, probes.samples, slice).mul_(2).sub_(1)
                                  : draws.normal(like, probes.samples, slice);
        const torch::Tensor length = probe.flatten(2).norm(2, 2).clamp_min_(kNoLength);
        probe.div_(length.view({n, width, 1, 1, 1}));
        const torch::Tensor images = (at + probe * radius).clamp_(0, 1);
        probe = (images - at) / radius;
        const torch::Tensor rows = probes.rows.unsqueeze(1).expand({n, width}).flatten();
        const torch::Tensor flags = task.fooling(images.flatten(0, 1), rows).view({n, width});
        const torch::Tensor answer = flags.to(torch::kFloat32).mul_(2).sub_(1);
        sum.add_(probe.sum(1));
        answered.add_((probe * answer.view({n, width, 1, 1, 1})).sum(1));
        answers.add_(answer.sum(1));
    }
    const torch::Tensor mean = answers / double(probes.evaluations);
    const torch::Tensor agreed = mean.abs().ge(1);
    const torch::Tensor direction =
        torch::where(perImage(agreed), sum * perImage(mean), answered - sum * perImage(mean));
    return unitPerSample(direction);
}

} // namespace assay::attacks
