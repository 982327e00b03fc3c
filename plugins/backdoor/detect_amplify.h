#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace assay::backdoor {

/// A copy of a network whose last layers can be amplified: scale and shift of a layer multiplied by the same
/// number, so that what it gives is multiplied by it. Always made from saved numbers, never divided back.
/// Which layers these are: batch normalisations (their running statistics stay), or where there are none
/// layer normalisations, or where there are none either (normalisation folded into convolutions) convolutions
/// with weights AND bias, which is the same to a folded network. Order: that of the modules, which is that of
/// the computation in every built-in network.
class AmplifiedNetwork
{
public:
    /// @throws Error when the network cannot be copied or has no such layers.
    explicit AmplifiedNetwork(const models::Model& model);

    /// L, at least 1.
    std::int64_t layers() const { return static_cast<std::int64_t>(m_layers.size()); }
    /// "batch normalisations", "layer normalisations", "convolutions": for texts.
    const std::string& kind() const { return m_kind; }

    /// The model with its last @p last layers (0 .. L) amplified by @p omega: a copy, in eval mode and ready
    /// for any thread.
    models::Model amplified(std::int64_t last, double omega);
    /// Names of the layers, from the input to the output.
    const std::vector<std::string>& names() const { return m_names; }

private:
    struct Affine
    {
        torch::Tensor weight, bias;           ///< share memory with the network
        torch::Tensor savedWeight, savedBias; ///< as the model has them
    };
    template <class Layer>
    void collect(const char* kind);

    std::shared_ptr<models::Network> m_network;
    models::ModelCard m_card;
    std::vector<Affine> m_layers;
    std::vector<std::string> m_names;
    std::string m_kind;
};

} // namespace assay::backdoor
