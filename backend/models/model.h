#pragma once

#include "backend/models/local_changes.h"
#include "backend/models/named_tensors.h"
#include "backend/protocol/json.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::models {

/// What goes in: pixels are always [0,1], RGB; what the network was trained on is made of them inside the
/// model: (scale * x - mean) / stddev per channel, channels reversed before when bgr.
struct InputSpec
{
    std::int64_t channels = 1;
    std::int64_t height = 28;
    std::int64_t width = 28;
    std::vector<double> mean = {0.0}; ///< per channel, subtracted inside the model
    std::vector<double> stddev = {1.0};
    double scale = 1.0; ///< 255 for networks that take 0 .. 255; mean and stddev are in scaled units
    bool bgr = false;   ///< the network takes its channels in the order blue, green, red
    bool operator==(const InputSpec&) const = default;
};

/// What a model answers with. Studies of classifiers refuse a detector and the other way round.
enum class Task { Classification, Detection };

/// The card that lies beside a checkpoint: how it was made and what it reaches.
struct ModelCard
{
    std::string name;
    std::string title;
    std::string summary; ///< one sentence: what it is for
    /// How the weights are kept: "safetensors" for a built-in architecture, else a key of modelFormats().
    std::string format = "safetensors";
    /// The file of the weights where it is not NAME.safetensors beside the card: an absolute path, or one
    /// relative to the card.
    std::string file;
    std::string architecture; ///< key of the architecture registry; of an imported graph a description
    Json options = Json::object();
    InputSpec input;
    std::vector<std::string> classes;
    Task task = Task::Classification;
    /// Of a detector: how its answer is laid out, see detection/output_layout.h; {} of a classifier.
    Json output = Json::object();
    std::string dataset;
    Json recipe = Json::object(); ///< all that `zoo train` needs to make it again
    /// Fraction of the whole test split, of a detector AP at IoU 0.5; unknown for most imports.
    std::optional<double> testAccuracy;
    std::int64_t parameters = 0;
    std::string sha256; ///< of the safetensors file
};

/// Receives named intermediate values during a forward pass; see Model::taps().
using TapSink = std::function<void(const std::string& name, const torch::Tensor& value)>;

/// Logits [N,K] and the way back from them to the pixels, once, without LibTorch's graph: vjp takes [N,K] and
/// gives their vector-Jacobian product [N,C,H,W], the gradient of what has these derivatives in the logits.
struct Taped
{
    torch::Tensor logits;
    std::function<torch::Tensor(const torch::Tensor& slopes)> vjp;
};

/// What a model said about a data set, kept without the model: enough for studies that need no gradients.
struct Predictions
{
    torch::Tensor logits; ///< float32 [N,K]; the logarithm of the probabilities where those were given
    torch::Tensor labels; ///< int64 [N], or undefined
    bool fromProbabilities = false;
};

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
    /// Weights and buffers under their saved names, in module order; shares storage. Constants that the card
    /// holds (input normalisation) and counters of batches are not among them.
    virtual NamedTensors persistent() const;
    /// A new network of the same structure with arbitrary weights; nullptr where that cannot be.
    virtual std::shared_ptr<Network> another() const { return nullptr; }
    /// A deep copy on the same device, in eval mode and frozen: another() with the weights copied, unless
    /// overridden. nullptr: the network cannot be copied; a Model then runs it as it is, unfolded.
    virtual std::shared_ptr<Network> copy() const;
    /// See Model::localChanges().
    virtual std::unique_ptr<LocalChanges> localChanges(const torch::Tensor& /*x*/) const { return nullptr; }
    /// See Model::taped().
    virtual std::optional<Taped> taped(const torch::Tensor& /*x*/) const { return std::nullopt; }
};

/// A model ready to be questioned: eval mode, parameters frozen (requires_grad false), so that
/// gradients flow to the input only. Immutable, therefore safe to call from several threads at once.
class Model
{
public:
    /// Takes the network over: freezes it and puts it into eval mode. It must be on its final device.
    Model(std::shared_ptr<Network> network, ModelCard card);
    /// A model without a network, of which only its answers are known.
    Model(Predictions predictions, ModelCard card);

    const ModelCard& card() const { return m_card; }
    const std::string& name() const { return m_card.name; }
    bool detects() const { return m_card.task == Task::Detection; }
    std::int64_t classCount() const { return static_cast<std::int64_t>(m_card.classes.size()); }
    torch::Device device() const { return m_device; }
    /// Whether images can be put to it; else only predictions() are there.
    bool hasNetwork() const { return m_network != nullptr; }
    /// @throws Error when the model has a network (ask that instead).
    const Predictions& predictions() const;
    /// @throws Error, saying @p purpose ("class-aware transfer attacks every image"), without a network.
    void requireNetwork(const std::string& purpose) const;

    // Without a network, all that follow throw Error.

    /// What the network gives, whatever it is for. Differentiable in x. Detector reads it by the card's
    /// output.
    torch::Tensor raw(const torch::Tensor& x) const;
    /// Logits float32 [N,K] for x float32 [N,C,H,W] in [0,1] on device(). Differentiable in x.
    /// Without gradients small networks on the CPU may round otherwise than with them, in the sixth digit.
    /// @throws Error for a detector.
    torch::Tensor logits(const torch::Tensor& x) const;
    /// Logits, with every tap reported to @p sink.
    torch::Tensor logits(const torch::Tensor& x, const TapSink& sink) const;
    std::vector<std::string> taps() const;
    /// Logits and gradients with the digits that logits() and autograd give where the pixels require a
    /// gradient, and without what a graph takes, which in a small network shows. nullopt where that is the
    /// only way: see localChanges().
    std::optional<Taped> taped(const torch::Tensor& x) const;
    /// A faster way to the logits of images that change a region at a time, for one thread. @param x images
    /// like those: as many and of the same form. @returns nullptr where logits() is the only way: on a
    /// device, for a network of other layers, for images of another form than the card's, and for more than
    /// may be kept.
    std::unique_ptr<LocalChanges> localChanges(const torch::Tensor& x) const;

    /// Name -> tensor, batch-norm buffers included, as saved. Shares storage; do not write.
    NamedTensors namedParameters() const;
    /// The unfolded network itself, for studies that edit weights; a deep copy in eval mode.
    /// @throws Error when the network is of a kind that cannot be copied.
    std::shared_ptr<Network> cloneNetwork() const;

private:
    void requireClassifier() const;

    std::shared_ptr<Network> m_network; ///< as saved
    std::shared_ptr<Network> m_folded;  ///< batch norm folded: what logits() runs
    std::optional<Predictions> m_predictions;
    ModelCard m_card;
    torch::Device m_device = torch::kCPU;
};

} // namespace assay::models
