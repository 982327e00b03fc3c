#pragma once

#include "backend/models/model.h"
#include "plugins/encryption/keyed_parts.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// Which weights of a pre-trained network a key gets of its own.
enum class Tuning {
    EmbeddingHead, ///< first convolution, the normalisation after it, head; the body as it is
    Lora,          ///< these, and low-rank updates of all other linear and k x k layers. Hu et al. 2022
    BitFit,        ///< biases and head. Zaken et al. 2022
    NormAffine,    ///< scales and shifts of normalisations, and head
    Head,          ///< head alone
    Full,          ///< everything
    Scratch        ///< everything, from random weights: the earlier key-based defence
};

/// "embedding-head", "lora", "bitfit", "norm", "head", "full", "scratch"; in the order of Tuning.
const std::vector<std::string>& tuningNames();
/// What a figure calls them: "Embedding + head", ...
const std::vector<std::string>& tuningTitles();
/// @throws Error naming the known ones.
Tuning tuningFromName(const std::string& name);
/// The learning rate that suits a method, as a multiple of that of embedding and head: 1 for few weights, 1/2
/// for low-rank updates and from scratch, 1/10 for a whole trained network.
double rateFactor(Tuning tuning);

/// A low-rank update of a layer: W' = W + (alpha / r) B A, alpha = 2 r. Of a k x k convolution A is a k x k
/// convolution to r channels and B a 1 x 1 one from there. A fused qkv has three, one above the other.
struct LowRank
{
    std::string layer;
    torch::Tensor a; ///< [parts, r, in * k * k]
    torch::Tensor b; ///< [parts, out / parts, r], zero at the start
    double scale = 2;
    /// (alpha / r) B A in the shape of the layer's weight.
    torch::Tensor update(at::IntArrayRef shape) const;
};

/// A network being tuned: what learns, and how low-rank updates take part in it. Not copyable: it holds the
/// network's weights aside while they are replaced. From one thread.
class KeyedTuning
{
public:
    /// @param network changed in place; the base weights must be in it.
    /// @param randomHead the head starts from random weights instead of the base's (Scratch: all do).
    /// @param generator (CPU) draws A and what starts anew. @param rank of low-rank updates.
    KeyedTuning(std::shared_ptr<models::Network> network, const KeyedParts& parts, Tuning tuning, int rank,
                bool randomHead, at::Generator generator);
    ~KeyedTuning();
    KeyedTuning(const KeyedTuning&) = delete;
    KeyedTuning& operator=(const KeyedTuning&) = delete;

    const std::vector<torch::Tensor>& parameters() const { return m_parameters; }
    /// Numbers that learn; running statistics are not among them.
    std::int64_t trained() const;
    /// Puts the network in eval mode but for the normalisations whose statistics learn too.
    void startEpoch();
    /// Logits of encrypted images, with the updates as they are now.
    torch::Tensor forward(const torch::Tensor& encrypted);
    /// Writes the updates into the weights for good, and freezes the network in eval mode. Comes last.
    void merge();
    const std::vector<LowRank>& lowRank() const { return m_lowRank; }

private:
    struct Adapted;

    void adapt(int rank, at::Generator generator);
    void startAnew(const std::string& module, const at::Generator& generator);
    void learn(const std::string& name, const torch::Tensor& parameter);
    void restore();

    std::shared_ptr<models::Network> m_network;
    KeyedParts m_parts;
    Tuning m_tuning;
    std::vector<torch::Tensor> m_parameters;
    std::vector<LowRank> m_lowRank;
    std::vector<Adapted> m_adapted;
    bool m_merged = false;
};

/// Those of @p tuned that differ from @p base, which has the same structure, and the low-rank updates
/// ("LAYER. lora_a", "LAYER.lora_b") in place of the weights that they change: what a device needs beside the
/// base.
models::NamedTensors deltaOf(const models::Network& base, const models::Network& tuned,
                             const std::vector<LowRank>& lowRank);

/// Writes a delta into a copy of the base. @throws Error naming what does not fit.
std::shared_ptr<models::Network> withDelta(const models::Network& base, const models::NamedTensors& delta);

} // namespace assay::encryption
