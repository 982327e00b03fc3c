#pragma once

#include "backend/models/direct/direct_network.h"
#include "backend/models/model.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <string>

namespace assay::models {

/// Common part of the built-in networks: remembers how it was made, to make another.
class BuiltinNetwork : public Network
{
public:
    using Maker = std::shared_ptr<Network> (*)(const Json& options, const InputSpec& input,
                                               std::int64_t classes);

    std::shared_ptr<Network> another() const override { return m_maker(m_options, m_input, m_classes); }
    std::unique_ptr<LocalChanges> localChanges(const torch::Tensor& x) const override;
    std::optional<Taped> taped(const torch::Tensor& x) const override;

protected:
    BuiltinNetwork(Maker maker, Json options, InputSpec input, std::int64_t classes);

    const InputSpec& input() const { return m_input; }
    std::int64_t classes() const { return m_classes; }

    /// (scale * x - mean) / stddev per channel, channels reversed before when bgr; contiguous.
    torch::Tensor normalise(const torch::Tensor& x) const;

    /// Whether the weights lie where the direct way runs: on the CPU.
    bool canBeDirect() const { return parameters().front().is_cpu(); }
    /// Gives the folded network a faster way to its logits, if it is one.
    void setDirect(direct::DirectNetwork network);
    /// Whether directLogits() answers: the images lie on the CPU, and nobody asks for taps.
    bool isDirect(const torch::Tensor& x, const TapSink* sink) const;
    torch::Tensor directLogits(const torch::Tensor& x) const;

private:
    Maker m_maker;
    Json m_options;
    InputSpec m_input;
    std::int64_t m_classes;
    // Buffers under kInputPrefix, so that they follow the network's device; undefined for one channel, where
    // plain numbers serve.
    torch::Tensor m_mean;
    torch::Tensor m_scale;
    std::shared_ptr<const direct::DirectNetwork> m_direct; ///< graphs of its results hold it too
};

/// A child of @p owner that only holds names ("layer1.0"): the computation lies in the classes that own the
/// layers. Valid as long as the owner.
torch::nn::Module& group(torch::nn::Module& owner, const std::string& name);

/// Buffers of this prefix are constants of the card and not saved.
inline constexpr const char* kInputPrefix = "input_";

/// A square two-dimensional convolution.
struct ConvShape
{
    std::int64_t in = 1;
    std::int64_t out = 1;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 1;
    std::int64_t groups = 1;
    bool bias = false;
};

/// A convolution and its batch normalisation, registered in @p owner under the names given, so that
/// checkpoints of other tools fit by name. Folding makes one convolution of both.
class ConvBn
{
public:
    ConvBn() = default;
    ConvBn(torch::nn::Module& owner, const std::string& convName, const std::string& bnName,
           const ConvShape& shape);

    torch::Tensor operator()(const torch::Tensor& x);
    /// W' = W gamma / sqrt(var + eps), b' = beta - mean gamma / sqrt(var + eps) (+ the scaled bias).
    void fold();
    /// Once folded.
    direct::FoldedConvolution folded() const;

private:
    ConvShape m_shape;
    torch::nn::Conv2d m_conv{nullptr};
    torch::nn::BatchNorm2d m_bn{nullptr};
    torch::Tensor m_weight; ///< defined once folded
    torch::Tensor m_bias;
};

/// A batch normalisation that follows a nonlinearity and so has no convolution to go into: folded, it is one
/// multiply-add.
class FoldableNorm
{
public:
    FoldableNorm() = default;
    FoldableNorm(torch::nn::Module& owner, const std::string& name, std::int64_t channels);

    torch::Tensor operator()(const torch::Tensor& x);
    void fold();

private:
    torch::nn::BatchNorm2d m_bn{nullptr};
    torch::Tensor m_scale; ///< [1,C,1,1], defined once folded
    torch::Tensor m_shift;
};

/// Output of the first convolution as channels-last, which the rest of the network then keeps. The input
/// itself has often one channel, for which the conversion would be a no-op (its strides are ambiguous).
torch::Tensor channelsLast(const torch::Tensor& x);

/// @throws Error unless @p value (a side of the input) is at least @p least.
void requireSide(const char* architecture, const InputSpec& input, std::int64_t least);

inline void report(const TapSink* sink, const char* name, const torch::Tensor& value)
{
    if (sink)
        (*sink)(name, value);
}

} // namespace assay::models
