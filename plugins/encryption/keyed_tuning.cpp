#include "plugins/encryption/keyed_tuning.h"

#include "backend/models/initialise.h"
#include "backend/protocol/error.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption {

namespace {

constexpr const char* kLoraA = ".lora_a";
constexpr const char* kLoraB = ".lora_b";
constexpr double kLoraScale = 2; ///< alpha / r

/// The member that a layer computes with; its registered parameter is another handle to the same numbers.
torch::Tensor* keyedWeight(torch::nn::Module& module)
{
    if (auto* conv = module.as<torch::nn::Conv2dImpl>())
        return conv->options.groups() == 1 ? &conv->weight : nullptr;
    if (auto* linear = module.as<torch::nn::LinearImpl>())
        return &linear->weight;
    return nullptr;
}

/// "block1.pointwise" of "block1.pointwise.weight".
std::string keyedOwner(const std::string& parameter)
{
    const std::size_t dot = parameter.rfind('.');
    return dot == std::string::npos ? std::string() : parameter.substr(0, dot);
}

} // namespace

const std::vector<std::string>& tuningNames()
{
    static const std::vector<std::string> names = {"embedding-head", "lora", "bitfit", "norm",
                                                   "head",           "full", "scratch"};
    return names;
}

const std::vector<std::string>& tuningTitles()
{
    static const std::vector<std::string> titles = {
        "Embedding + head", "LoRA", "BitFit", "Norm affine", "Head only", "Full fine-tuning", "From scratch"};
    return titles;
}

Tuning tuningFromName(const std::string& name)
{
    const auto& names = tuningNames();
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        throw Error("there is no way of tuning called '" + name + "'", "method",
                    "Known are embedding-head, lora, bitfit, norm, head, full and scratch.");
    return static_cast<Tuning>(found - names.begin());
}

double rateFactor(Tuning tuning)
{
    switch (tuning) {
    case Tuning::Full:
        return 0.1;
    case Tuning::Lora:
    case Tuning::Scratch:
        return 0.5;
    default:
        return 1;
    }
}

torch::Tensor LowRank::update(at::IntArrayRef shape) const
{
    return torch::matmul(b, a).mul(scale).reshape(shape);
}

/// A layer whose weight is replaced while it learns.
struct KeyedTuning::Adapted
{
    std::shared_ptr<torch::nn::Module> module;
    torch::Tensor* weight; ///< the module's member
    torch::Tensor base;    ///< the registered parameter
};

KeyedTuning::KeyedTuning(std::shared_ptr<models::Network> network, const KeyedParts& parts, Tuning tuning,
                         int rank, bool randomHead, at::Generator generator)
    : m_network(std::move(network))
    , m_parts(parts)
    , m_tuning(tuning)
{
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
    if (tuning == Tuning::Scratch)
        models::initialise(*m_network, generator);
    else if (randomHead)
        startAnew(parts.head, generator);
    for (const auto& item : m_network->named_parameters())
        learn(item.key(), item.value());
    if (tuning == Tuning::Lora)
        adapt(rank, generator);
}

KeyedTuning::~KeyedTuning()
{
    restore();
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
}

void KeyedTuning::learn(const std::string& name, const torch::Tensor& parameter)
{
    const std::string owner = keyedOwner(name);
    const bool head = owner == m_parts.head;
    const bool stem = owner == m_parts.stem || (!m_parts.stemNorm.empty() && owner == m_parts.stemNorm);
    bool learns = head;
    switch (m_tuning) {
    case Tuning::EmbeddingHead:
    case Tuning::Lora:
        learns = head || stem;
        break;
    case Tuning::BitFit:
        learns = head || name.ends_with("bias");
        break;
    case Tuning::NormAffine:
        learns = head || isKeyedNorm(*moduleNamed(*m_network, owner));
        break;
    case Tuning::Head:
        break;
    case Tuning::Full:
    case Tuning::Scratch:
        learns = true;
        break;
    }
    if (!learns)
        return;
    torch::Tensor learning = parameter;
    m_parameters.push_back(learning.requires_grad_(true));
}

void KeyedTuning::startAnew(const std::string& module, const at::Generator& generator)
{
    const torch::NoGradGuard off;
    for (auto& item : moduleNamed(*m_network, module)->named_parameters()) {
        torch::Tensor& value = item.value();
        if (value.dim() < 2) {
            value.zero_();
            continue;
        }
        // As LibTorch starts a linear layer: uniform within 1 / sqrt(fan-in).
        const double bound = 1 / std::sqrt(static_cast<double>(value.numel() / value.size(0)));
        torch::Tensor drawn = torch::empty(value.sizes(), torch::kFloat32);
        drawn.uniform_(-bound, bound, generator);
        value.copy_(drawn);
    }
}

void KeyedTuning::adapt(int rank, at::Generator generator)
{
    for (const auto& item : m_network->named_modules({}, false)) {
        torch::Tensor* weight = keyedWeight(*item.value());
        if (!weight || item.key() == m_parts.stem || item.key() == m_parts.head)
            continue;
        const std::int64_t in = weight->numel() / weight->size(0);
        const bool fused = item.key().ends_with("qkv") && weight->size(0) % 3 == 0;
        const std::int64_t parts = fused ? 3 : 1;
        const std::int64_t r = std::min<std::int64_t>({rank, in, weight->size(0) / parts});
        torch::Tensor a = torch::empty({parts, r, in}, torch::kFloat32);
        const double bound = 1 / std::sqrt(static_cast<double>(in)); // as the authors' code starts A
        a.uniform_(-bound, bound, generator);
        LowRank update{
            .layer = item.key(),
            .a = a.to(weight->device()).requires_grad_(true),
            .b = torch::zeros({parts, weight->size(0) / parts, r}, weight->options()).requires_grad_(true),
            .scale = kLoraScale};
        m_parameters.push_back(update.a);
        m_parameters.push_back(update.b);
        m_adapted.push_back({item.value(), weight, *weight});
        m_lowRank.push_back(std::move(update));
    }
}

std::int64_t KeyedTuning::trained() const
{
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : m_parameters)
        count += parameter.numel();
    return count;
}

void KeyedTuning::startEpoch()
{
    const bool all = m_tuning == Tuning::Full || m_tuning == Tuning::Scratch;
    m_network->train(all);
    const bool stem = m_tuning == Tuning::EmbeddingHead || m_tuning == Tuning::Lora;
    if (stem && !m_parts.stemNorm.empty())
        moduleNamed(*m_network, m_parts.stemNorm)->train();
}

torch::Tensor KeyedTuning::forward(const torch::Tensor& encrypted)
{
    for (std::size_t i = 0; i < m_adapted.size(); ++i)
        *m_adapted[i].weight = m_adapted[i].base + m_lowRank[i].update(m_adapted[i].base.sizes());
    return m_network->forward(encrypted);
}

void KeyedTuning::restore()
{
    for (Adapted& layer : m_adapted)
        *layer.weight = layer.base;
}

void KeyedTuning::merge()
{
    const torch::NoGradGuard off;
    restore();
    for (std::size_t i = 0; i < m_adapted.size() && !m_merged; ++i) {
        m_lowRank[i].a = m_lowRank[i].a.detach();
        m_lowRank[i].b = m_lowRank[i].b.detach();
        m_adapted[i].base.add_(m_lowRank[i].update(m_adapted[i].base.sizes()));
    }
    m_merged = true;
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
    m_network->eval();
}

models::NamedTensors deltaOf(const models::Network& base, const models::Network& tuned,
                             const std::vector<LowRank>& lowRank)
{
    const models::NamedTensors before = base.persistent(), after = tuned.persistent();
    models::NamedTensors delta;
    for (std::size_t i = 0; i < after.size(); ++i) {
        const auto& [name, tensor] = after[i];
        const auto update = std::ranges::find(lowRank, keyedOwner(name), &LowRank::layer);
        if (update != lowRank.end() && name.ends_with(".weight")) {
            delta.emplace_back(update->layer + kLoraA, update->a.cpu().clone());
            delta.emplace_back(update->layer + kLoraB, update->b.cpu().clone());
        } else if (!before.at(i).second.equal(tensor)) {
            delta.emplace_back(name, tensor.cpu().clone());
        }
    }
    return delta;
}

std::shared_ptr<models::Network> withDelta(const models::Network& base, const models::NamedTensors& delta)
{
    const torch::NoGradGuard off;
    std::shared_ptr<models::Network> network = base.copy();
    models::NamedTensors weights = network->persistent();
    const auto find = [&](const std::string& name, const std::string& asked) -> torch::Tensor& {
        const auto at = std::ranges::find(weights, name, &models::NamedTensors::value_type::first);
        if (at == weights.end())
            throw Error("tensor '" + asked + "' belongs to no layer of the base", "the delta",
                        "Take the base that the device was made from.");
        return at->second;
    };
    for (const auto& [name, tensor] : delta) {
        if (name.ends_with(kLoraB))
            continue; // read with its A
        if (!name.ends_with(kLoraA)) {
            find(name, name).copy_(tensor);
            continue;
        }
        const std::string layer = name.substr(0, name.size() - std::string(kLoraA).size());
        const auto b = std::ranges::find(delta, layer + kLoraB, &models::NamedTensors::value_type::first);
        if (b == delta.end())
            throw Error("tensor '" + layer + kLoraB + "' is missing", "the delta");
        torch::Tensor& weight = find(layer + ".weight", name);
        const LowRank update{.layer = layer, .a = tensor, .b = b->second, .scale = kLoraScale};
        weight.add_(update.update(weight.sizes()).to(weight.device()));
    }
    return network;
}

} // namespace assay::encryption
