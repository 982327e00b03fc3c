#include "plugins/encryption/keyed_training.h"

#include "backend/engine/files.h"
#include "backend/engine/trained_network.h"
#include "backend/models/model_file.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"
#include "backend/training/augment.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

/// Images whose encryption stands for the key in the cache.
constexpr std::int64_t kKeyProbes = 32;
/// Step of Fast-AT in units of its radius. Wong et al. 2020.
constexpr double kFastStep = 1.25;

std::string keyedBytesHash(const torch::Tensor& tensor)
{
    const torch::Tensor values = tensor.cpu().contiguous();
    return engine::sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
}

torch::Tensor asKeyedUnit(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32).div_(255.0);
}

double lessonRate(const KeyedLesson& lesson, double share)
{
    return lesson.learningRate * (lesson.cosine ? 0.5 * (1 + std::cos(std::numbers::pi * share)) : 1 - share);
}

/// One training of one network.
class KeyedSchool
{
public:
    KeyedSchool(KeyedTuning& tuning, const Cipher* cipher, const KeyedLesson& lesson, torch::Device device,
                at::Generator generator)
        : m_tuning(tuning)
        , m_cipher(cipher)
        , m_lesson(lesson)
        , m_device(device)
        , m_generator(std::move(generator))
        , m_adam(tuning.parameters(), 0) // decay is decoupled, below
    {}

    void teach(const KeyedImages& images, const std::function<void(double share)>& step)
    {
        const std::int64_t n = images.images.size(0);
        const std::int64_t batches = (n + m_lesson.batch - 1) / m_lesson.batch;
        torch::Tensor loss;
        for (int epoch = 0; epoch < m_lesson.epochs; ++epoch) {
            m_tuning.startEpoch();
            const torch::Tensor order = torch::randperm(n, m_generator, torch::kInt64);
            for (std::int64_t b = 0; b < batches; ++b) {
                const double share =
                    static_cast<double>(epoch * batches + b) / static_cast<double>(m_lesson.epochs * batches);
                step(share);
                const std::int64_t first = b * m_lesson.batch;
                const torch::Tensor rows =
                    order.narrow(0, first, std::min<std::int64_t>(m_lesson.batch, n - first));
                loss = learn(images.images.index_select(0, rows), images.labels.index_select(0, rows),
                             lessonRate(m_lesson, share));
            }
        }
        if (loss.defined() && !std::isfinite(loss.item<double>()))
            throw Error("the loss is no longer finite", "training of a key", "Lower the learning rate.");
    }

private:
    torch::Tensor encrypted(const torch::Tensor& x) const { return m_cipher ? m_cipher->encryptUnit(x) : x; }

    torch::Tensor lossOf(const torch::Tensor& x, const torch::Tensor& y)
    {
        return torch::cross_entropy_loss(m_tuning.forward(encrypted(x)), y, {}, at::Reduction::Mean, -100,
                                         m_lesson.smoothing);
    }

    torch::Tensor learn(const torch::Tensor& bytes, const torch::Tensor& labels, double rate)
    {
        torch::Tensor x = asKeyedUnit(bytes);
        if (m_lesson.augment)
            x = training::augment(x, {.flip = true, .shift = 1}, m_generator);
        x = x.to(m_device);
        const torch::Tensor y = labels.to(m_device);
        if (m_lesson.adversary > 0)
            x = perturbed(x, y);
        const torch::Tensor loss = lossOf(x, y);
        const auto gradients = torch::autograd::grad({loss}, m_adam.parameters());
        {
            const torch::NoGradGuard off;
            for (torch::Tensor parameter : m_adam.parameters())
                if (parameter.dim() >= 2)
                    parameter.mul_(1 - rate * m_lesson.weightDecay);
        }
        m_adam.step(gradients, rate);
        return loss.detach();
    }

    torch::Tensor perturbed(const torch::Tensor& clean, const torch::Tensor& y)
    {
        const double eps = m_lesson.adversary;
        torch::Tensor start = torch::empty(clean.sizes(), torch::kFloat32);
        start.uniform_(-eps, eps, m_generator);
        const torch::Tensor x = (clean + start.to(m_device)).clamp_(0, 1).requires_grad_(true);
        const torch::Tensor gradient = torch::autograd::grad({lossOf(x, y)}, {x}).front();
        const torch::Tensor moved = x.detach() + gradient.sign() * (kFastStep * eps);
        return (moved - clean).clamp_(-eps, eps).add_(clean).clamp_(0, 1);
    }

    KeyedTuning& m_tuning;
    const Cipher* m_cipher;
    const KeyedLesson& m_lesson;
    torch::Device m_device;
    at::Generator m_generator;
    training::Adam m_adam;
};

} // namespace

Json toJson(const KeyedLesson& l)
{
    return {{"epochs", l.epochs},
            {"batch", l.batch},
            {"learning_rate", l.learningRate},
            {"weight_decay", l.weightDecay},
            {"cosine", l.cosine},
            {"smoothing", l.smoothing},
            {"augment", l.augment},
            {"adversary", l.adversary}};
}

std::int64_t KeyedMember::deltaBytes() const
{
    std::int64_t bytes = 0;
    for (const auto& [name, tensor] : delta)
        bytes += static_cast<std::int64_t>(tensor.nbytes());
    return bytes;
}

KeyedImages drawKeyedImages(engine::RunContext& context, const data::Dataset& set, std::int64_t count)
{
    const std::int64_t all = set.size(data::Split::Train);
    const torch::Tensor ids = torch::randperm(all, context.generator("keyed.train"), torch::kInt64)
                                  .narrow(0, 0, std::min(all, count))
                                  .contiguous();
    KeyedImages images{
        set.pixelsOf(data::Split::Train, ids), set.labels(data::Split::Train).index_select(0, ids), {}};
    images.hash = keyedBytesHash(images.images) + keyedBytesHash(images.labels);
    return images;
}

KeyedMember trainKeyed(engine::RunContext& context, const KeyedImages& images, const KeyedOrder& order)
{
    const models::SingleThread guard;
    const torch::AutoGradMode gradients(true);
    const std::shared_ptr<models::Network> base = order.base->cloneNetwork();
    const KeyedParts parts = keyedParts(*base, order.base->name());
    KeyedLesson lesson = order.lesson;
    lesson.learningRate *= rateFactor(order.tuning);
    const torch::Tensor probes =
        asKeyedUnit(images.images.narrow(0, 0, std::min(kKeyProbes, images.images.size(0))));
    const Json key = {
        {"what", "keyed network"},
        {"method", 1},
        {"base", engine::weightsHash(engine::weightsOf(*base))},
        {"mean", order.base->card().input.mean},
        {"stddev", order.base->card().input.stddev},
        {"architecture", order.base->card().architecture},
        {"tuning", tuningNames().at(static_cast<std::size_t>(order.tuning))},
        {"rank", order.tuning == Tuning::Lora ? order.rank : 0},
        {"random_head", order.randomHead},
        {"lesson", toJson(lesson)},
        {"seed", std::to_string(context.seed()) + "/" + order.stream},
        {"images", images.hash},
        {"key", order.cipher ? keyedBytesHash(order.cipher->encryptUnit(probes)) : std::string("none")}};
    std::int64_t trained = 0;
    const engine::TensorMap stored = context.cached(key, [&] {
        const auto network = order.base->cloneNetwork();
        KeyedTuning tuning(network, parts, order.tuning, order.rank, order.randomHead,
                           context.generator(order.stream + ".weights"));
        KeyedSchool school(tuning, order.cipher.get(), lesson, context.device(),
                           context.generator(order.stream + ".order"));
        const auto start = std::chrono::steady_clock::now();
        school.teach(images, [&](double share) {
            context.checkpoint();
            context.progress(order.done + share, order.total, "Training " + order.name);
        });
        trained = tuning.trained();
        tuning.merge();
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        engine::TensorMap map;
        for (const auto& [name, tensor] : network->persistent())
            map["w." + name] = tensor.detach().clone();
        for (const LowRank& update : tuning.lowRank()) {
            map["a." + update.layer] = update.a.clone();
            map["b." + update.layer] = update.b.clone();
        }
        map["numbers"] = torch::tensor({static_cast<double>(trained), seconds}, torch::kFloat64);
        return map;
    });

    KeyedMember member{.network = base};
    models::NamedTensors weights;
    for (const auto& [name, tensor] : stored) {
        if (name.starts_with("w."))
            weights.emplace_back(name.substr(2), tensor);
        else if (name.starts_with("a."))
            member.lowRank.push_back(
                {.layer = name.substr(2), .a = tensor, .b = stored.at("b." + name.substr(2))});
    }
    models::loadWeights(*member.network, std::move(weights), "the cache");
    member.delta = deltaOf(*order.base->cloneNetwork(), *member.network, member.lowRank);
    const torch::Tensor numbers = stored.at("numbers").cpu();
    member.trained = static_cast<std::int64_t>(numbers[0].item<double>());
    member.seconds = numbers[1].item<double>();
    return member;
}

} // namespace assay::encryption
