#pragma once

#include "backend/encryption/secret_key.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assay::encryption {

/// A random private network, the key apart. NeuraCrypt (Yala et al. 2021) is the default; the two switches of
/// colour and the ordered form are a reconstruction of Color-NeuraCrypt (Qi et al. 2023), of which only the
/// abstract is public.
struct NeuraSpec
{
    int patch = 4;   ///< p: side of a patch and stride, 1 .. 256
    int width = 192; ///< d: numbers per encoded patch; with separate channels a multiple of their number
    int depth = 4;   ///< k: inner layers, 0 .. 64; -1 is the purely linear encoder, without any ReLU
    bool separate = false; ///< a network of its own for each channel, of width d / C
    bool rotate = false;   ///< channels go through a secret orthogonal C x C matrix first
    bool shuffle = true;   ///< the patches of every image in an order of its own
    bool perBatch =
        false; ///< normalise by the images at hand as the original does; else by frozen statistics
    bool operator==(const NeuraSpec&) const = default;
};

Json toJson(const NeuraSpec& spec);
/// "NeuraCrypt, depth 4, width 192", "separate channels, rotated colours, ordered": for captions.
std::string describe(const NeuraSpec& spec);

/// The numbers of an encoder network. Trainable ones are made by the attacks that imitate it.
struct NeuraWeights
{
    struct Linear
    {
        torch::Tensor weight; ///< [out,in]
        torch::Tensor bias;   ///< [out]
    };
    struct Branch
    {
        std::int64_t first = 0; ///< channels first .. first + count
        std::int64_t count = 0;
        Linear embedding; ///< of patches, flattened by channel, row, column
        std::vector<Linear> inner;
    };
    torch::Tensor rotation; ///< [C,C], undefined without
    std::vector<Branch> branches;
    torch::Tensor positions; ///< [T,d]
    Linear mix;              ///< d -> d

    NeuraWeights to(torch::Device device) const;
    /// All that can be learned: rotation included where there is one.
    std::vector<torch::Tensor> parameters() const;
};

/// What normalises the activations of layer @p layer (counted over all branches), [rows,width], each column.
using NeuraNorm = std::function<torch::Tensor(std::size_t layer, const torch::Tensor& rows)>;

/// [n,C,H,W] -> [n,T,C*p*p], patches row by row, each flattened by channel, row, column: what a convolution
/// of side and stride p sees.
torch::Tensor neuraPatches(const torch::Tensor& x, std::int64_t patch);

/// By the mean and variance of the rows themselves: batch normalisation without running statistics.
torch::Tensor normalisedByBatch(const torch::Tensor& rows);

/// The network itself: conv p x p with stride p and ReLU; per inner layer conv 1 x 1, normalisation, ReLU;
/// positions added; ReLU; linear (Yala et al. 2021, section 4, and their code). With depth -1 there is
/// neither ReLU nor normalisation. Differentiable in weights and images.
/// @param x float32 [n,C,H,W], normalised by channel. @returns [n,T,d], patches row by row.
torch::Tensor neuraForward(const NeuraWeights& weights, const NeuraSpec& spec, const torch::Tensor& x,
                           const NeuraNorm& norm);

/// Weights for images of this size as the spec's network has them, each drawn by @p uniform in [0,1): U(-b,
/// b) with b = 1 / sqrt(fan in) for weights and biases, positions and rotation from the normal distribution.
/// @param stream gives the numbers of one part: "cnc.rgb" or "cnc.r", "cnc.g", "cnc.b" (others by number),
/// "cnc.position", "cnc.mix", "cnc.rotation".
using NeuraDraws = std::function<std::function<double()>(const std::string& part)>;
NeuraWeights drawNeuraWeights(const NeuraSpec& spec, std::int64_t channels, std::int64_t height,
                              std::int64_t width, const NeuraDraws& draws);

/// NeuraCrypt's encoder T under one key. Immutable after construction; safe from any thread.
class NeuraEncoder
{
public:
    /// @param own uint8 [n,C,H,W] on the CPU: images of the owner. Their mean and deviation normalise every
    /// channel; what the inner layers are normalised by is measured on the first 512 of them and kept, so
    /// that the encoding of an image depends on the key and on nothing else.
    /// @throws Error for sides that are no multiples of the patch, a number of the spec out of range, or
    /// fewer than two images.
    NeuraEncoder(NeuraSpec spec, const SecretKey& key, const torch::Tensor& own, torch::Device device);

    const NeuraSpec& spec() const { return m_spec; }
    std::int64_t tokens() const { return m_tokens; }
    /// The encoding before patches are shuffled: float32 [n,T,d] on the device.
    /// @param images uint8 [n,C,H,W] or float32 in [0,1].
    torch::Tensor ordered(const torch::Tensor& images) const;
    /// What leaves the owner. @param ids int64 [n]: which image is which; the same image under the same
    /// number is shuffled the same way, another number gives another order.
    torch::Tensor encode(const torch::Tensor& images, const torch::Tensor& ids) const;
    /// Images as the network sees them: normalised by the owner's statistics, on the device.
    torch::Tensor normalised(const torch::Tensor& images) const;

private:
    void freeze(const torch::Tensor& own);

    NeuraSpec m_spec;
    SecretKey m_key;
    torch::Device m_device;
    std::int64_t m_tokens = 0;
    torch::Tensor m_mean, m_deviation; ///< [1,C,1,1]
    NeuraWeights m_weights;
    std::vector<std::pair<torch::Tensor, torch::Tensor>> m_frozen; ///< per layer mean and 1 / deviation
};

} // namespace assay::encryption
