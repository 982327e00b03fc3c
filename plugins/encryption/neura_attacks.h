#pragma once

#include "plugins/encryption/neura_encoder.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::encryption {

// Attacks on a random private encoder T. The attacker knows its architecture and not its key, and trains a
// network T' of their own to encode as it does.

/// Called before every step; may throw Cancelled.
using NeuraStep = std::function<void(std::int64_t done, std::int64_t all)>;

/// T': an encoder of the spec's architecture whose weights are learned. Its layers are normalised by batch
/// while it learns, and by statistics frozen on the attacker's images afterwards.
class NeuraStudent
{
public:
    /// @param generator on the CPU draws the first weights.
    NeuraStudent(const NeuraSpec& spec, std::int64_t channels, std::int64_t height, std::int64_t width,
                 at::Generator generator, torch::Device device);

    /// @param x float32 [n,C,H,W], normalised. @returns [n,T,d], differentiable in the weights.
    torch::Tensor learning(const torch::Tensor& x) const;
    void freeze(const torch::Tensor& x);
    /// Once frozen. No gradients.
    torch::Tensor encode(const torch::Tensor& x) const;
    std::vector<torch::Tensor> parameters() const;
    /// Adds an offset to every number of the encoding, learned from then on, that makes the mean of the
    /// images' encodings @p mean, [T,d].
    void matchMean(const torch::Tensor& x, const torch::Tensor& mean);

private:
    NeuraSpec m_spec;
    NeuraWeights m_weights;
    torch::Tensor m_offset; ///< [T,d], undefined without
    std::vector<std::pair<torch::Tensor, torch::Tensor>> m_frozen;
};

struct NeuraAttackSpec
{
    int epochs = 30;
    int batch = 16;             ///< images
    double learningRate = 3e-3; ///< of Adam; falls to 0 along a cosine
    std::uint64_t seed = 1;     ///< first weights and the order of images
    bool operator==(const NeuraAttackSpec&) const = default;
};
Json toJson(const NeuraAttackSpec& spec);

/// Mean squared error of @p guess divided by that of the mean feature of every position, both over the images
/// of @p truth, [n,T,d] each: 1 says that nothing was learned, 0 that the encoder is known.
double normalisedError(const torch::Tensor& guess, const torch::Tensor& truth);

/// Plaintext attack (Yala et al. 2021): T' is trained by mean squared error on pairs of image and encoding in
/// the order of patches. Beyond the original it starts with the mean encoding of every position, which the
/// pairs give away: the secret positions would otherwise take most of the steps. @param x float32 [n,C,H,W],
/// normalised. @param z [n,T,d] on the same device.
NeuraStudent plaintextAttack(const NeuraSpec& spec, const torch::Tensor& x, const torch::Tensor& z,
                             const NeuraAttackSpec& attack, const NeuraStep& step);

/// The least squares map from the pixels of a patch to its encoding, one matrix for all positions and an
/// offset for each: what remains of the plaintext attack without any training. Ridge of 1e-6 of the mean
/// variance.
struct NeuraRegression
{
    torch::Tensor matrix; ///< float64 [C*p*p,d]
    torch::Tensor centre; ///< float64 [T,C*p*p]: mean patches
    torch::Tensor offset; ///< float64 [T,d]: mean encodings
    /// @param x float32 [n,C,H,W]. @returns float32 [n,T,d].
    torch::Tensor encode(const torch::Tensor& x, int patch) const;
};
NeuraRegression regressionAttack(int patch, const torch::Tensor& x, const torch::Tensor& z);

/// Squared maximum mean discrepancy of two samples [n,f] and [m,f] under the kernel
/// sum over s of exp(-||a - b||^2 / (2 s)) with the 19 scales of the official code, 1e-6 .. 1e6; the biased
/// estimate, which is at least 0.
torch::Tensor squaredMmd(const torch::Tensor& a, const torch::Tensor& b);

/// MMD attack (Yala et al. 2021): without any pair, T' is trained to give the attacker's images encodings of
/// the same distribution as those that were published. Compared are patch means, which shuffling leaves
/// alone.
/// @param x the attacker's images, normalised. @param published patch means [m,d] of other images.
NeuraStudent mmdAttack(const NeuraSpec& spec, const torch::Tensor& x, const torch::Tensor& published,
                       const NeuraAttackSpec& attack, const NeuraStep& step);

/// Who is who: for every published encoding the candidates by distance of patch means.
struct Reidentified
{
    torch::Tensor nearest; ///< int64 [n,k]: candidates of encoding i, nearest first
    torch::Tensor rank;    ///< int64 [n]: how many candidates are nearer than the true one
};
/// @param guess patch means [n,d] of T' on the plain images. @param published those of the encodings, in the
/// same order. @param k at most n.
Reidentified reidentify(const torch::Tensor& guess, const torch::Tensor& published, std::int64_t k);

} // namespace assay::encryption
