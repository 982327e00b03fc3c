#include "plugins/backdoor/unlearn_baselines.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::backdoor {

// Adversarial Neuron Pruning (D. Wu, Y. Wang: Adversarial Neuron Pruning Purifies Backdoored Deep Models,
// NeurIPS 2021), with the numbers of its section 4.1 and of the authors' code. A neuron is what a batch
// normalisation scales, as there; of layers without one, whose networks the authors do not have, a unit of a
// convolution or of a hidden fully connected layer.

namespace {

constexpr double kAnpRange = 0.4; ///< epsilon
constexpr double kAnpClean = 0.2; ///< alpha: weight of the loss without noise
constexpr double kAnpRate = 0.2;  ///< of the masks
constexpr double kAnpMomentum = 0.9;
constexpr double kAnpThreshold = 0.2; ///< masks below it are pruned
constexpr int kAnpRecorded = 10;      ///< steps of the film while masks are found

/// Units of a layer with their masks and noise.
struct Neurons
{
    torch::Tensor weight, bias;     ///< of the network; bias may be undefined
    torch::Tensor weight0, bias0;   ///< as they were
    torch::Tensor mask, momentum;   ///< [units]
    torch::Tensor noise, biasNoise; ///< [units]

    torch::Tensor perUnit(const torch::Tensor& units) const
    {
        std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
        shape[0] = -1;
        return units.view(shape);
    }
    void write(bool noisy)
    {
        weight.copy_(weight0 * perUnit(noisy ? mask + noise : mask));
        if (bias.defined())
            bias.copy_(noisy ? bias0 * (1 + biasNoise) : bias0);
    }
    /// Gradient of the loss by the mask (or its noise): the chain rule through weight = (mask + noise)
    /// weight0.
    torch::Tensor maskGradient(const torch::Tensor& gradient) const
    {
        return (gradient * weight0).flatten(1).sum(1);
    }
};

class NeuronMasks
{
public:
    NeuronMasks(models::Network& network, const std::vector<models::ProbedLayer>& layers,
                at::Generator generator)
        : m_network(network)
        , m_generator(std::move(generator))
    {
        for (std::size_t l = 0; l + 1 < layers.size(); ++l) { // the last gives the classes
            const bool norm = layers[l].normWeight.defined();
            Neurons n;
            n.weight = norm ? layers[l].normWeight.unsqueeze(1) : layers[l].weight;
            n.bias = norm ? layers[l].normBias : layers[l].bias;
            n.weight0 = n.weight.clone();
            if (n.bias.defined())
                n.bias0 = n.bias.clone();
            n.mask = torch::ones({n.weight.size(0)}, n.weight.options());
            n.momentum = torch::zeros_like(n.mask);
            m_neurons.push_back(std::move(n));
        }
        if (m_neurons.empty())
            throw Error("has no hidden layer whose units could be pruned", "anp",
                        "Leave the method out for this model.");
    }

    void step(const Lesson& batch)
    {
        drawNoise();
        // The noise that hurts most: one step along the sign of the gradient, kept in its range.
        std::vector<Gradient> hurt = gradients(batch, true);
        const torch::NoGradGuard off;
        for (std::size_t i = 0; i < m_neurons.size(); ++i) {
            Neurons& n = m_neurons[i];
            n.noise =
                (n.noise + kAnpRange * n.maskGradient(hurt[i].weight).sign()).clamp(-kAnpRange, kAnpRange);
            if (n.bias.defined())
                n.biasNoise =
                    (n.biasNoise + kAnpRange * (hurt[i].bias * n.bias0).sign()).clamp(-kAnpRange, kAnpRange);
        }
        const std::vector<Gradient> noisy = gradients(batch, true), natural = gradients(batch, false);
        for (std::size_t i = 0; i < m_neurons.size(); ++i) {
            Neurons& n = m_neurons[i];
            n.momentum = kAnpMomentum * n.momentum + kAnpClean * n.maskGradient(natural[i].weight) +
                         (1 - kAnpClean) * n.maskGradient(noisy[i].weight);
            n.mask = (n.mask - kAnpRate * n.momentum).clamp(0, 1);
        }
    }

    /// The network with masks below the threshold at 0 and all others at 1.
    void prune()
    {
        const torch::NoGradGuard off;
        for (Neurons& n : m_neurons) {
            const torch::Tensor found = n.mask;
            n.mask = (found >= kAnpThreshold).to(found.scalar_type());
            n.write(false);
            n.mask = found;
        }
    }

private:
    struct Gradient
    {
        torch::Tensor weight, bias;
    };

    void drawNoise()
    {
        const auto drawn = [&](const torch::Tensor& like) {
            return (2 * torch::rand(like.sizes(), m_generator, torch::kFloat32) - 1)
                .mul_(kAnpRange)
                .to(like.device());
        };
        for (Neurons& n : m_neurons) {
            n.noise = drawn(n.mask);
            n.biasNoise = drawn(n.mask);
        }
    }

    std::vector<Gradient> gradients(const Lesson& batch, bool noisy)
    {
        {
            const torch::NoGradGuard off;
            for (Neurons& n : m_neurons)
                n.write(noisy);
        }
        const at::AutoGradMode on(true);
        // Views of a network's tensors cannot learn: its parameters do, and are found again by place.
        const std::vector<torch::Tensor> parameters = m_network.parameters();
        const Learning learning(parameters);
        const auto all = learning.gradients(crossEntropyOf(m_network, batch.x, batch.y));
        const auto of = [&](const torch::Tensor& tensor) {
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                if (parameters[i].data_ptr() != tensor.data_ptr())
                    continue;
                const bool turned = tensor.dim() == 2 && parameters[i].dim() == 2 &&
                                    parameters[i].strides() != tensor.strides();
                return turned ? all[i].t() : all[i].reshape(tensor.sizes());
            }
            return torch::zeros_like(tensor);
        };
        std::vector<Gradient> result;
        for (const Neurons& n : m_neurons)
            result.push_back({of(n.weight), n.bias.defined() ? of(n.bias) : torch::Tensor()});
        return result;
    }

    models::Network& m_network;
    at::Generator m_generator;
    std::vector<Neurons> m_neurons;
};

} // namespace

void pruneAdversarially(models::Network& network, const std::vector<models::ProbedLayer>& layers,
                        const BaselineInputs& inputs, const at::Generator& generator,
                        const UnlearnCalls& calls)
{
    NeuronMasks masks(network, layers, generator);
    LessonBatches batches(inputs.clean, inputs.lesson.batch, generator);
    const int every = std::max(1, inputs.anpSteps / kAnpRecorded);
    int recorded = 0;
    for (int step = 1; step <= inputs.anpSteps; ++step) {
        if (calls.checkpoint)
            calls.checkpoint();
        masks.step(batches.next());
        if (step % every != 0 && step != inputs.anpSteps)
            continue;
        masks.prune();
        if (calls.step && calls.step("unlearn", ++recorded))
            return;
    }
}

} // namespace assay::backdoor
