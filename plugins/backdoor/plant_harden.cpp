#include "plugins/backdoor/plant_harden.h"

#include "backend/attacks/registry.h"

#include <torch/types.h>

#include <cmath>

namespace assay::backdoor {

torch::Tensor hardenedImages(engine::RunContext& context, const models::Model& surrogate,
                             const torch::Tensor& images, const torch::Tensor& labels,
                             const torch::Tensor& chosen, double eps, int steps)
{
    const torch::Tensor rows = chosen.nonzero().flatten();
    const torch::Tensor x = images.index_select(0, rows).to(surrogate.device()).to(torch::kFloat32).div_(255);
    attacks::Context attack{.seed = context.seed(),
                            .hooks = context.attackHooks("Perturbing the images to be poisoned")};
    attack.samples = rows;
    const attacks::AttackResult result = attacks::attacks().make("pgd")->run(
        surrogate, x, labels.index_select(0, rows).to(surrogate.device()),
        {.norm = attacks::Norm::Linf, .eps = eps, .steps = steps}, attack);
    torch::Tensor all = images.clone();
    // The budget is kept after rounding: towards the image where 8 bits would leave the ball.
    const torch::Tensor clean = images.index_select(0, rows).to(torch::kFloat32);
    const double most = std::floor(eps * 255 + 1e-6);
    const torch::Tensor change = ((result.adversarial.cpu() * 255).round_() - clean).clamp(-most, most);
    all.index_copy_(0, rows, (clean + change).clamp_(0, 255).to(torch::kUInt8));
    return all;
}

} // namespace assay::backdoor
