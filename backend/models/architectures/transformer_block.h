#pragma once

#include "backend/models/architectures/layers.h"

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::models {

struct BlockShape
{
    std::int64_t width = 192;
    std::int64_t heads = 3;       ///< divides width
    std::int64_t hiddenRatio = 4; ///< of the perceptron's hidden layer to width
    /// Attention maps mixed across heads by a learned heads x heads matrix and normalised over the heads
    /// (Zhou et al., DeepViT, 2021).
    bool reattention = false;
};

/// Layer normalisation with timm's epsilon, 1e-6, not PyTorch's 1e-5.
torch::nn::LayerNorm transformerNorm(std::int64_t width);

/// A block of the vision transformer (Dosovitskiy et al. 2021), normalised before, under timm's names: norm1,
/// attn.qkv, attn.proj, norm2, mlp.fc1, mlp.fc2; with re-attention also attn.reattn and attn.reattn_norm.
class TransformerBlock
{
public:
    TransformerBlock(torch::nn::Module& owner, const BlockShape& shape);

    /// @param x [N,tokens,width]. @returns the same shape, another tensor.
    torch::Tensor operator()(const torch::Tensor& x);

private:
    torch::Tensor attend(const torch::Tensor& x);
    /// Re-attention. @param weights attention maps [N,heads,i,j].
    torch::Tensor mixed(const torch::Tensor& weights);

    std::int64_t m_heads;
    torch::nn::LayerNorm m_norm1;
    torch::nn::Linear m_qkv{nullptr};
    torch::nn::Linear m_projection{nullptr};
    torch::Tensor m_mix; ///< [heads,heads]; undefined without re-attention
    torch::nn::LayerNorm m_mixNorm{nullptr};
    torch::nn::LayerNorm m_norm2;
    torch::nn::Linear m_hidden{nullptr};
    torch::nn::Linear m_out{nullptr};
};

/// What follows the embedding in a vision transformer: blocks and the normalisation of the class token, under
/// timm's names: blocks.0, blocks.1, ..., norm.
class TransformerBody
{
public:
    TransformerBody() = default;
    TransformerBody(torch::nn::Module& owner, std::int64_t depth, const BlockShape& shape);

    /// @param h embedded tokens [N,tokens,width], the class token first. @returns the normalised class token
    /// [N,width]. Each of taps() is reported.
    torch::Tensor operator()(torch::Tensor h, const TapSink* sink);
    /// embedding, block1 .. blockN, features.
    std::vector<std::string> taps() const;

private:
    std::vector<TransformerBlock> m_blocks;
    torch::nn::LayerNorm m_norm{nullptr};
};

/// @throws Error unless @p heads divides @p width.
void requireHeads(const char* architecture, std::int64_t width, std::int64_t heads);
/// @throws Error unless patches of @p rows x @p columns pixels fill the input.
void requirePatches(const char* architecture, const InputSpec& input, std::int64_t rows,
                    std::int64_t columns);

} // namespace assay::models
