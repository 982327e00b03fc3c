#include "backend/attacks/attack.h"

#include "backend/attacks/check.h"
#include "backend/attacks/hook_calls.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr double kMaxEpsL2 = 1000;
constexpr double kMaxSteps = 100000;
constexpr double kMeanFloor = 1e-12;

const char* normName(Norm norm)
{
    return norm == Norm::Linf ? "linf" : "l2";
}

/// What the chunks of one attack share.
struct Job
{
    const models::Model& model;
    const AttackSpec& spec;
    double direction; ///< +1 climbs the loss of the label, -1 descends that of the target
    HookCalls& hooks;
};

/// The momentum of mi-fgsm, or the gradient itself.
torch::Tensor accumulated(torch::Tensor& momentum, const torch::Tensor& gradient, const AttackSpec& spec)
{
    if (spec.method != "mi-fgsm")
        return gradient;
    const torch::Tensor mean = gradient.abs().mean(torch::IntArrayRef{1, 2, 3}, true).add_(kMeanFloor);
    const torch::Tensor scaled = gradient / mean;
    momentum = momentum.defined() ? momentum.mul_(spec.momentum).add_(scaled) : scaled;
    return momentum;
}

/// Attacks one chunk: @p position is the start and becomes the result.
void attackChunk(const Job& job, const torch::Tensor& x, const torch::Tensor& classes, torch::Tensor position,
                 std::int64_t firstImage)
{
    const Ball ball(x, job.spec.norm, job.spec.eps);
    torch::Tensor momentum;
    job.hooks.position(0, firstImage, position);
    for (int t = 0; t < job.spec.steps; ++t) {
        job.hooks.checkpoint();
        const torch::Tensor gradient = lossGradient(job.model, position, classes);
        ball.step(position, accumulated(momentum, gradient, job.spec), job.direction * job.spec.stepSize);
        job.hooks.advance(x.size(0));
        job.hooks.position(t + 1, firstImage, position);
    }
}

} // namespace

AttackSpec resolved(AttackSpec spec)
{
    const auto& known = builtinAttacks();
    const bool found = std::any_of(known.begin(), known.end(),
                                   [&](const AttackInfo& info) { return info.name == spec.method; });
    if (!found) {
        std::string names;
        for (const AttackInfo& info : known)
            names += (names.empty() ? "" : ", ") + info.name;
        throw Error("there is no attack '" + spec.method + "'", {}, "Known attacks: " + names + ".");
    }
    const double widest = spec.norm == Norm::Linf ? 1 : kMaxEpsL2;
    checkRange("eps", spec.eps, 0, widest, spec.method);
    checkRange("steps", spec.steps, 1, kMaxSteps, spec.method);
    checkRange("step_size", spec.stepSize, 0, widest, spec.method);
    checkRange("momentum", spec.momentum, 0, 10, spec.method);
    if (spec.method == "fgsm") {
        spec.steps = 1;
        spec.stepSize = spec.eps;
    }
    if (spec.method != "pgd")
        spec.randomStart = false;
    if (spec.stepSize == 0 && spec.method == "mi-fgsm")
        spec.stepSize = spec.eps / spec.steps;
    else if (spec.stepSize == 0)
        spec.stepSize = spec.norm == Norm::L2 ? spec.eps / 5 : spec.eps / 4;
    return spec;
}

Json toJson(const AttackSpec& spec)
{
    return {{"method", spec.method},
            {"norm", normName(spec.norm)},
            {"eps", spec.eps},
            {"steps", spec.steps},
            {"step_size", spec.stepSize},
            {"momentum", spec.momentum},
            {"random_start", spec.randomStart}};
}

AttackResult run(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                 const AttackSpec& given, at::Generator generator, const AttackHooks& hooks,
                 const std::optional<torch::Tensor>& target)
{
    const AttackSpec spec = resolved(given);
    checkImages(x, spec.method);
    checkPixelRange(x, spec.method);
    const std::int64_t count = x.size(0);
    checkClasses(model, y, count, "labels", spec.method);
    if (target)
        checkClasses(model, *target, count, "targets", spec.method);

    const torch::Device device = model.device();
    const torch::Tensor clean = x.detach().to(device).contiguous();
    const torch::Tensor classes = (target ? *target : y).to(device);
    torch::Tensor result = clean.clone();
    if (spec.randomStart) {
        // For the whole batch at once, so that the draws do not depend on chunks.
        result.add_(uniformInBall(x, spec.norm, spec.eps, generator).to(device));
        Ball(clean, spec.norm, spec.eps).project(result);
    }
    HookCalls calls(hooks, count * spec.steps);
    const Job job{.model = model, .spec = spec, .direction = target ? -1.0 : 1.0, .hooks = calls};
    models::forEachChunk(count, models::kChunkImages, device, [&](std::int64_t first, std::int64_t n) {
        attackChunk(job, clean.narrow(0, first, n), classes.narrow(0, first, n), result.narrow(0, first, n),
                    first);
    });
    return {.adversarial = result, .forwardImages = count * spec.steps, .gradientImages = count * spec.steps};
}

torch::Tensor inputGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y)
{
    checkImages(x, "input gradient");
    checkClasses(model, y, x.size(0), "labels", "input gradient");
    const torch::Tensor inputs = x.detach().to(model.device()).contiguous();
    const torch::Tensor classes = y.to(model.device());
    torch::Tensor result = torch::empty_like(inputs);
    models::forEachChunk(
        x.size(0), models::kChunkImages, model.device(), [&](std::int64_t first, std::int64_t n) {
            result.narrow(0, first, n)
                .copy_(lossGradient(model, inputs.narrow(0, first, n), classes.narrow(0, first, n)));
        });
    return result;
}

const std::vector<AttackInfo>& builtinAttacks()
{
    static const std::vector<AttackInfo> attacks = {
        {.name = "fgsm",
         .title = "FGSM",
         .summary = "One step of size eps along the gradient (its sign under L-inf, its direction under L2).",
         .reference = "Goodfellow, Shlens and Szegedy 2015, arXiv 1412.6572"},
        {.name = "pgd",
         .title = "PGD",
         .summary = "Repeated gradient steps, projected onto the eps ball after each; optional random start.",
         .reference = "Madry et al. 2018, arXiv 1706.06083"},
        {.name = "mi-fgsm",
         .title = "MI-FGSM",
         .summary = "Repeated steps along a momentum of normalised gradients.",
         .reference = "Dong et al. 2018, arXiv 1710.06081"},
    };
    return attacks;
}

} // namespace assay::attacks
