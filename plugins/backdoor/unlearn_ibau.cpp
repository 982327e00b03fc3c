#include "plugins/backdoor/unlearn_baselines.h"

#include "backend/training/adam.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>

namespace assay::backdoor {

// Implicit Backdoor Adversarial Unlearning (Y. Zeng et al., ICLR 2022): min over weights of the loss under
// the universal perturbation that hurts most, min_w max_{|d| <= C} mean L(f_w(x + d), y), where the gradient
// by the weights takes the inner maximum's own dependence on them into account (equation 4), solved by fixed
// points as in the authors' code. Differences: the outer loss is the mean of that with and that without the
// perturbation (the paper: with; the code: with it in one image of a hundred), since few images and networks
// without batch normalisation lose their accuracy otherwise; pixels are [0,1], and the radius is a share of
// the largest norm that an image can have instead of 10 in units of normalised pixels, which is about the
// same.

namespace {

constexpr double kIbauRate = 1e-3;    ///< Adam on the weights
constexpr double kIbauInnerRate = 10; ///< gradient ascent on the perturbation
constexpr double kIbauMapRate = 0.1;  ///< of the map whose fixed point the perturbation is
constexpr double kIbauDecay = 1e-3;   ///< weight of |d|^2 in the inner loss
constexpr int kIbauFixedPoints = 5;
constexpr double kIbauRadius = 0.05; ///< of sqrt(C H W)

torch::Tensor innerLoss(models::Network& network, const torch::Tensor& x, const torch::Tensor& y,
                        const torch::Tensor& d)
{
    return -torch::cross_entropy_loss(network.forward(x + d), y) + kIbauDecay * d.square().sum();
}

/// The gradient of the outer loss by the weights with the share that goes through the perturbation.
std::vector<torch::Tensor> hypergradient(models::Network& network, const Learning& learning,
                                         const Lesson& inner, const Lesson& outer, const torch::Tensor& found)
{
    const torch::Tensor d = found.detach().clone().requires_grad_(true);
    std::vector<torch::Tensor> all = learning.parameters();
    all.push_back(d);
    const torch::Tensor loss =
        (crossEntropyOf(network, outer.x, outer.y) + crossEntropyOf(network, outer.x + d, outer.y)) / 2;
    const auto direct = torch::autograd::grad({loss}, all);
    const torch::Tensor slope =
        torch::autograd::grad({innerLoss(network, inner.x, inner.y, d)}, {d}, {}, true, true).front();
    const torch::Tensor map = d - kIbauMapRate * slope;
    const torch::Tensor outerSlope = direct.back();
    torch::Tensor v = torch::zeros_like(d);
    for (int k = 0; k < kIbauFixedPoints; ++k)
        v = torch::autograd::grad({map}, {d}, {v}, true).front() + outerSlope;
    auto through = torch::autograd::grad({map}, learning.parameters(), {v}, false, false, true);
    for (std::size_t i = 0; i < through.size(); ++i)
        through[i] = through[i].defined() ? through[i] + direct[i] : direct[i];
    return through;
}

} // namespace

void unlearnImplicitly(models::Network& network, const BaselineInputs& inputs, const at::Generator& generator,
                       const UnlearnCalls& calls)
{
    const Learning learning(network.parameters());
    training::Adam adam(learning.parameters(), 0);
    LessonBatches batches(inputs.clean, inputs.lesson.batch, generator);
    const auto x = inputs.clean.x.sizes();
    const double radius = kIbauRadius * std::sqrt(static_cast<double>(x[1] * x[2] * x[3]));
    for (int round = 1; round <= inputs.ibauRounds; ++round) {
        torch::Tensor d = torch::zeros({1, x[1], x[2], x[3]}, inputs.clean.x.options());
        batches.shuffle();
        for (std::int64_t b = 0; b < batches.count(); ++b) {
            if (calls.checkpoint)
                calls.checkpoint();
            const Lesson part = batches.at(b);
            const torch::Tensor at = d.detach().clone().requires_grad_(true);
            // Away from what the network says, as the authors do, not from the true class.
            const torch::Tensor said = network.forward(part.x).argmax(1).detach();
            const torch::Tensor slope =
                torch::autograd::grad({innerLoss(network, part.x, said, at)}, {at}).front();
            d = d - kIbauInnerRate * slope;
        }
        d = d * (radius / d.norm().clamp_min(1e-12)).clamp_max(1);
        const Lesson inner = batches.at(0);
        for (std::int64_t b = 0; b < batches.count(); ++b) {
            if (calls.checkpoint)
                calls.checkpoint();
            adam.step(hypergradient(network, learning, inner, batches.at(b), d), kIbauRate);
        }
        if (calls.step && calls.step("unlearn", round))
            return;
    }
}

} // namespace assay::backdoor
