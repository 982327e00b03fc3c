#include "backend/attacks/attack_task.h"

#include "backend/attacks/check.h"
#include "backend/models/parallel.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>

namespace assay::attacks {

namespace {

/// Passes that the samples of one group fill while none is done.
constexpr std::int64_t kPassesOfTask = 4;
/// Groups there should be before they grow beyond one pass.
constexpr std::int64_t kGroupsWanted = 4;
/// Keeps rounded L1 sums inside the ball.
constexpr double kL1Inside = 1 - 1e-6;

void place(torch::Tensor* whole, const torch::Tensor& part, std::int64_t first, std::int64_t total)
{
    if (!whole)
        return;
    if (part.size(0) == total) {
        *whole = part;
        return;
    }
    if (first == 0) {
        std::vector<std::int64_t> shape = part.sizes().vec();
        shape.front() = total;
        *whole = torch::empty(shape, part.options());
    }
    whole->narrow(0, first, part.size(0)).copy_(part);
}

/// How many of @p flags, bool on the CPU, are set. At most steps it is none, found without an operator.
std::int64_t setFlags(const torch::Tensor& flags)
{
    const auto* flag = flags.data_ptr<bool>();
    return std::count(flag, flag + flags.numel(), true);
}

} // namespace

torch::Tensor AttackTask::logits(const torch::Tensor& at)
{
    const torch::NoGradGuard off;
    torch::Tensor all;
    inParts(at.size(0), part, [&](std::int64_t first, std::int64_t n) {
        place(&all, source.logits(partOf(at, first, n)), first, at.size(0));
    });
    forwardImages += at.size(0) * source.passes();
    return all;
}

torch::Tensor AttackTask::losses(const torch::Tensor& at, const RowLoss& loss, torch::Tensor* logits)
{
    const torch::NoGradGuard off;
    torch::Tensor all;
    inParts(at.size(0), part, [&](std::int64_t first, std::int64_t n) {
        torch::Tensor answered;
        const Loss ofPart = [&](const torch::Tensor& z, const torch::Tensor&, bool) {
            return loss(z, first);
        };
        place(&all, source.losses(partOf(at, first, n), ofPart, {}, false, logits ? &answered : nullptr),
              first, at.size(0));
        if (logits)
            place(logits, answered, first, at.size(0));
    });
    forwardImages += at.size(0) * source.passes();
    return all;
}

torch::Tensor AttackTask::gradient(const torch::Tensor& at, const RowLoss& loss, torch::Tensor* logits,
                                   torch::Tensor* losses)
{
    const auto ofPart = [&](std::int64_t first, std::int64_t, GradientOptions& options) {
        options.loss = [&loss, first](const torch::Tensor& z, const torch::Tensor&, bool) {
            return loss(z, first);
        };
        return torch::Tensor();
    };
    return gradientInParts(at, ofPart, logits, losses);
}

torch::Tensor AttackTask::gradient(const torch::Tensor& at, const Loss& loss, const torch::Tensor& classes,
                                   torch::Tensor* logits, torch::Tensor* losses)
{
    const auto ofPart = [&](std::int64_t first, std::int64_t n, GradientOptions& options) {
        options.loss = loss;
        options.targeted = targeted();
        return partOf(classes, first, n);
    };
    return gradientInParts(at, ofPart, logits, losses);
}

template <class OfPart>
torch::Tensor AttackTask::gradientInParts(const torch::Tensor& at, OfPart ofPart, torch::Tensor* logits,
                                          torch::Tensor* losses)
{
    const torch::AutoGradMode on(true);
    torch::Tensor all;
    inParts(at.size(0), part, [&](std::int64_t first, std::int64_t n) {
        torch::Tensor answered;
        torch::Tensor each;
        GradientOptions options{.logits = logits ? &answered : nullptr, .losses = losses ? &each : nullptr};
        const torch::Tensor classes = ofPart(first, n, options);
        place(&all, lossGradient(source, partOf(at, first, n), classes, options), first, at.size(0));
        if (logits)
            place(logits, answered, first, at.size(0));
        if (losses)
            place(losses, each, first, at.size(0));
    });
    forwardImages += at.size(0) * source.passes();
    gradientImages += at.size(0) * source.passes();
    return all;
}

void AttackTask::settle(const torch::Tensor& nearest, const torch::Tensor& found)
{
    const torch::Tensor within =
        perturbationNorm(nearest - clean, budget.norm).le(budget.eps).logical_and_(found);
    torch::Tensor result = nearest.clone();
    if (budget.norm == Norm::L1) {
        const torch::Tensor size = perturbationNorm(nearest - clean, budget.norm).clamp_min_(kVanishing);
        result = clean + (nearest - clean) * perImage((budget.eps * kL1Inside / size).clamp_max_(1));
    } else {
        Ball(clean, budget.norm, budget.eps).project(result);
    }
    adversarial.copy_(torch::where(perImage(within), nearest, result));
    // What was found within the ball was judged when it was found: a pass of another size rounds otherwise.
    success.copy_(fooled(logits(adversarial), classes(), targeted()).logical_or_(within));
}

torch::Tensor partOf(const torch::Tensor& all, std::int64_t first, std::int64_t count)
{
    return count == all.size(0) ? all : all.narrow(0, first, count);
}

torch::Tensor perturbationNorm(const torch::Tensor& difference, Norm norm)
{
    const torch::Tensor flat = difference.flatten(1);
    switch (norm) {
    case Norm::L2:
        return flat.norm(2, 1);
    case Norm::L1:
        return flat.abs().sum(1);
    case Norm::Linf:
        break;
    }
    return flat.abs().amax(1);
}

torch::Tensor perImage(const torch::Tensor& flags)
{
    return flags.view({-1, 1, 1, 1});
}

std::optional<Parting> partedBy(const torch::Tensor& flags)
{
    const auto count = flags.is_cpu() ? setFlags(flags.contiguous()) : flags.sum().item<std::int64_t>();
    if (count == 0)
        return std::nullopt;
    // Who leaves first; nonzero() would wait for the device once more.
    const torch::Tensor order =
        std::get<1>(flags.logical_not().to(torch::kUInt8).sort(/*stable=*/true, 0, /*descending=*/false));
    return Parting{.leaving = order.narrow(0, 0, count),
                   .staying = order.narrow(0, count, flags.size(0) - count)};
}

std::int64_t groupImages(std::int64_t count, std::int64_t part)
{
    return part * std::clamp<std::int64_t>(count / (part * kGroupsWanted), 1, kPassesOfTask);
}

Budget TaskAttack::resolved(const Budget& budget) const
{
    checkBudget(budget, m_name);
    checkNorm(budget.norm, m_norms, m_name);
    return budget;
}

AttackResult TaskAttack::run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                             const Budget& given, const Context& context) const
{
    const Budget budget = resolved(given);
    source.requireGradients(m_name);
    checkInputs(x, y, source.classCount(), source.models().front()->name(), context, m_name);
    check(source, context);

    const torch::Device device = source.device();
    const std::int64_t count = x.size(0);
    const torch::Tensor clean = x.detach().to(device).contiguous();
    const torch::Tensor labels = y.to(device);
    const torch::Tensor targets = context.target ? context.target->to(device) : torch::Tensor();
    const torch::Tensor samples = sampleNumbers(context, count, device);
    torch::Tensor adversarial = clean.clone();
    torch::Tensor success = torch::zeros({count}, torch::TensorOptions(torch::kBool).device(device));

    const std::int64_t stepsOfImage = imageSteps(source, budget, context);
    HookCalls hooks(context.hooks, count * stepsOfImage);
    std::atomic<std::int64_t> forwards = 0;
    std::atomic<std::int64_t> gradients = 0;
    const std::int64_t part = models::chunkImages(clean);
    models::forEachChunk(count, groupImages(count, part), device, [&](std::int64_t first, std::int64_t n) {
        AttackTask task{.source = source,
                        .budget = budget,
                        .context = context,
                        .hooks = hooks,
                        .firstImage = first,
                        .part = part,
                        .clean = clean.narrow(0, first, n),
                        .labels = labels.narrow(0, first, n),
                        .targets = targets.defined() ? targets.narrow(0, first, n) : targets,
                        .samples = samples.narrow(0, first, n),
                        .adversarial = adversarial.narrow(0, first, n),
                        .success = success.narrow(0, first, n)};
        attackTask(task);
        task.advance(n * stepsOfImage - task.advanced);
        forwards += task.forwardImages;
        gradients += task.gradientImages;
    });
    return {.adversarial = adversarial,
            .success = success.cpu(),
            .forwardImages = forwards,
            .gradientImages = gradients};
}

} // namespace assay::attacks
