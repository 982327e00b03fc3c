#include "plugins/encryption/recon_reader.h"

#include "backend/engine/trained_network.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::int64_t kReadAtOnce = 200;

} // namespace

ReconReader::ReconReader(ReconProgress& progress, const std::string& name, const ReconData& data, int epochs,
                         const training::Disguise& disguise, const Json& disguiseKey)
    : m_device(progress.context().device())
{
    std::vector<std::int64_t> values;
    std::vector<torch::Tensor> labels;
    for (const ReconAttribute& attribute : data.attributes) {
        values.push_back(static_cast<std::int64_t>(attribute.values.size()));
        labels.push_back(attribute.train);
    }
    const torch::Tensor truth = torch::stack(labels);
    m_network = std::make_shared<models::AttributeReader>(data.train.size(2), values);
    reconLearned(progress, *m_network,
                 {{"what", "encryption.reconstruct " + name},
                  {"images", reconHash({data.train, truth})},
                  {"values", values},
                  {"disguise", disguiseKey}},
                 data.train.size(0), {.epochs = epochs, .seed = progress.context().seed()},
                 training::readerLoss(*m_network, data.train, truth, m_device, disguise));
    settle(data);
}

ReconReader::ReconReader(std::shared_ptr<models::AttributeReader> network, const ReconData& data,
                         torch::Device device)
    : m_network(std::move(network))
    , m_device(device)
{
    settle(data);
}

void ReconReader::settle(const ReconData& data)
{
    m_hash = engine::weightsHash(engine::weightsOf(*m_network));
    m_centre = training::embeddingsOf(*m_network, reconFloat(data.train), m_device).mean(0).to(m_device);
}

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
    return training::embeddingsOf(*m_network, x, m_device) - m_centre.cpu();
}

torch::Tensor ReconReader::read(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kReadAtOnce) {
        const std::int64_t n = std::min(kReadAtOnce, x.size(0) - first);
        std::vector<torch::Tensor> said;
        for (const torch::Tensor& logits :
             m_network->split(m_network->forward(x.narrow(0, first, n).to(m_device))))
            said.push_back(logits.argmax(1));
        parts.push_back(torch::stack(said).cpu());
    }
    return torch::cat(parts, 1);
}

} // namespace assay::encryption
