#include "backend/attacks/patch/patch_training.h"

#include "backend/attacks/check.h"
#include "backend/attacks/hook_calls.h"
#include "backend/attacks/patch/regularisers.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr const char* kPatchTraining = "patch training";
constexpr std::uint64_t kPatchStartStream = 31;
constexpr std::uint64_t kPatchTransformStream = 32;
constexpr std::uint64_t kPatchOrderStream = 33;
constexpr std::int64_t kParts = 3; ///< of the loss: attack, variation, non-printable
/// Draws over which the loss of a patch of a single image is judged in the end.
constexpr std::int64_t kFinalDraws = 4;

/// What training works on, all on the objective's device.
struct Work
{
    const PatchObjective& objective;
    const PatchTraining& how;
    torch::Tensor images;
    torch::Tensor labels;
    PatchBoxes boxes;
    torch::Tensor samples; ///< 0 .. N-1
    torch::Tensor mask;
    torch::Tensor colours;
    RandomStreams transforms;
    std::int64_t part; ///< images that go through the model at once

    std::int64_t count() const { return images.size(0); }
    std::vector<std::int64_t> patchSizes() const { return {how.channels, how.height, how.width}; }
};

/// Images, labels and boxes of one chunk.
struct Rows
{
    torch::Tensor images;
    torch::Tensor labels;
    PatchBoxes boxes;
    torch::Tensor samples;

    Rows narrow(std::int64_t first, std::int64_t count) const
    {
        const auto cut = [&](const torch::Tensor& t) { return t.defined() ? t.narrow(0, first, count) : t; };
        return {cut(images), cut(labels), cut(boxes), cut(samples)};
    }
    Rows select(const torch::Tensor& rows) const
    {
        const auto taken = [&](const torch::Tensor& t) { return t.defined() ? t.index_select(0, rows) : t; };
        return {taken(images), taken(labels), taken(boxes), taken(samples)};
    }
};

Rows allRows(const Work& work)
{
    return {work.images, work.labels, work.boxes, work.samples};
}

/// Losses [n] of the rows with the patch under the transforms of @p iteration.
torch::Tensor attackLosses(const Work& work, const Rows& rows, const torch::Tensor& patch,
                           std::int64_t iteration)
{
    const PatchDraw draw = drawTransforms(work.how.transforms, work.transforms, rows.samples, iteration,
                                          rows.images.sizes(), work.patchSizes(), rows.boxes);
    return work.objective.losses(applyDraw(rows.images, patch, work.mask, draw), rows.labels);
}

/// Adds the gradient of the weighted regularisers, each patch's own; @p parts [..., kParts] gets their
/// values.
void addRegularisers(const Work& work, const torch::Tensor& patch, torch::Tensor& gradient,
                     const torch::Tensor& parts)
{
    const torch::AutoGradMode on(true);
    const torch::Tensor at = patch.detach().requires_grad_(true);
    const torch::Tensor variation = totalVariation(at, work.mask);
    const torch::Tensor printing = nonPrintability(at, work.colours, work.mask);
    parts.select(-1, 1).copy_(variation.detach());
    parts.select(-1, 2).copy_(printing.detach());
    if (work.how.variation == 0 && work.how.nonPrintable == 0)
        return;
    const torch::Tensor sum = (variation * work.how.variation + printing * work.how.nonPrintable).sum();
    gradient.add_(torch::autograd::grad({sum}, {at}).front());
}

/// One order of all images after the other, cut to @p batch a step: int64 [steps,batch].
torch::Tensor batchOrder(const Work& work, int restart, std::int64_t batch)
{
    const RandomStreams streams(work.how.seed, kPatchOrderStream);
    const std::int64_t wanted = work.how.steps * batch;
    const std::int64_t rounds = (wanted + work.count() - 1) / work.count();
    std::vector<torch::Tensor> orders;
    for (std::int64_t round = 0; round < rounds; ++round)
        orders.push_back(
            streams.uniform(torch::empty({1, work.count()}), torch::full({1}, restart, torch::kInt64), round)
                .view({-1})
                .argsort());
    return torch::cat(orders).narrow(0, 0, wanted).view({work.how.steps, batch}).to(work.images.device());
}

torch::Tensor startOf(const Work& work, int restart, const torch::Tensor& samples)
{
    std::vector<std::int64_t> shape = work.patchSizes();
    shape.insert(shape.begin(), samples.size(0));
    if (restart == 0 && work.how.start.defined())
        return work.how.start.to(work.images.device()).unsqueeze(0).expand(shape).clone();
    const RandomStreams streams(work.how.seed, kPatchStartStream);
    return streams.uniform(torch::empty(shape), samples, restart);
}

std::int64_t iterationOf(const Work& work, int restart, std::int64_t step)
{
    return restart * (work.how.steps + kFinalDraws) + step;
}

/// Attack losses [n] in the end, under draws that were not trained on.
torch::Tensor finalLossesOf(const Work& work, const Rows& rows, const torch::Tensor& patch,
                            std::int64_t draws)
{
    const torch::NoGradGuard off;
    torch::Tensor sum = torch::zeros({rows.images.size(0)}, rows.images.options());
    for (std::int64_t draw = 0; draw < draws; ++draw)
        // The same draws for every try, so that tries are compared and not draws.
        sum += attackLosses(work, rows, patch, iterationOf(work, 0, work.how.steps + draw));
    return sum / draws;
}

/// One patch and how it came about.
struct Try
{
    torch::Tensor patch;
    torch::Tensor parts; ///< float32 [steps,kParts]
    double loss = 0;
};

/// Gradient of the mean loss of a step's rows, summed over chunks in their order; @p parts [kParts].
torch::Tensor stepGradient(const Work& work, const Rows& rows, const torch::Tensor& patch,
                           std::int64_t iteration, const torch::Tensor& parts)
{
    const std::int64_t count = rows.images.size(0);
    const std::int64_t chunks = (count + work.part - 1) / work.part;
    std::vector<torch::Tensor> gradients(static_cast<std::size_t>(chunks));
    std::vector<torch::Tensor> sums(static_cast<std::size_t>(chunks));
    models::forEachChunk(count, work.part, work.images.device(), [&](std::int64_t first, std::int64_t n) {
        const auto chunk = static_cast<std::size_t>(first / work.part);
        const torch::Tensor at = patch.detach().requires_grad_(true);
        const torch::Tensor loss = attackLosses(work, rows.narrow(first, n), at, iteration).sum();
        gradients[chunk] = torch::autograd::grad({loss}, {at}).front();
        sums[chunk] = loss.detach();
    });
    torch::Tensor gradient = torch::stack(gradients).sum(0).div_(double(count));
    parts.select(0, 0).copy_(torch::stack(sums).sum().div_(double(count)));
    addRegularisers(work, patch, gradient, parts);
    return gradient;
}

Try trainUniversal(const Work& work, int restart, const PatchHooks& hooks, HookCalls& calls)
{
    const std::int64_t batch = std::min(work.how.batch, work.count());
    const torch::Tensor order = batchOrder(work, restart, batch);
    Try made{.patch = startOf(work, restart, torch::zeros({1}, work.samples.options())).squeeze(0),
             .parts = torch::zeros({work.how.steps, kParts}, work.images.options())};
    PatchStepper stepper(work.how.step, work.how.rate);
    if (hooks.step)
        hooks.step(restart, 0, made.patch);
    for (std::int64_t step = 0; step < work.how.steps; ++step) {
        calls.checkpoint();
        const Rows rows = allRows(work).select(order[step]);
        const torch::Tensor gradient =
            stepGradient(work, rows, made.patch, iterationOf(work, restart, step), made.parts[step]);
        stepper.step(made.patch, gradient);
        calls.advance(1);
        if (hooks.step)
            hooks.step(restart, step + 1, made.patch);
    }
    torch::Tensor losses = torch::zeros({work.count()}, work.images.options());
    models::forEachChunk(work.count(), work.part, work.images.device(),
                         [&](std::int64_t first, std::int64_t n) {
                             losses.narrow(0, first, n)
                                 .copy_(finalLossesOf(work, allRows(work).narrow(first, n), made.patch, 1));
                         });
    made.loss = losses.mean().item<double>();
    return made;
}

/// All patches of one try: [N,C,h,w], their losses [N] and the parts of each, [N,steps,kParts].
struct TryPerImage
{
    torch::Tensor patches;
    torch::Tensor losses;
    torch::Tensor parts;
};

void trainChunk(const Work& work, int restart, const Rows& rows, const TryPerImage& into, std::int64_t first,
                HookCalls& calls)
{
    const std::int64_t n = rows.images.size(0);
    torch::Tensor patches = startOf(work, restart, rows.samples);
    const torch::Tensor parts = into.parts.narrow(0, first, n);
    PatchStepper stepper(work.how.step, work.how.rate);
    for (std::int64_t step = 0; step < work.how.steps; ++step) {
        calls.checkpoint();
        const torch::Tensor at = patches.detach().requires_grad_(true);
        const torch::Tensor losses = attackLosses(work, rows, at, iterationOf(work, restart, step));
        torch::Tensor gradient = torch::autograd::grad({losses.sum()}, {at}).front();
        const torch::Tensor partsNow = parts.select(1, step);
        partsNow.select(1, 0).copy_(losses.detach());
        addRegularisers(work, patches, gradient, partsNow);
        stepper.step(patches, gradient);
        calls.advance(n);
    }
    into.patches.narrow(0, first, n).copy_(patches);
    into.losses.narrow(0, first, n).copy_(finalLossesOf(work, rows, patches, kFinalDraws));
}

TryPerImage trainPerImage(const Work& work, int restart, HookCalls& calls)
{
    const auto options = work.images.options();
    TryPerImage made{
        .patches = torch::empty({work.count(), work.how.channels, work.how.height, work.how.width}, options),
        .losses = torch::empty({work.count()}, options),
        .parts = torch::zeros({work.count(), work.how.steps, kParts}, options)};
    models::forEachChunk(work.count(), work.part, work.images.device(),
                         [&](std::int64_t first, std::int64_t n) {
                             trainChunk(work, restart, allRows(work).narrow(first, n), made, first, calls);
                         });
    return made;
}

PatchHistory historyOf(const torch::Tensor& parts)
{
    const torch::Tensor host = parts.cpu();
    const auto part = [&](std::int64_t k) { return host.select(1, k).contiguous(); };
    return {part(0), part(1), part(2)};
}

void checkTraining(const torch::Tensor& images, const torch::Tensor& labels, const PatchBoxes& boxes,
                   const PatchTraining& how)
{
    checkImages(images, kPatchTraining);
    checkPixelRange(images, kPatchTraining);
    checkClasses(0, {}, labels, images.size(0), "labels", kPatchTraining);
    how.transforms.check();
    checkRange("rate", how.rate, 0, 1, kPatchTraining);
    checkRange("steps", double(how.steps), 1, 1e6, kPatchTraining);
    checkRange("batch", double(how.batch), 1, 1e6, kPatchTraining);
    checkRange("restarts", how.restarts, 1, 1000, kPatchTraining);
    checkRange("variation", how.variation, 0, 1e6, kPatchTraining);
    checkRange("nonPrintable", how.nonPrintable, 0, 1e6, kPatchTraining);
    if (images.size(0) == 0)
        throw Error("a patch needs at least one image to be trained on", kPatchTraining);
    if (how.channels != images.size(1) || how.height < 1 || how.width < 1)
        throw Error("a patch of " + std::to_string(how.channels) + " channels does not fit images of " +
                        std::to_string(images.size(1)),
                    kPatchTraining);
    if (boxes.defined() && (boxes.dim() != 3 || boxes.size(0) != images.size(0) || boxes.size(2) != 4))
        throw Error("boxes must be [N,k,4], one row an image", kPatchTraining);
}

Work workFor(const PatchObjective& objective, const torch::Tensor& images, const torch::Tensor& labels,
             const PatchBoxes& boxes, const PatchTraining& how)
{
    const torch::Device device = objective.device();
    const torch::Tensor mask = how.mask.defined() ? how.mask : torch::ones({1, how.height, how.width});
    return {.objective = objective,
            .how = how,
            .images = images.detach().to(device).contiguous(),
            .labels = labels.to(device),
            .boxes = boxes.defined() ? boxes.to(device, torch::kFloat32) : boxes,
            .samples = torch::arange(images.size(0), torch::kInt64).to(device),
            .mask = mask.to(device),
            .colours =
                how.colours.defined() ? how.colours.to(device) : printableColours(how.channels, device),
            .transforms = RandomStreams(how.seed, kPatchTransformStream),
            .part = models::chunkImages(images)};
}

TrainedPatch universal(const Work& work, const PatchHooks& hooks, HookCalls& calls)
{
    TrainedPatch result;
    std::optional<Try> best;
    for (int restart = 0; restart < work.how.restarts; ++restart) {
        Try made = trainUniversal(work, restart, hooks, calls);
        result.finalLosses.push_back(made.loss);
        if (best && !(made.loss < best->loss))
            continue;
        best = std::move(made);
        result.restart = restart;
    }
    result.patch = best->patch;
    result.history = historyOf(best->parts);
    result.gradientImages = work.how.restarts * work.how.steps * std::min(work.how.batch, work.count());
    return result;
}

TrainedPatch perImage(const Work& work, HookCalls& calls)
{
    TrainedPatch result;
    TryPerImage best;
    for (int restart = 0; restart < work.how.restarts; ++restart) {
        const TryPerImage made = trainPerImage(work, restart, calls);
        result.finalLosses.push_back(made.losses.mean().item<double>());
        if (restart == 0) {
            best = made;
            continue;
        }
        const torch::Tensor better = made.losses.lt(best.losses);
        best.patches = torch::where(better.view({-1, 1, 1, 1}), made.patches, best.patches);
        best.parts = torch::where(better.view({-1, 1, 1}), made.parts, best.parts);
        best.losses = torch::where(better, made.losses, best.losses);
    }
    result.patch = best.patches;
    result.history = historyOf(best.parts.mean(0));
    result.gradientImages = work.how.restarts * work.how.steps * work.count();
    return result;
}

} // namespace

TrainedPatch trainPatch(const PatchObjective& objective, const torch::Tensor& images,
                        const torch::Tensor& labels, const PatchBoxes& boxes, const PatchTraining& how,
                        const PatchHooks& hooks)
{
    checkTraining(images, labels, boxes, how);
    // Each step hands out chunks: without this, each would switch LibTorch's threads off and on again.
    const models::SingleThread guard;
    const Work work = workFor(objective, images, labels, boxes, how);
    const AttackHooks passedOn{.checkpoint = hooks.checkpoint, .progress = hooks.progress};
    HookCalls calls(passedOn, how.restarts * how.steps * (how.perImage ? work.count() : 1));
    TrainedPatch result = how.perImage ? perImage(work, calls) : universal(work, hooks, calls);
    result.patch = result.patch.detach();
    result.mask = work.mask;
    return result;
}

} // namespace assay::attacks
