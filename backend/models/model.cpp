#include "backend/models/model.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::models {

Model::Model(std::shared_ptr<Network> network, ModelCard card)
    : m_network(std::move(network))
    , m_card(std::move(card))
{
    m_network->eval();
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
    const NamedTensors tensors = m_network->persistent();
    if (!tensors.empty())
        m_device = tensors.front().second.device();
    m_folded = m_network->copy();
    if (m_folded)
        m_folded->fold();
    else
        m_folded = m_network;
}

Model::Model(Predictions predictions, ModelCard card)
    : m_predictions(std::move(predictions))
    , m_card(std::move(card))
{}

const Predictions& Model::predictions() const
{
    if (!m_predictions)
        throw Error("is a network, not a file of predictions", m_card.name);
    return *m_predictions;
}

void Model::requireNetwork(const std::string& purpose) const
{
    if (!m_network)
        throw Error("has predictions only and no network, but " + purpose, m_card.name,
                    "Import the network itself, or leave this model out.");
}

void Model::requireClassifier() const
{
    requireNetwork("its logits for new images are asked for");
    if (detects())
        throw Error("finds objects and gives no class for an image, but its logits are asked for",
                    m_card.name, "Choose a classifier.");
}

torch::Tensor Model::raw(const torch::Tensor& x) const
{
    requireNetwork("its answer to new images is asked for");
    return m_folded->forward(x);
}

torch::Tensor Model::logits(const torch::Tensor& x) const
{
    requireClassifier();
    return m_folded->forward(x);
}

torch::Tensor Model::logits(const torch::Tensor& x, const TapSink& sink) const
{
    requireNetwork("its features are asked for");
    return m_folded->forward(x, &sink);
}

std::optional<Taped> Model::taped(const torch::Tensor& x) const
{
    requireClassifier();
    return m_folded->taped(x);
}

std::unique_ptr<LocalChanges> Model::localChanges(const torch::Tensor& x) const
{
    requireClassifier();
    return m_folded->localChanges(x);
}

std::vector<std::string> Model::taps() const
{
    requireNetwork("its features are asked for");
    return m_network->taps();
}

NamedTensors Model::namedParameters() const
{
    requireNetwork("its weights are asked for");
    return m_network->persistent();
}

std::shared_ptr<Network> Model::cloneNetwork() const
{
    requireNetwork("its weights are asked for");
    std::shared_ptr<Network> copy = m_network->copy();
    if (!copy)
        throw Error("the network is of a kind that cannot be copied", m_card.name,
                    "Use a model of a built-in architecture.");
    return copy;
}

} // namespace assay::models
