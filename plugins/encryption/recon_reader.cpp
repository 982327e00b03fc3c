#include "plugins/encryption/recon_reader.h"

#include "backend/engine/trained_network.h"

#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <numeric>

namespace assay::encryption {

namespace {

constexpr std::int64_t kEmbedding = 64;
constexpr std::int64_t kReadAtOnce = 200;

} // namespace

class ReconReaderNetwork final : public models::Network
{
public:
    ReconReaderNetwork(std::int64_t side, std::vector<std::int64_t> values)
        : m_values(std::move(values))
    {
        using torch::nn::Conv2d;
        using torch::nn::Conv2dOptions;
        const std::int64_t left = (side + 7) / 8;
        m_conv1 = register_module("conv1", Conv2d(Conv2dOptions(3, 24, 5).stride(2).padding(2)));
        m_conv2 = register_module("conv2", Conv2d(Conv2dOptions(24, 48, 3).stride(2).padding(1)));
        m_conv3 = register_module("conv3", Conv2d(Conv2dOptions(48, 64, 3).stride(2).padding(1)));
        m_embed = register_module("embed", torch::nn::Linear(64 * left * left, kEmbedding));
        m_heads = register_module(
            "heads", torch::nn::Linear(kEmbedding,
                                       std::accumulate(m_values.begin(), m_values.end(), std::int64_t(0))));
    }

    torch::Tensor features(const torch::Tensor& x)
    {
        const torch::Tensor h = m_conv2(m_conv1(2 * x - 1).relu()).relu();
        return m_embed(m_conv3(h).relu().flatten(1)).relu();
    }
    std::vector<torch::Tensor> layers(const torch::Tensor& x)
    {
        std::vector<torch::Tensor> made = {m_conv1(2 * x - 1).relu()};
        made.push_back(m_conv2(made[0]).relu());
        made.push_back(m_conv3(made[1]).relu());
        return made;
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        return m_heads(features(x));
    }
    std::vector<std::string> taps() const override { return {}; }
    /// Logits of each attribute.
    std::vector<torch::Tensor> split(const torch::Tensor& logits) const
    {
        return logits.split_with_sizes(m_values, 1);
    }

private:
    std::vector<std::int64_t> m_values;
    torch::nn::Conv2d m_conv1{nullptr}, m_conv2{nullptr}, m_conv3{nullptr};
    torch::nn::Linear m_embed{nullptr}, m_heads{nullptr};
};

ReconReader::ReconReader(ReconProgress& progress, const std::string& name, const ReconData& data, int epochs,
                         const ReconDisguise& disguise, const Json& disguiseKey)
    : m_device(progress.context().device())
{
    std::vector<std::int64_t> values;
    std::vector<torch::Tensor> labels;
    for (const ReconAttribute& attribute : data.attributes) {
        values.push_back(static_cast<std::int64_t>(attribute.values.size()));
        labels.push_back(attribute.train);
    }
    const torch::Tensor truth = torch::stack(labels);
    m_network = std::make_shared<ReconReaderNetwork>(data.train.size(2), values);
    const auto loss = [&](const torch::Tensor& rows, double, at::Generator draws) {
        const torch::Tensor x =
            disguise(reconFloat(data.train.index_select(0, rows)), rows, draws).to(m_device);
        const torch::Tensor y = truth.index_select(1, rows).to(m_device);
        const std::vector<torch::Tensor> logits = m_network->split(m_network->forward(x, nullptr));
        torch::Tensor sum = torch::zeros({}, x.options());
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const torch::Tensor given = y[static_cast<std::int64_t>(i)];
            // Unknown values have no part in it; a batch may hold nothing else.
            const torch::Tensor known = given.ge(0).to(torch::kFloat32);
            const torch::Tensor each =
                -logits[i].log_softmax(1).gather(1, given.clamp_min(0).unsqueeze(1)).squeeze(1);
            sum = sum + (each * known).sum() / known.sum().clamp_min(1);
        }
        return sum;
    };
    reconLearned(progress, *m_network,
                 {{"what", "encryption.reconstruct " + name},
                  {"images", reconHash({data.train, truth})},
                  {"values", values},
                  {"disguise", disguiseKey}},
                 data.train.size(0), {.epochs = epochs, .seed = progress.context().seed()}, loss);
    m_hash = engine::weightsHash(engine::weightsOf(*m_network));
    m_centre = torch::zeros({kEmbedding}, torch::TensorOptions().device(m_device));
    const torch::Tensor plain = embed(reconFloat(data.train));
    m_centre = plain.mean(0).to(m_device);
}

ReconReader::~ReconReader() = default;

torch::Tensor ReconReader::features(const torch::Tensor& x) const
{
    return m_network->features(x);
}

torch::Tensor ReconReader::distance(const torch::Tensor& made, const torch::Tensor& x) const
{
    const auto unit = [](const torch::Tensor& layer) {
        return layer / (layer.square().sum(1, true) + 1e-8).sqrt();
    };
    const std::vector<torch::Tensor> a = m_network->layers(made), b = m_network->layers(x);
    torch::Tensor sum = torch::zeros({}, made.options());
    for (std::size_t i = 0; i < a.size(); ++i)
        sum = sum + (unit(a[i]) - unit(b[i])).square().sum(1).mean() / static_cast<double>(a.size());
    return sum;
}

torch::Tensor ReconReader::embed(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kReadAtOnce) {
        const std::int64_t n = std::min(kReadAtOnce, x.size(0) - first);
        parts.push_back((m_network->features(x.narrow(0, first, n).to(m_device)) - m_centre).cpu());
    }
    return torch::cat(parts);
}

torch::Tensor ReconReader::read(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kReadAtOnce) {
        const std::int64_t n = std::min(kReadAtOnce, x.size(0) - first);
        std::vector<torch::Tensor> said;
        for (const torch::Tensor& logits :
             m_network->split(m_network->forward(x.narrow(0, first, n).to(m_device), nullptr)))
            said.push_back(logits.argmax(1));
        parts.push_back(torch::stack(said).cpu());
    }
    return torch::cat(parts, 1);
}

torch::Tensor reconRoughened(const torch::Tensor& x, std::int64_t block, at::Generator draws)
{
    const std::int64_t n = x.size(0), c = x.size(1), down = x.size(2) / block, across = x.size(3) / block;
    const auto chance = [&](double p) {
        return (torch::rand({n}, draws) < p).to(torch::kFloat32).view({n, 1, 1, 1});
    };
    const auto mixed = [](const torch::Tensor& where, const torch::Tensor& a, const torch::Tensor& b) {
        return where * a + (1 - where) * b;
    };
    // Blocks moved, differently in each image.
    const torch::Tensor order = torch::rand({n, down * across}, draws).argsort(std::int64_t(1));
    const torch::Tensor blocks = x.reshape({n, c, down, block, across, block})
                                     .permute({0, 2, 4, 1, 3, 5})
                                     .reshape({n, down * across, c * block * block});
    torch::Tensor moved =
        blocks.gather(1, order.unsqueeze(2).expand_as(blocks)).reshape({n, down, across, c, block, block});
    // Some of them inverted.
    const torch::Tensor inverted =
        (torch::rand({n, down, across, 1, 1, 1}, draws) < 0.5).to(torch::kFloat32) *
        chance(0.5).view({n, 1, 1, 1, 1, 1});
    moved = inverted * (1 - moved) + (1 - inverted) * moved;
    torch::Tensor made = moved.permute({0, 3, 1, 4, 2, 5}).reshape(x.sizes());
    made = mixed(chance(0.5), made.index_select(1, torch::randperm(c, draws, torch::kInt64)), made);
    made = mixed(chance(0.2), made.mean(1, true).expand_as(made), made);
    const torch::Tensor contrast = 0.7 + 0.6 * torch::rand({n, 1, 1, 1}, draws);
    made = ((made - 0.5) * contrast + 0.5).clamp(0, 1);
    return mixed(chance(0.5), x, made);
}

} // namespace assay::encryption
