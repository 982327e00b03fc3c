#include "plugins/encryption/keyed_network.h"

#include <torch/types.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>

namespace assay::encryption {

KeyedNetwork::KeyedNetwork(std::shared_ptr<models::Network> network, std::shared_ptr<const Cipher> cipher)
    : m_network(register_module("network", std::move(network)))
    , m_cipher(std::move(cipher))
{}

torch::Tensor KeyedNetwork::forward(const torch::Tensor& x, const models::TapSink* sink)
{
    return m_network->forward(m_cipher->encryptUnit(x), sink);
}

std::shared_ptr<models::Network> KeyedNetwork::another() const
{
    std::shared_ptr<models::Network> made = m_network->another();
    return made ? std::make_shared<KeyedNetwork>(std::move(made), m_cipher) : nullptr;
}

RandomMemberNetwork::RandomMemberNetwork(std::vector<std::shared_ptr<models::Network>> members,
                                         std::int64_t pixels, std::uint64_t seed)
    : m_seed(seed)
{
    for (std::size_t i = 0; i < members.size(); ++i)
        m_members.push_back(register_module("member" + std::to_string(i + 1), std::move(members[i])));
    torch::Tensor directions = torch::empty({pixels}, torch::kFloat64);
    directions.uniform_(1e3, 1e6, at::detail::createCPUGenerator(m_seed));
    m_directions =
        register_buffer("directions", directions.to(m_members.front()->persistent().front().second.device()));
}

torch::Tensor RandomMemberNetwork::forward(const torch::Tensor& x, const models::TapSink*)
{
    std::vector<torch::Tensor> answers;
    for (const auto& member : m_members)
        answers.push_back(member->forward(x));
    const torch::Tensor all = torch::stack(answers, 1); // [n,members,K]
    const torch::Tensor pixels = x.detach().to(torch::kFloat64).flatten(1);
    // The fraction of so large a number depends on every pixel, down to the smallest change of one.
    const torch::Tensor sums = pixels.matmul(m_directions);
    const torch::Tensor chosen = sums.sub(sums.floor())
                                     .mul(static_cast<double>(m_members.size()))
                                     .to(torch::kInt64)
                                     .clamp(0, static_cast<std::int64_t>(m_members.size()) - 1);
    return all.gather(1, chosen.view({-1, 1, 1}).expand({-1, 1, all.size(2)})).squeeze(1);
}

void RandomMemberNetwork::fold()
{
    for (const auto& member : m_members)
        member->fold();
}

models::NamedTensors RandomMemberNetwork::persistent() const
{
    models::NamedTensors all;
    for (std::size_t i = 0; i < m_members.size(); ++i)
        for (auto& [name, tensor] : m_members[i]->persistent())
            all.emplace_back("member" + std::to_string(i + 1) + "." + name, tensor);
    return all;
}

std::shared_ptr<models::Network> RandomMemberNetwork::another() const
{
    std::vector<std::shared_ptr<models::Network>> members;
    for (const auto& member : m_members) {
        members.push_back(member->another());
        if (!members.back())
            return nullptr;
    }
    return std::make_shared<RandomMemberNetwork>(std::move(members), m_directions.numel(), m_seed);
}

std::shared_ptr<const models::Model> keyedModel(const std::shared_ptr<models::Network>& network,
                                                std::shared_ptr<const Cipher> cipher, models::ModelCard card,
                                                std::string name)
{
    card.name = std::move(name);
    card.sha256.clear();
    std::shared_ptr<models::Network> inner = network;
    if (cipher)
        inner = std::make_shared<KeyedNetwork>(network, std::move(cipher));
    return std::make_shared<const models::Model>(std::move(inner), std::move(card));
}

} // namespace assay::encryption
