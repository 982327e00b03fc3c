#pragma once

#include "backend/encryption/cipher.h"
#include "backend/encryption/secret_key.h"
#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_reader.h"

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// How the encrypted images enter the training.
enum class ReconStrategy {
    Direct,     ///< encrypted images only
    Mixed,      ///< half of each batch is plain
    Progressive ///< plain images first, then EtC's steps one by one; of other schemes a growing share
};

struct ReconEncoderSpec
{
    bool set =
        false; ///< order-free: blocks are embedded and pooled. Else convolutions aligned with the blocks
    ReconStrategy strategy = ReconStrategy::Progressive;
    int epochs = 10;
    double perceptual = 0.8;       ///< weight of the distance of features
    double regularisation = 0.005; ///< weight of the mean square of E(x)
    bool plain = false;            ///< learns to invert plain images: the bound
};

class ReconEncoderNetwork;

/// Learns E(x_e), the distance of an encrypted image's styles from their mean, through the frozen generator:
/// |x' - x|^2 + perceptual * distance of features + regularisation * |E|^2 with x' = G(centre + E(x_e)).
/// Every image is encrypted under a fresh key in every epoch.
class ReconEncoder
{
public:
    /// @param eyes features in which images are compared; the attacker's own, not the judge.
    ReconEncoder(ReconProgress& progress, const ReconData& data, const CipherSpec& cipher,
                 const SecretKey& attackerKey, const ReconGenerator& generator, const ReconReader& eyes,
                 const ReconEncoderSpec& spec);
    ~ReconEncoder();

    /// Styles [n,styles,size] on the device. @param x float32 [n,3,S,S] in [0,1] on the CPU.
    torch::Tensor styles(const torch::Tensor& x) const;
    const std::vector<double>& losses() const { return m_losses; }
    /// Where in the training, 0 .. 1, the next stage began.
    static std::vector<double> stageStarts(const CipherSpec& cipher, ReconStrategy strategy);

private:
    std::shared_ptr<ReconEncoderNetwork> m_network;
    std::shared_ptr<const models::Generator> m_generator;
    std::vector<double> m_losses;
};

/// The schemes that a progressive training of EtC goes through: no step, then inversion, channels, turns and
/// moves one by one, as far as @p cipher has them.
std::vector<CipherSpec> reconStages(const CipherSpec& cipher);

} // namespace assay::encryption
