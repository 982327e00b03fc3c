#include "plain_apgd.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>

namespace assay::bench {

namespace {

constexpr double kMomentum = 0.75;
constexpr double kRising = 0.75; ///< share of steps that must raise the loss, else a step is halved

struct Answer
{
    torch::Tensor logits, loss, gradient;
};

Answer ask(const PlainNetwork& network, const torch::Tensor& x, const torch::Tensor& y)
{
    const torch::Tensor leaf = x.detach().requires_grad_(true);
    const torch::Tensor logits = network.logits(leaf);
    const torch::Tensor loss = at::cross_entropy_loss(logits, y, {}, at::Reduction::None);
    return {logits.detach(), loss.detach(), torch::autograd::grad({loss.sum()}, {leaf})[0]};
}

} // namespace

torch::Tensor plainApgd(const PlainNetwork& network, const torch::Tensor& x, const torch::Tensor& y,
                        float eps, int steps)
{
    const auto inside = [&](const torch::Tensor& p) {
        return torch::min(torch::max(p, x - eps), x + eps).clamp(0, 1);
    };
    const auto column = [](const torch::Tensor& flags) { return flags.view({-1, 1, 1, 1}); };
    const torch::Tensor t = 2 * torch::rand(x.sizes(), at::detail::createCPUGenerator(0)) - 1;
    torch::Tensor now = (x + eps * t / t.abs().amax({1, 2, 3}, true)).clamp(0, 1);
    torch::Tensor before = now, fooled = x, best = now;
    Answer answer = ask(network, now, y);
    torch::Tensor gradient = answer.gradient, bestGradient = answer.gradient, bestLoss = answer.loss;
    torch::Tensor size = torch::full({x.size(0), 1, 1, 1}, 2 * eps);
    torch::Tensor lastBest = bestLoss, rises = torch::zeros_like(bestLoss), lastLoss = answer.loss;
    torch::Tensor halvedBefore = torch::ones({x.size(0)}, torch::kBool);
    int period = std::max(int(0.22 * steps), 1), sinceCheck = 0;
    for (int i = 0; i < steps; ++i) {
        const torch::Tensor momentum = now - before;
        const double a = i > 0 ? kMomentum : 1.0;
        before = now;
        const torch::Tensor ahead = inside(now + size * gradient.sign());
        now = inside(now + (ahead - now) * a + momentum * (1 - a));
        answer = ask(network, now, y);
        gradient = answer.gradient;
        fooled = torch::where(column(answer.logits.argmax(1) != y), now, fooled);
        rises += (answer.loss > lastLoss).to(torch::kFloat32);
        lastLoss = answer.loss;
        const torch::Tensor better = answer.loss > bestLoss;
        best = torch::where(column(better), now, best);
        bestGradient = torch::where(column(better), gradient, bestGradient);
        bestLoss = torch::max(bestLoss, answer.loss);
        if (++sinceCheck < period)
            continue;
        const torch::Tensor halve =
            (rises <= kRising * period)
                .logical_or(halvedBefore.logical_not().logical_and(lastBest >= bestLoss));
        halvedBefore = halve;
        lastBest = bestLoss;
        size = torch::where(column(halve), size / 2, size);
        now = torch::where(column(halve), best, now);
        gradient = torch::where(column(halve), bestGradient, gradient);
        rises = torch::zeros_like(rises);
        sinceCheck = 0;
        period = std::max(period - std::max(int(0.03 * steps), 1), std::max(int(0.06 * steps), 1));
    }
    return fooled;
}

} // namespace assay::bench
