#include "plugins/backdoor/detect_amplify.h"

#include "backend/protocol/error.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>
#include <torch/utils.h>

namespace assay::backdoor {

template <class Layer>
void AmplifiedNetwork::collect(const char* kind)
{
    if (!m_layers.empty())
        return;
    for (const auto& item : m_network->named_modules({}, false)) {
        const auto* layer = dynamic_cast<Layer*>(item.value().get());
        if (!layer || !layer->weight.defined())
            continue;
        Affine affine{.weight = layer->weight, .bias = layer->bias, .savedWeight = {}, .savedBias = {}};
        affine.savedWeight = affine.weight.detach().clone();
        if (affine.bias.defined())
            affine.savedBias = affine.bias.detach().clone();
        m_layers.push_back(std::move(affine));
        m_names.push_back(item.key());
        m_kind = kind;
    }
}

AmplifiedNetwork::AmplifiedNetwork(const models::Model& model)
    : m_network(model.cloneNetwork())
    , m_card(model.card())
{
    collect<torch::nn::BatchNorm2dImpl>("batch normalisations");
    collect<torch::nn::LayerNormImpl>("layer normalisations");
    collect<torch::nn::Conv2dImpl>("convolutions");
    if (m_layers.empty())
        throw Error("the network has neither normalisations nor convolutions to amplify", model.name(),
                    "Leave the detector 'psc' out, or choose a convolutional network.");
}

models::Model AmplifiedNetwork::amplified(std::int64_t last, double omega)
{
    const torch::NoGradGuard off;
    for (std::int64_t l = 0; l < layers(); ++l) {
        Affine& affine = m_layers[static_cast<std::size_t>(l)];
        const double factor = l >= layers() - last ? omega : 1;
        affine.weight.copy_(affine.savedWeight * factor);
        if (affine.bias.defined())
            affine.bias.copy_(affine.savedBias * factor);
    }
    return {m_network->copy(), m_card};
}

} // namespace assay::backdoor
