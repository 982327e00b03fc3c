#pragma once

#include "backend/encryption/cipher.h"
#include "backend/encryption/secret_key.h"
#include "plugins/encryption/neura_encoder.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::encryption {

struct TrainParams;

/// "plain", "plain-set", "etc", "etc-each", "le", "ele", "pe", "pe-each", "shf", "np", "ffx", "v0", "v1",
/// "v2", "v3", "own": as tables have them.
const std::vector<std::string>& trainSchemeIds();
/// In the same order, as figures have them.
const std::vector<std::string>& trainSchemeTitles();
/// Likewise, as forms have them.
const std::vector<std::string>& trainSchemeWords();

/// What images are turned into, and how the classifier takes it.
struct TrainScheme
{
    std::string id;
    std::string title;
    std::optional<CipherSpec> cipher; ///< neither: the images themselves
    bool keyPerImage = false;         ///< of a cipher
    std::optional<NeuraSpec> neura;
    bool positions = true; ///< the classifier knows the order of the patches

    bool hasKey() const { return cipher || neura; }
    /// Tells it from every other.
    Json key() const;
};
/// @throws Error for an id that is none.
TrainScheme trainScheme(const std::string& id, const TrainParams& params);

/// A scheme under the keys of its owners, made ready for images of one size. Images are dealt to owners in
/// turn.
class TrainEncoder
{
public:
    /// @param keys one for each owner. @param own uint8 [n,C,H,W] on the CPU: the training images.
    /// @throws Error where the scheme does not fit the images.
    TrainEncoder(TrainScheme scheme, const std::vector<SecretKey>& keys, const torch::Tensor& own,
                 torch::Device device);

    /// What is published of the images: float32 on the CPU, [n,C,H,W] in [0,1], or of NeuraCrypt [n,1,T,d].
    /// @param images uint8 [n,C,H,W] on the CPU. @param ids int64 [n]: their numbers, for keys and orders of
    /// their own; image i is that of owner i modulo the number of owners.
    torch::Tensor encode(const torch::Tensor& images, const torch::Tensor& ids) const;
    /// Of the first owner.
    const NeuraEncoder* neura() const { return m_neura.empty() ? nullptr : &m_neura.front(); }

private:
    torch::Tensor encodeFor(std::size_t owner, const torch::Tensor& images, const torch::Tensor& ids) const;

    TrainScheme m_scheme;
    std::vector<SecretKey> m_keys;
    std::vector<Cipher> m_ciphers;
    std::vector<NeuraEncoder> m_neura;
    torch::Device m_device;
};

/// Rows of the owner: owner, owner + owners, ... below n. int64.
torch::Tensor rowsOfOwner(std::int64_t n, std::size_t owner, std::size_t owners);

} // namespace assay::encryption
