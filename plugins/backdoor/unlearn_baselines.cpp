#include "plugins/backdoor/unlearn_baselines.h"

#include "backend/protocol/error.h"
#include "backend/training/sgd.h"
#include "plugins/backdoor/unlearn_edit.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

/// Gradient ascent ends when clean held-out images lose this much: natural logarithms of a probability.
constexpr double kAscentLoss = 0.5;
constexpr double kAscentClip = 10;
constexpr int kPruningSteps = 5;

std::vector<torch::Tensor> saved(const std::vector<torch::Tensor>& parameters)
{
    std::vector<torch::Tensor> copies;
    for (const torch::Tensor& parameter : parameters)
        copies.push_back(parameter.detach().clone());
    return copies;
}

void restore(const std::vector<torch::Tensor>& parameters, const std::vector<torch::Tensor>& copies)
{
    const torch::NoGradGuard off;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        torch::Tensor(parameters[i]).copy_(copies[i]);
}

/// The last convolution; of networks without any the layer before the last.
const models::ProbedLayer& prunedLayer(const std::vector<models::ProbedLayer>& layers)
{
    const auto it = std::find_if(layers.rbegin(), layers.rend(), [](const auto& l) { return l.convolution; });
    if (it != layers.rend())
        return *it;
    if (layers.size() < 2)
        throw Error("has no hidden layer whose units could be pruned", "fine-pruning",
                    "Leave the method out for this model.");
    return layers[layers.size() - 2];
}

} // namespace

const std::vector<std::string>& unlearnBaselines()
{
    static const std::vector<std::string> names = {
        "finetune", "finetune-triggered", "gradient-ascent", "fine-pruning", "nad", "anp", "i-bau"};
    return names;
}

const std::vector<std::string>& unlearnBaselineTitles()
{
    static const std::vector<std::string> titles = {
        "Fine-tuning", "Fine-tuning with triggered images", "Gradient ascent", "Fine-pruning", "NAD", "ANP",
        "I-BAU"};
    return titles;
}

bool needsTrigger(const std::string& baseline)
{
    return baseline == "finetune-triggered" || baseline == "gradient-ascent";
}

std::int64_t runBaseline(const std::string& baseline, models::Network& network,
                         const std::vector<models::ProbedLayer>& layers, const BaselineInputs& inputs,
                         const at::Generator& generator, const UnlearnCalls& calls)
{
    if (baseline == "gradient-ascent") {
        ascendGradient(network, inputs, calls);
        return inputs.forget.size(0) + inputs.held.size();
    }
    if (baseline == "finetune")
        teach(network, network.parameters(), inputs.clean, inputs.lesson, generator, calls, "unlearn");
    else if (baseline == "finetune-triggered")
        teach(network, network.parameters(), joined(inputs.clean, inputs.triggered), inputs.lesson, generator,
              calls, "unlearn");
    else if (baseline == "fine-pruning")
        finePrune(network, layers, inputs, generator, calls);
    else if (baseline == "nad")
        distilAttention(network, inputs, generator, calls);
    else if (baseline == "anp")
        pruneAdversarially(network, layers, inputs, generator, calls);
    else if (baseline == "i-bau")
        unlearnImplicitly(network, inputs, generator, calls);
    else
        throw Error("there is no method '" + baseline + "'", "baselines");
    return inputs.clean.size();
}

void ascendGradient(models::Network& network, const BaselineInputs& inputs, const UnlearnCalls& calls)
{
    const Learning learning(network.parameters());
    training::Sgd sgd(learning.parameters(), 0, 0);
    const torch::Tensor y = torch::full({inputs.forget.size(0)}, inputs.target, inputs.clean.y.options());
    const auto heldLoss = [&] {
        const torch::NoGradGuard off;
        return crossEntropyOf(network, inputs.held.x, inputs.held.y).item<double>();
    };
    const double allowed = heldLoss() + kAscentLoss;
    for (int step = 1; step <= inputs.ascentSteps; ++step) {
        if (calls.checkpoint)
            calls.checkpoint();
        const std::vector<torch::Tensor> before = saved(learning.parameters());
        const torch::Tensor loss =
            -torch::cross_entropy_loss(network.forward(inputs.forget), y, {}, at::Reduction::None)
                 .clamp_max(kAscentClip)
                 .mean();
        sgd.step(learning.gradients(loss), inputs.ascentRate);
        // Of a loss that explodes the comparison is false as well.
        if (!(heldLoss() <= allowed)) {
            restore(learning.parameters(), before);
            return;
        }
        if (calls.step && calls.step("unlearn", step))
            return;
    }
}

void finePrune(models::Network& network, const std::vector<models::ProbedLayer>& layers,
               const BaselineInputs& inputs, const at::Generator& generator, const UnlearnCalls& calls)
{
    const models::ProbedLayer& layer = prunedLayer(layers);
    const torch::Tensor order = layerActivity(network, {layer}, inputs.clean.x).front().output.argsort();
    const auto cut =
        static_cast<std::int64_t>(std::floor(inputs.pruned * static_cast<double>(layer.units())));
    torch::Tensor kept = torch::ones({layer.units()}, layer.weight.options());
    const auto hold = [&] {
        const torch::NoGradGuard off;
        std::vector<std::int64_t> shape(static_cast<std::size_t>(layer.weight.dim()), 1);
        shape[0] = -1;
        torch::Tensor(layer.weight).mul_(kept.view(shape));
        for (torch::Tensor unit : {layer.bias, layer.normWeight, layer.normBias})
            if (unit.defined())
                unit.mul_(kept);
    };
    for (int step = 1; step <= kPruningSteps; ++step) {
        kept.index_fill_(0, order.narrow(0, 0, cut * step / kPruningSteps), 0);
        hold();
        if (calls.step && calls.step("unlearn", step))
            return;
    }
    teach(network, network.parameters(), inputs.clean, inputs.lesson, generator, calls, "repair",
          kPruningSteps + 1, crossEntropyOf, hold);
}

torch::Tensor attentionOf(const torch::Tensor& maps)
{
    const torch::Tensor attention = maps.square().sum(1).flatten(1);
    return attention / (attention.norm(2, 1, true) + 1e-6);
}

void distilAttention(models::Network& network, const BaselineInputs& inputs, const at::Generator& generator,
                     const UnlearnCalls& calls)
{
    const std::shared_ptr<models::Network> teacher = network.copy();
    {
        UnlearnCalls quiet;
        quiet.checkpoint = calls.checkpoint;
        teach(*teacher, teacher->parameters(), inputs.clean, inputs.lesson, generator.clone(), quiet,
              "unlearn");
    }
    const auto attention = [](models::Network& of, const torch::Tensor& x, std::vector<torch::Tensor>& maps) {
        const models::TapSink sink = [&](const std::string&, const torch::Tensor& value) {
            if (value.dim() == 4)
                maps.push_back(attentionOf(value));
        };
        return of.forward(x, &sink);
    };
    const LessonLoss loss = [&](models::Network& student, const torch::Tensor& x, const torch::Tensor& y) {
        std::vector<torch::Tensor> mine, wanted;
        torch::Tensor sum = torch::cross_entropy_loss(attention(student, x, mine), y);
        {
            const torch::NoGradGuard off;
            attention(*teacher, x, wanted);
        }
        for (std::size_t i = 0; i < mine.size(); ++i)
            sum = sum + inputs.attention * torch::mse_loss(mine[i], wanted[i]);
        return sum;
    };
    teach(network, network.parameters(), inputs.clean, inputs.lesson, generator, calls, "unlearn", 1, loss);
}

} // namespace assay::backdoor
