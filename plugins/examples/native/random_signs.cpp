#include "random_signs.h"

#include "backend/attacks/random_streams.h"

#include <torch/types.h>

namespace noise_example {

using namespace assay;

void RandomSigns::attackTask(attacks::QueryTask& task) const
{
    constexpr std::uint64_t kSigns = 1; // this attack has one purpose for random numbers
    const attacks::RandomStreams streams(task.context.seed, kSigns);
    torch::Tensor open =
        torch::arange(task.count(), torch::TensorOptions(torch::kInt64).device(task.clean.device()));
    for (std::int64_t draw = 0; draw < task.budget.queries && open.size(0) > 0; ++draw) {
        task.hooks.checkpoint(); // here a run is cancelled, or steps aside for a preview
        const torch::Tensor clean = task.clean.index_select(0, open);
        const torch::Tensor uniform = streams.uniform(clean, task.samples.index_select(0, open), draw);
        const torch::Tensor signs = (uniform < 0.5).to(clean.scalar_type()).mul_(2).sub_(1);
        const torch::Tensor noisy = clean.add(signs, task.budget.eps).clamp_(0, 1);
        const torch::Tensor fooled = task.fooling(noisy, open);
        task.adversarial.index_copy_(0, open, noisy);
        task.success.index_copy_(0, open, fooled);
        open = open.masked_select(fooled.logical_not());
    }
}

attacks::AttackEntry randomSignsEntry()
{
    return {.info = {.id = "example.random-signs",
                     .title = "Random signs (example)",
                     .summary =
                         "Corners of the ball drawn at random, as often as the budget's questions allow: "
                         "what noise alone achieves.",
                     .reference = "",
                     .gradient = false,
                     .norms = {attacks::Norm::Linf}},
            .make = [](const Json&) { return std::make_unique<const RandomSigns>(); }};
}

} // namespace noise_example
