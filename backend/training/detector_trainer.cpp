#include "backend/training/detector_trainer.h"

#include "backend/models/architectures/grid_detector.h"
#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"
#include "backend/training/epoch_loop.h"
#include "backend/training/resume_file.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace assay::training {

namespace {

/// How likely a cell holds an object before anything is learned: about one cell in a hundred does.
constexpr double kObjectPrior = 0.01;

void checkImages(const DetectorImages& images)
{
    const torch::Tensor& x = images.images;
    const bool fits = x.dim() == 4 && x.size(0) > 0 &&
                      x.size(0) == static_cast<std::int64_t>(images.boxes.size()) &&
                      (x.scalar_type() == torch::kUInt8 || x.scalar_type() == torch::kFloat32);
    if (!fits)
        throw Error("a detector learns from images [N,C,H,W] of bytes or float32 and N lists of boxes, N at "
                    "least 1");
}

torch::Tensor asPixels(const torch::Tensor& images)
{
    return images.scalar_type() == torch::kUInt8 ? images.to(torch::kFloat32).div_(255.0) : images;
}

/// All boxes as numbers, for the hash of what is learned.
torch::Tensor boxNumbers(const BoxLists& lists, std::int64_t count)
{
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < count; ++i) {
        for (const data::Box& box : lists[static_cast<std::size_t>(i)])
            numbers.insert(numbers.end(), {static_cast<double>(i), double(box.x), double(box.y),
                                           double(box.width), double(box.height), double(box.category)});
    }
    return torch::tensor(numbers, torch::kFloat64);
}

/// One training: the network, its data, and all that changes from batch to batch.
class DetectorRun
{
public:
    DetectorRun(models::Network& network, const DetectorImages& images, const DetectorSpec& spec,
                const DetectorHooks& hooks)
        : m_network(network)
        , m_data(images)
        , m_spec(spec)
        , m_hooks(hooks)
        , m_count(spec.trainCount > 0 ? std::min(spec.trainCount, images.images.size(0))
                                      : images.images.size(0))
        , m_generator(at::detail::createCPUGenerator(spec.orderSeed))
    {
        if (spec.initialise) {
            models::initialise(network, at::detail::createCPUGenerator(spec.initSeed));
            models::setObjectPrior(network, kObjectPrior);
        }
        for (torch::Tensor& parameter : network.parameters())
            parameter.requires_grad_(true);
        m_adam = Adam(network.parameters(), spec.weightDecay);
        m_device = network.parameters().front().device();
        resume();
    }

    std::vector<DetectorEpoch> run()
    {
        return runEpochs(
            m_network, m_hooks, m_spec.epochs, m_epoch, [this] { return epoch(); },
            [this] { return state(); });
    }

private:
    std::int64_t batches() const { return (m_count + m_spec.batch - 1) / m_spec.batch; }

    double rate(std::int64_t batch) const
    {
        const double share =
            static_cast<double>(m_epoch * batches() + batch) / static_cast<double>(m_spec.epochs * batches());
        return m_spec.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * share));
    }

    DetectorEpoch epoch()
    {
        const auto began = std::chrono::steady_clock::now();
        m_network.train();
        const torch::Tensor order = torch::randperm(m_count, m_generator, torch::kInt64);
        // Sums stay on the device; they are read once an epoch.
        const auto sums = torch::TensorOptions().dtype(torch::kFloat64).device(m_device);
        torch::Tensor objectLoss = torch::zeros({}, sums);
        torch::Tensor boxLoss = torch::zeros({}, sums);
        DetectorEpoch report{.epoch = m_epoch + 1, .epochs = m_spec.epochs};
        for (std::int64_t b = 0; b < batches(); ++b) {
            if (m_hooks.checkpoint)
                m_hooks.checkpoint();
            const std::int64_t first = b * m_spec.batch;
            const std::int64_t count = std::min<std::int64_t>(m_spec.batch, m_count - first);
            report.learningRate = rate(b);
            const DetectorLoss loss = step(order.narrow(0, first, count), report.learningRate);
            const double share = static_cast<double>(count) / static_cast<double>(m_count);
            objectLoss.add_(loss.object, share);
            boxLoss.add_(loss.box, share);
            if (m_hooks.progress)
                m_hooks.progress(m_epoch * m_count + first + count, m_spec.epochs * m_count);
        }
        ++m_epoch;
        report.objectLoss = objectLoss.item<double>();
        report.boxLoss = boxLoss.item<double>();
        report.loss = report.objectLoss + report.boxLoss;
        if (!std::isfinite(report.loss))
            throw Error("the loss is no longer finite after epoch " + std::to_string(m_epoch), "training",
                        "Lower the learning rate.");
        report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        return report;
    }

    DetectorLoss step(const torch::Tensor& ids, double learningRate)
    {
        torch::Tensor x = asPixels(m_data.images.index_select(0, ids));
        BoxLists boxes;
        for (std::int64_t i = 0; i < ids.size(0); ++i)
            boxes.push_back(m_data.boxes[static_cast<std::size_t>(ids[i].item<std::int64_t>())]);
        if (m_spec.flip)
            mirror(x, boxes,
                   torch::randint(0, 2, {ids.size(0)}, m_generator, torch::kInt64).to(torch::kBool));
        if (m_hooks.batch) {
            const torch::NoGradGuard off;
            m_hooks.batch(x, boxes, m_generator);
        }
        const torch::Tensor raw = m_network.forward(x.to(m_device));
        const std::int64_t classes = raw.size(1) / models::kGridNumbers;
        const DetectorLoss loss =
            detectorLoss(raw, gridTargets(boxes, classes, raw.size(2), raw.size(3)), m_spec.loss);
        m_adam.step(torch::autograd::grad({loss.total}, m_adam.parameters()), learningRate);
        return {loss.total.detach(), loss.object.detach(), loss.box.detach()};
    }

    TrainState state() const
    {
        return {.epoch = m_epoch,
                .epochs = m_spec.epochs,
                .spec = toJson(m_spec).dump(),
                .setHash = m_setHash,
                .weights = m_network.persistent(),
                .momentum = m_adam.moments(),
                .generator = m_generator.get_state()};
    }

    void resume()
    {
        if (m_hooks.resumeFile.empty())
            return;
        m_setHash = setHash(m_data.images.narrow(0, 0, m_count), boxNumbers(m_data.boxes, m_count));
        if (!std::filesystem::exists(m_hooks.resumeFile))
            return;
        TrainState saved = state();
        readResume(m_hooks.resumeFile, saved);
        m_epoch = saved.epoch;
        m_adam.setSteps(m_epoch * batches());
        m_generator.set_state(saved.generator);
    }

    models::Network& m_network;
    const DetectorImages& m_data;
    const DetectorSpec& m_spec;
    const DetectorHooks& m_hooks;
    std::int64_t m_count;
    at::Generator m_generator; ///< batch order, flips and the batch hook
    Adam m_adam;
    torch::Device m_device = torch::kCPU;
    std::string m_setHash; ///< only computed when there is a resume file
    int m_epoch = 0;       ///< epochs done
};

} // namespace

std::vector<DetectorEpoch> trainDetector(models::Network& network, const DetectorImages& images,
                                         const DetectorSpec& spec, const DetectorHooks& hooks)
{
    checkSpec(spec, "training");
    checkImages(images);
    const models::SingleThread guard;
    const torch::AutoGradMode gradients(true);
    return DetectorRun(network, images, spec, hooks).run();
}

} // namespace assay::training
