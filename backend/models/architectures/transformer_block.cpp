#include "backend/models/architectures/transformer_block.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <cmath>

namespace assay::models {

namespace {

constexpr double kNormEpsilon = 1e-6;

} // namespace

torch::nn::LayerNorm transformerNorm(std::int64_t width)
{
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(kNormEpsilon));
}

TransformerBlock::TransformerBlock(torch::nn::Module& owner, const BlockShape& shape)
    : m_heads(shape.heads)
    , m_norm1(owner.register_module("norm1", transformerNorm(shape.width)))
    , m_norm2(nullptr)
{
    torch::nn::Module& attention = group(owner, "attn");
    m_qkv = attention.register_module("qkv", torch::nn::Linear(shape.width, 3 * shape.width));
    m_projection = attention.register_module("proj", torch::nn::Linear(shape.width, shape.width));
    if (shape.reattention) {
        m_mix = attention.register_parameter("reattn", torch::eye(shape.heads));
        m_mixNorm = attention.register_module("reattn_norm", transformerNorm(shape.heads));
    }
    m_norm2 = owner.register_module("norm2", transformerNorm(shape.width));
    torch::nn::Module& mlp = group(owner, "mlp");
    const std::int64_t hidden = shape.hiddenRatio * shape.width;
    m_hidden = mlp.register_module("fc1", torch::nn::Linear(shape.width, hidden));
    m_out = mlp.register_module("fc2", torch::nn::Linear(hidden, shape.width));
}

torch::Tensor TransformerBlock::operator()(const torch::Tensor& x)
{
    const torch::Tensor h = attend(m_norm1->forward(x)).add_(x);
    return m_out->forward(torch::gelu(m_hidden->forward(m_norm2->forward(h)))).add_(h);
}

torch::Tensor TransformerBlock::mixed(const torch::Tensor& weights)
{
    // Each map a row of its own: normalising over heads then runs along rows, where a LayerNorm of the
    // permuted maps would normalise a handful of numbers at a time.
    const torch::Tensor maps = torch::matmul(m_mix.t(), weights.flatten(2)); // [N,heads,i*j]
    const torch::Tensor centred = maps - maps.mean(1, true);
    const torch::Tensor scale = (centred.square().mean(1, true) + kNormEpsilon).rsqrt();
    const torch::Tensor& gain = m_mixNorm->weight;
    return (centred * scale * gain.view({1, -1, 1}) + m_mixNorm->bias.view({1, -1, 1})).view(weights.sizes());
}

torch::Tensor TransformerBlock::attend(const torch::Tensor& x)
{
    const std::int64_t side = x.size(2) / m_heads;
    const auto parts =
        m_qkv->forward(x).view({x.size(0), x.size(1), 3, m_heads, side}).permute({2, 0, 3, 1, 4}).unbind(0);
    // Scaling the queries, not the scores, of which there are more.
    const torch::Tensor queries = parts[0] * (1 / std::sqrt(static_cast<double>(side)));
    torch::Tensor weights = torch::matmul(queries, parts[1].transpose(-2, -1)).softmax(-1);
    if (m_mix.defined())
        weights = mixed(weights);
    return m_projection->forward(torch::matmul(weights, parts[2]).transpose(1, 2).reshape(x.sizes()));
}

TransformerBody::TransformerBody(torch::nn::Module& owner, std::int64_t depth, const BlockShape& shape)
{
    torch::nn::Module& blocks = group(owner, "blocks");
    for (std::int64_t i = 0; i < depth; ++i)
        m_blocks.emplace_back(group(blocks, std::to_string(i)), shape);
    m_norm = owner.register_module("norm", transformerNorm(shape.width));
}

torch::Tensor TransformerBody::operator()(torch::Tensor h, const TapSink* sink)
{
    report(sink, "embedding", h);
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        h = m_blocks[i](h);
        report(sink, ("block" + std::to_string(i + 1)).c_str(), h);
    }
    h = m_norm->forward(h.select(1, 0)); // each token is normalised by itself, and only this one is used
    report(sink, "features", h);
    return h;
}

std::vector<std::string> TransformerBody::taps() const
{
    std::vector<std::string> names = {"embedding"};
    for (std::size_t i = 0; i < m_blocks.size(); ++i)
        names.push_back("block" + std::to_string(i + 1));
    names.emplace_back("features");
    return names;
}

void requireHeads(const char* architecture, std::int64_t width, std::int64_t heads)
{
    if (width % heads != 0)
        throw Error("option 'heads' is " + std::to_string(heads) + "; it must divide the width, " +
                        std::to_string(width),
                    architecture);
}

void requirePatches(const char* architecture, const InputSpec& input, std::int64_t rows, std::int64_t columns)
{
    if (input.height % rows != 0 || input.width % columns != 0)
        throw Error("cuts images into patches of " + std::to_string(rows) + " x " + std::to_string(columns) +
                        " pixels, which do not fill the input of " + std::to_string(input.height) + " x " +
                        std::to_string(input.width),
                    architecture, "Choose another size of input or another 'patch'.");
}

} // namespace assay::models
