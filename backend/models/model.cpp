#include "backend/models/model.h"

#include "backend/models/initialise.h"
#include "backend/protocol/error.h"

#include <torch/torch.h>

namespace assay::models {

Model::Model(std::shared_ptr<Network> network, ModelCard card)
    : m_network(std::move(network))
    , m_card(std::move(card))
{
    m_network->eval();
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
    const auto tensors = persistentTensors(*m_network);
    if (!tensors.empty())
        m_device = tensors.front().second.device();
    m_folded = deepCopy(*m_network);
    if (m_folded)
        m_folded->fold();
    else
        m_folded = m_network;
}

torch::Tensor Model::logits(const torch::Tensor& x) const
{
    return m_folded->forward(x);
}

torch::Tensor Model::logits(const torch::Tensor& x, const TapSink& sink) const
{
    return m_folded->forward(x, &sink);
}

std::vector<std::pair<std::string, torch::Tensor>> Model::namedParameters() const
{
    return persistentTensors(*m_network);
}

std::shared_ptr<Network> Model::cloneNetwork() const
{
    std::shared_ptr<Network> copy = deepCopy(*m_network);
    if (!copy)
        throw Error("the network is of a kind that cannot be copied", m_card.name,
                    "Use a model of a built-in architecture.");
    return copy;
}

} // namespace assay::models
