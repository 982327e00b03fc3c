#pragma once

#include "backend/protocol/json.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assay::models {

/// What goes in: pixels are always [0,1]; normalisation happens inside the model.
struct InputSpec
{
    std::int64_t channels = 1;
    std::int64_t height = 28;
    std::int64_t width = 28;
    std::vector<double> mean = {0.0}; ///< per channel, subtracted inside the model
    std::vector<double> stddev = {1.0};
    bool operator==(const InputSpec&) const = default;
};

/// The card that lies beside a checkpoint: how it was made and what it reaches.
struct ModelCard
{
    std::string name;
    std::string title;
    std::string summary;      ///< one sentence: what it is for
    std::string architecture; ///< key of the architecture registry
    Json options = Json::object();
    InputSpec input;
    std::vector<std::string> classes;
    std::string dataset;
    Json recipe = Json::object(); ///< all that `zoo train` needs to make it again
    double testAccuracy = 0;      ///< fraction of the whole test split
    std::int64_t parameters = 0;
    std::string sha256; ///< of the safetensors file
};

/// Receives named intermediate values during a forward pass; see Model::taps().
using TapSink = std::function<void(const std::string& name, const torch::Tensor& value)>;

/// The body of a network: what an architecture implements. Input is [N,C,H,W] in [0,1].
class Network : public torch::nn::Module
{
public:
    /// Logits [N,K]. When @p sink is set it is called for every tap in order.
    virtual torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) = 0;
    /// Names of the taps in the order they are computed; the last one is the penultimate features.
    virtual std::vector<std::string> taps() const = 0;
    /// Folds batch normalisation into convolutions. Exact in eval mode up to rounding; not reversible.
    virtual void fold() {}
    /// A new network of the same structure with arbitrary weights. nullptr: the network cannot be copied; a
    /// Model then runs it as it is, unfolded.
    virtual std::shared_ptr<Network> another() const { return nullptr; }
};

/// A classifier ready to be questioned: eval mode, parameters frozen (requires_grad false), so that
/// gradients flow to the input only. Immutable, therefore safe to call from several threads at once.
class Model
{
public:
    /// Takes the network over: freezes it and puts it into eval mode. It must be on its final device.
    Model(std::shared_ptr<Network> network, ModelCard card);

    const ModelCard& card() const { return m_card; }
    const std::string& name() const { return m_card.name; }
    std::int64_t classCount() const { return static_cast<std::int64_t>(m_card.classes.size()); }
    torch::Device device() const { return m_device; }

    /// Logits float32 [N,K] for x float32 [N,C,H,W] in [0,1] on device(). Differentiable in x.
    torch::Tensor logits(const torch::Tensor& x) const;
    /// Logits, with every tap reported to @p sink.
    torch::Tensor logits(const torch::Tensor& x, const TapSink& sink) const;
    std::vector<std::string> taps() const { return m_network->taps(); }

    /// Name -> tensor, batch-norm buffers included, as saved. Shares storage; do not write.
    std::vector<std::pair<std::string, torch::Tensor>> namedParameters() const;
    /// The unfolded network itself, for studies that edit weights; a deep copy in eval mode.
    /// @throws Error when the network is of a kind that cannot be copied.
    std::shared_ptr<Network> cloneNetwork() const;

private:
    std::shared_ptr<Network> m_network; ///< as saved
    std::shared_ptr<Network> m_folded;  ///< batch norm folded: what logits() runs
    ModelCard m_card;
    torch::Device m_device = torch::kCPU;
};

} // namespace assay::models
