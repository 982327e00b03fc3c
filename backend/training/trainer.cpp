#include "backend/training/trainer.h"

#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"
#include "backend/training/augment.h"
#include "backend/training/epoch_loop.h"
#include "backend/training/resume_file.h"
#include "backend/training/sgd.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/nn.h>
#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <numbers>

namespace assay::training {

namespace {

/// The share of the training that is done goes from 0 to 1.
double learningRate(const TrainSpec& spec, double share)
{
    switch (spec.schedule) {
    case Schedule::Linear:
        return spec.learningRate * (1 - share);
    case Schedule::Cosine:
        return spec.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * share));
    }
    return spec.learningRate;
}

/// One training: the network, its data, and all that changes from batch to batch.
class Run
{
public:
    Run(models::Network& network, TrainingImages& images, const TrainSpec& spec, const TrainHooks& hooks)
        : m_network(network)
        , m_spec(spec)
        , m_hooks(hooks)
        , m_count(spec.trainCount > 0 ? std::min(spec.trainCount, images.size()) : images.size())
        , m_images(images)
        , m_order(at::detail::createCPUGenerator(spec.orderSeed))
    {
        if (spec.initialise)
            models::initialise(network, at::detail::createCPUGenerator(spec.initSeed));
        for (torch::Tensor& parameter : network.parameters())
            parameter.requires_grad_(true);
        if (spec.optimiser == Optimiser::Adam)
            m_adam = Adam(network.parameters(), spec.weightDecay);
        else
            m_sgd = Sgd(network.parameters(), spec.momentum, spec.weightDecay);
        m_device = network.parameters().front().device();
        resume();
    }

    std::vector<EpochReport> run()
    {
        return runEpochs(
            m_network, m_hooks, m_spec.epochs, m_epoch, [this] { return epoch(); },
            [this] { return state(); });
    }

private:
    std::int64_t batchCount() const { return (m_count + m_spec.batch - 1) / m_spec.batch; }

    EpochReport epoch()
    {
        const auto began = std::chrono::steady_clock::now();
        m_network.train();
        // Sums stay on the device; they are read once an epoch.
        torch::Tensor lossSum =
            torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat64).device(m_device));
        torch::Tensor right = torch::zeros({}, torch::TensorOptions().dtype(torch::kInt64).device(m_device));
        m_images.begin(torch::randperm(m_count, m_order, torch::kInt64), m_spec.batch);
        const std::int64_t batches = batchCount();
        double rate = 0;
        for (std::int64_t b = 0; b < batches; ++b) {
            if (m_hooks.checkpoint)
                m_hooks.checkpoint();
            const std::int64_t first = b * m_spec.batch;
            const std::int64_t count = std::min<std::int64_t>(m_spec.batch, m_count - first);
            const double share =
                static_cast<double>(m_epoch * batches + b) / static_cast<double>(m_spec.epochs * batches);
            rate = learningRate(m_spec, share);
            step(m_images.next(), rate, lossSum, right);
            if (m_hooks.progress)
                m_hooks.progress(m_epoch * m_count + first + count, m_spec.epochs * m_count);
        }
        ++m_epoch;
        const double loss = lossSum.item<double>() / static_cast<double>(m_count);
        if (!std::isfinite(loss))
            throw Error("the loss is no longer finite after epoch " + std::to_string(m_epoch), "training",
                        "Lower the learning rate.");
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
        return {.epoch = m_epoch,
                .epochs = m_spec.epochs,
                .loss = loss,
                .trainAccuracy =
                    static_cast<double>(right.item<std::int64_t>()) / static_cast<double>(m_count),
                .learningRate = rate,
                .seconds = seconds.count()};
    }

    void step(const TrainingImages::Batch& batch, double rate, torch::Tensor& lossSum, torch::Tensor& right)
    {
        torch::Tensor x = batch.images;
        if (x.scalar_type() == torch::kUInt8)
            x = x.to(torch::kFloat32).div_(255.0);
        x = augment(x, {.flip = m_spec.flip, .shift = m_spec.shift, .fill = m_spec.fill}, m_order)
                .to(m_device);
        const torch::Tensor y = batch.labels.to(m_device);
        const torch::Tensor logits = m_network.forward(x);
        const torch::Tensor loss = lossOf(x, logits, y);
        if (m_spec.optimiser == Optimiser::Adam)
            m_adam.step(torch::autograd::grad({loss}, m_adam.parameters()), rate);
        else
            m_sgd.step(torch::autograd::grad({loss}, m_sgd.parameters()), rate);
        lossSum.add_(loss.detach().to(torch::kFloat64), x.size(0));
        right.add_(logits.detach().argmax(1).eq(y).sum());
    }

    torch::Tensor lossOf(const torch::Tensor& x, const torch::Tensor& logits, const torch::Tensor& y) const
    {
        if (m_hooks.loss)
            return m_hooks.loss(x, logits, y);
        return torch::nn::functional::cross_entropy(
            logits, y,
            torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(m_spec.labelSmoothing));
    }

    TrainState state() const
    {
        return {.epoch = m_epoch,
                .epochs = m_spec.epochs,
                .spec = toJson(m_spec).dump(),
                .setHash = m_setHash,
                .weights = m_network.persistent(),
                .momentum = m_spec.optimiser == Optimiser::Adam ? m_adam.moments() : m_sgd.momentum(),
                .generator = m_order.get_state()};
    }

    void resume()
    {
        if (m_hooks.resumeFile.empty())
            return;
        m_setHash = m_images.hash(m_count);
        if (!std::filesystem::exists(m_hooks.resumeFile))
            return;
        TrainState saved = state();
        readResume(m_hooks.resumeFile, saved);
        m_epoch = saved.epoch;
        m_order.set_state(saved.generator);
        m_adam.setSteps(m_epoch * batchCount());
    }

    models::Network& m_network;
    const TrainSpec& m_spec;
    const TrainHooks& m_hooks;
    std::int64_t m_count;
    TrainingImages& m_images;
    at::Generator m_order; ///< batch order and augmentation
    Sgd m_sgd;             ///< one of the two is used
    Adam m_adam;
    torch::Device m_device = torch::kCPU;
    std::string m_setHash; ///< only computed when there is a resume file
    int m_epoch = 0;       ///< epochs done
};

} // namespace

std::vector<EpochReport> trainNetwork(models::Network& network, TrainingImages& images, const TrainSpec& spec,
                                      const TrainHooks& hooks)
{
    checkSpec(spec, "training");
    const models::SingleThread guard;
    const torch::AutoGradMode gradients(true);
    return Run(network, images, spec, hooks).run();
}

std::vector<EpochReport> trainNetwork(models::Network& network, const torch::Tensor& images,
                                      const torch::Tensor& labels, const TrainSpec& spec,
                                      const TrainHooks& hooks)
{
    checkSpec(spec, "training");
    return trainNetwork(network, *trainingImages(images, labels), spec, hooks);
}

} // namespace assay::training
