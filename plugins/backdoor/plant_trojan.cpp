#include "plugins/backdoor/plant_trojan.h"

#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

namespace assay::backdoor {

namespace {

using poisoning::TriggerKind;

constexpr double kFirstStep = 0.1;

/// Logits of the target and the features in front of them.
struct PlantAnswer
{
    torch::Tensor logits;
    torch::Tensor features; ///< [n,F], of maps their means
};

PlantAnswer plantAnswer(const models::Model& model, const torch::Tensor& x)
{
    PlantAnswer answer;
    torch::Tensor raw;
    const std::string last = model.taps().back();
    answer.logits = model.logits(x, [&](const std::string& name, const torch::Tensor& value) {
        if (name == last)
            raw = value;
    });
    answer.features = raw.dim() > 2 ? raw.flatten(2).mean(2) : raw;
    return answer;
}

/// The unit whose activation raises the target's logit most, over the images, of those that change with the
/// trigger: where features keep their place, most units never see a small patch.
std::int64_t strongestUnit(const models::Model& model, const torch::Tensor& x, const torch::Tensor& triggered,
                           std::int64_t target)
{
    const torch::Tensor moved =
        (plantAnswer(model, triggered).features - plantAnswer(model, x).features).abs().mean(0).gt(0);
    if (!moved.any().item<bool>())
        throw Error("no unit before the last layer sees the trigger where it lies", "optimise",
                    "Move or enlarge it, or optimise for the target");

    const torch::AutoGradMode on(true);
    const torch::Tensor leaf = x.detach().clone().set_requires_grad(true);
    torch::Tensor raw;
    const std::string last = model.taps().back();
    const torch::Tensor logits = model.logits(leaf, [&](const std::string& name, const torch::Tensor& value) {
        if (name == last)
            raw = value;
    });
    torch::Tensor slope = torch::autograd::grad({logits.select(1, target).sum()}, {raw})[0];
    if (slope.dim() > 2)
        slope = slope.flatten(2).sum(2);
    return slope.mean(0)
        .masked_fill(moved.logical_not(), -std::numeric_limits<float>::infinity())
        .argmax()
        .item<std::int64_t>();
}

/// Rows and columns that a trigger changes.
struct PlantPlace
{
    std::int64_t top, left, height, width;
};

PlantPlace placeOfCover(const torch::Tensor& cover)
{
    const torch::Tensor rows = cover[0].gt(0).any(1).nonzero().flatten();
    const torch::Tensor columns = cover[0].gt(0).any(0).nonzero().flatten();
    const std::int64_t top = rows[0].item<std::int64_t>(), left = columns[0].item<std::int64_t>();
    return {top, left, rows[-1].item<std::int64_t>() - top + 1, columns[-1].item<std::int64_t>() - left + 1};
}

} // namespace

PlantTrojan optimisedTrigger(engine::RunContext& context, const models::Model& model, const torch::Tensor& x,
                             const poisoning::PoisonSpec& poison, PlantAim aim, int steps,
                             const torch::Tensor& noise)
{
    const poisoning::TriggerSpec& given = poison.trigger;
    if (given.kind != TriggerKind::Patch && given.kind != TriggerKind::Blended)
        throw Error("a trigger of this kind has no pixels that could be optimised", "optimise",
                    "Choose a patch or a blended picture");
    const std::int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
    const poisoning::Trigger before(given, channels, height, width);
    const torch::Tensor cover = before.cover();
    const PlantPlace place = placeOfCover(cover);
    const torch::Tensor alpha = (cover.gt(0).to(torch::kFloat32) * given.opacity).to(x.device());

    PlantTrojan made{.trigger = given};
    if (aim == PlantAim::Unit)
        made.unit = strongestUnit(model, x, before.stamp(x), poison.target);
    const auto excitement = [&](const torch::Tensor& shown) {
        const PlantAnswer answer = plantAnswer(model, shown);
        return made.unit < 0 ? answer.logits.select(1, poison.target).mean()
                             : answer.features.select(1, made.unit).mean();
    };
    torch::Tensor pixels = noise.to(x.device());
    for (int step = 0; step < steps; ++step) {
        context.checkpoint();
        context.progress(step, steps, "Optimising the trigger's pixels");
        const torch::AutoGradMode on(true);
        const torch::Tensor leaf = pixels.detach().set_requires_grad(true);
        const torch::Tensor value = excitement(x * (1 - alpha) + alpha * leaf);
        const torch::Tensor slope = torch::autograd::grad({value}, {leaf})[0];
        const double size = kFirstStep * (1 - double(step) / steps);
        pixels = (leaf.detach() + size * slope.sign()).clamp_(0, 1);
    }
    made.trigger.pattern = "own";
    made.trigger.mask = torch::Tensor();
    made.trigger.pixels = (pixels.narrow(1, place.top, place.height).narrow(2, place.left, place.width) * 255)
                              .round()
                              .to(torch::kUInt8)
                              .cpu()
                              .contiguous();
    const torch::NoGradGuard off;
    const poisoning::Trigger after(made.trigger, channels, height, width);
    made.before = excitement(before.stamp(x)).item<double>();
    made.after = excitement(after.stamp(x)).item<double>();
    return made;
}

} // namespace assay::backdoor
