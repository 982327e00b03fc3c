#pragma once

#include "backend/encryption/cipher.h"
#include "backend/models/model.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// A network behind a key: pixels in [0,1] are encrypted, then normalised and classified by the network. To
/// every attack it is a model like any other, and one that is given it has the key: an attacker without it is
/// given another composition of the same weights. Differentiable as far as the cipher is
/// (Cipher::encryptUnit).
class KeyedNetwork final : public models::Network
{
public:
    /// @param network takes images as they are, un-normalised; shared, not copied.
    KeyedNetwork(std::shared_ptr<models::Network> network, std::shared_ptr<const Cipher> cipher);

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return m_network->taps(); }
    void fold() override { m_network->fold(); }
    /// Those of the network alone: the key is no part of them.
    models::NamedTensors persistent() const override { return m_network->persistent(); }
    std::shared_ptr<models::Network> another() const override;

private:
    std::shared_ptr<models::Network> m_network;
    std::shared_ptr<const Cipher> m_cipher;
};

/// Answers every image by one of several members. Which one is a keyed function of the pixels (a projection
/// onto secret directions), so that it is as good as drawn to whoever does not have the seed, while the same
/// image gets the same answer within a run and nothing is shared between threads.
class RandomMemberNetwork final : public models::Network
{
public:
    /// @param members at least one, on one device. @param pixels values of an image, all channels.
    RandomMemberNetwork(std::vector<std::shared_ptr<models::Network>> members, std::int64_t pixels,
                        std::uint64_t seed);

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return {}; }
    void fold() override;
    models::NamedTensors persistent() const override;
    std::shared_ptr<models::Network> another() const override;

private:
    std::vector<std::shared_ptr<models::Network>> m_members;
    std::uint64_t m_seed;
    torch::Tensor m_directions; ///< float64 [pixels], on the members' device
};

/// @p network with its weights as they are, asked through @p cipher, or without a key where that is null.
std::shared_ptr<const models::Model> keyedModel(const std::shared_ptr<models::Network>& network,
                                                std::shared_ptr<const Cipher> cipher, models::ModelCard card,
                                                std::string name);

} // namespace assay::encryption
