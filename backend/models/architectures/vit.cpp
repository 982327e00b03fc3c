#include "backend/models/architectures/vit.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/nn.h>

#include <cmath>

namespace assay::models {

namespace {

constexpr double kNormEpsilon = 1e-6;    ///< timm's, not PyTorch's 1e-5
constexpr std::int64_t kHiddenRatio = 4; ///< of the perceptron in each block
constexpr double kPositionDeviation = 0.02;

struct TransformerShape
{
    std::int64_t width;
    std::int64_t heads;
    std::int64_t patch = 16;
    std::int64_t depth = 12;
};

torch::nn::LayerNorm layerNorm(std::int64_t width)
{
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(kNormEpsilon));
}

class Attention
{
public:
    Attention(torch::nn::Module& owner, std::int64_t width, std::int64_t heads)
        : m_heads(heads)
        , m_qkv(owner.register_module("qkv", torch::nn::Linear(width, 3 * width)))
        , m_out(owner.register_module("proj", torch::nn::Linear(width, width)))
    {}

    torch::Tensor operator()(const torch::Tensor& x)
    {
        const std::int64_t side = x.size(2) / m_heads;
        const auto parts = m_qkv->forward(x)
                               .view({x.size(0), x.size(1), 3, m_heads, side})
                               .permute({2, 0, 3, 1, 4})
                               .unbind(0);
        // Scaling the queries, not the scores, of which there are more.
        const torch::Tensor queries = parts[0] * (1 / std::sqrt(static_cast<double>(side)));
        const torch::Tensor weights = torch::matmul(queries, parts[1].transpose(-2, -1)).softmax(-1);
        return m_out->forward(torch::matmul(weights, parts[2]).transpose(1, 2).reshape(x.sizes()));
    }

private:
    std::int64_t m_heads;
    torch::nn::Linear m_qkv;
    torch::nn::Linear m_out;
};

class TransformerBlock
{
public:
    TransformerBlock(torch::nn::Module& owner, const TransformerShape& shape)
        : m_norm1(owner.register_module("norm1", layerNorm(shape.width)))
        , m_attention(group(owner, "attn"), shape.width, shape.heads)
        , m_norm2(owner.register_module("norm2", layerNorm(shape.width)))
    {
        torch::nn::Module& mlp = group(owner, "mlp");
        const std::int64_t hidden = kHiddenRatio * shape.width;
        m_hidden = mlp.register_module("fc1", torch::nn::Linear(shape.width, hidden));
        m_out = mlp.register_module("fc2", torch::nn::Linear(hidden, shape.width));
    }

    torch::Tensor operator()(const torch::Tensor& x)
    {
        const torch::Tensor h = m_attention(m_norm1->forward(x)).add_(x);
        return m_out->forward(torch::gelu(m_hidden->forward(m_norm2->forward(h)))).add_(h);
    }

private:
    torch::nn::LayerNorm m_norm1;
    Attention m_attention;
    torch::nn::LayerNorm m_norm2;
    torch::nn::Linear m_hidden{nullptr};
    torch::nn::Linear m_out{nullptr};
};

class Vit final : public BuiltinNetwork
{
public:
    Vit(Maker maker, const Json& options, const InputSpec& input, std::int64_t classes,
        const TransformerShape& shape)
        : BuiltinNetwork(maker, options, input, classes)
    {
        const std::int64_t patches = (input.height / shape.patch) * (input.width / shape.patch);
        m_classToken = register_parameter("cls_token", torch::zeros({1, 1, shape.width}));
        m_positions =
            register_parameter("pos_embed", torch::randn({1, 1 + patches, shape.width}) * kPositionDeviation);
        m_embedding =
            group(*this, "patch_embed")
                .register_module("proj", torch::nn::Conv2d(torch::nn::Conv2dOptions(input.channels,
                                                                                    shape.width, shape.patch)
                                                               .stride(shape.patch)));
        torch::nn::Module& blocks = group(*this, "blocks");
        for (std::int64_t i = 0; i < shape.depth; ++i)
            m_blocks.emplace_back(group(blocks, std::to_string(i)), shape);
        m_norm = register_module("norm", layerNorm(shape.width));
        m_head = register_module("head", torch::nn::Linear(shape.width, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        const torch::Tensor patches = m_embedding->forward(normalise(x)).flatten(2).transpose(1, 2);
        torch::Tensor h = torch::cat({m_classToken.expand({x.size(0), -1, -1}), patches}, 1) + m_positions;
        report(sink, "embedding", h);
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            h = m_blocks[i](h);
            report(sink, ("block" + std::to_string(i + 1)).c_str(), h);
        }
        h = m_norm->forward(h.select(1, 0)); // each token is normalised by itself, and only this one is used
        report(sink, "features", h);
        return m_head->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names = {"embedding"};
        for (std::size_t i = 0; i < m_blocks.size(); ++i)
            names.push_back("block" + std::to_string(i + 1));
        names.emplace_back("features");
        return names;
    }

private:
    torch::Tensor m_classToken;
    torch::Tensor m_positions;
    torch::nn::Conv2d m_embedding{nullptr};
    std::vector<TransformerBlock> m_blocks;
    torch::nn::LayerNorm m_norm{nullptr};
    torch::nn::Linear m_head{nullptr};
};

std::shared_ptr<Network> makeTransformer(const char* key, BuiltinNetwork::Maker maker, const Json& options,
                                         const InputSpec& input, std::int64_t classes, TransformerShape shape)
{
    OptionReader reader(key, options);
    shape.patch = reader.integer("patch", shape.patch, 1, 256);
    shape.width = reader.integer("width", shape.width, 1, 4096);
    shape.depth = reader.integer("depth", shape.depth, 1, 64);
    shape.heads = reader.integer("heads", shape.heads, 1, 64);
    reader.finish();
    if (shape.width % shape.heads != 0)
        throw Error("option 'heads' is " + std::to_string(shape.heads) + "; it must divide the width, " +
                        std::to_string(shape.width),
                    key);
    if (input.height % shape.patch != 0 || input.width % shape.patch != 0)
        throw Error("cuts images into patches of " + std::to_string(shape.patch) + " x " +
                        std::to_string(shape.patch) + " pixels, which do not fill the input of " +
                        std::to_string(input.height) + " x " + std::to_string(input.width),
                    key, "Choose another size of input or another 'patch'.");
    return std::make_shared<Vit>(maker, options, input, classes, shape);
}

} // namespace

std::shared_ptr<Network> makeVitTiny(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeTransformer("vit_tiny", makeVitTiny, options, input, classes, {.width = 192, .heads = 3});
}

std::shared_ptr<Network> makeVitSmall(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeTransformer("vit_small", makeVitSmall, options, input, classes, {.width = 384, .heads = 6});
}

std::shared_ptr<Network> makeDeitTiny(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeTransformer("deit_tiny", makeDeitTiny, options, input, classes, {.width = 192, .heads = 3});
}

std::shared_ptr<Network> makeDeitSmall(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeTransformer("deit_small", makeDeitSmall, options, input, classes, {.width = 384, .heads = 6});
}

} // namespace assay::models
