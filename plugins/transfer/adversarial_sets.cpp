#include "plugins/transfer/adversarial_sets.h"

#include "backend/attacks/boundary.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::transfer {

torch::Tensor wrongClasses(const torch::Tensor& y, std::int64_t classes, at::Generator generator)
{
    // An offset 1 .. classes-1 from the label is uniform over the other classes.
    const torch::Tensor offset = torch::randint(1, classes, y.sizes(), generator, y.options());
    return (y + offset).remainder_(classes);
}

torch::Tensor fgsmDirection(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                            attacks::Norm norm, const std::optional<torch::Tensor>& target)
{
    const torch::Tensor gradient = attacks::inputGradient(model, x, target.value_or(y));
    const torch::Tensor direction =
        norm == attacks::Norm::L2 ? attacks::unitPerSample(gradient) : torch::sign(gradient);
    return target ? torch::neg(direction) : direction;
}

torch::Tensor fgsmStep(const torch::Tensor& x, const torch::Tensor& direction, double eps)
{
    return torch::add(x, direction, eps).clamp_(0, 1);
}

MeanNorms meanNorms(const torch::Tensor& x, const torch::Tensor& adversarial)
{
    if (x.size(0) == 0)
        return {};
    const torch::Tensor difference = (adversarial - x).flatten(1);
    return {difference.norm(2, 1).to(torch::kFloat64).mean().item<double>(),
            difference.abs().amax(1).to(torch::kFloat64).mean().item<double>()};
}

TracedAttack runTraced(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                       const attacks::Attack& attack, const attacks::Budget& budget,
                       const attacks::Context& context, std::int64_t traced)
{
    traced = std::min(traced, x.size(0));
    TracedAttack result;
    result.adversarial = attack.run(model, x, y, budget, context).adversarial;
    const torch::Tensor start = x.narrow(0, 0, traced);
    // The few traced images are attacked once more rather than recorded in passing: an attack does not depend
    // on how it is chunked, and the long pass stays free of copies.
    std::vector<torch::Tensor> path(static_cast<std::size_t>(attack.resolved(budget).steps) + 1);
    for (auto& images : path)
        images = torch::empty_like(start);
    std::vector<std::int64_t> told(path.size(), 0); // images by step
    bool beyond = false;
    attacks::Context tracing = context;
    tracing.hooks.progress = nullptr;
    tracing.hooks.step = [&](int step, std::int64_t first, const torch::Tensor& now) {
        const auto index = static_cast<std::size_t>(step);
        beyond |= index >= path.size();
        if (beyond)
            return;
        path[index].narrow(0, first, now.size(0)).copy_(now);
        told[index] += now.size(0);
    };
    if (context.target)
        tracing.target = context.target->narrow(0, 0, traced);
    attack.run(model, start, y.narrow(0, 0, traced), budget, tracing);
    if (!beyond && std::ranges::all_of(told, [&](std::int64_t images) { return images == traced; }))
        result.path = torch::stack(path);
    return result;
}

} // namespace assay::transfer
