#include "backend/models/architectures/vit.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/models/architectures/transformer_block.h"

#include <torch/nn.h>

namespace assay::models {

namespace {

constexpr double kPositionDeviation = 0.02;

struct TransformerShape
{
    std::int64_t width;
    std::int64_t heads;
    std::int64_t patch = 16;
    std::int64_t depth = 12;
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
        m_body = TransformerBody(*this, shape.depth, {.width = shape.width, .heads = shape.heads});
        m_head = register_module("head", torch::nn::Linear(shape.width, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        const torch::Tensor patches = m_embedding->forward(normalise(x)).flatten(2).transpose(1, 2);
        const torch::Tensor h =
            torch::cat({m_classToken.expand({x.size(0), -1, -1}), patches}, 1) + m_positions;
        return m_head->forward(m_body(h, sink));
    }

    std::vector<std::string> taps() const override { return m_body.taps(); }

private:
    torch::Tensor m_classToken;
    torch::Tensor m_positions;
    torch::nn::Conv2d m_embedding{nullptr};
    TransformerBody m_body;
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
    requireHeads(key, shape.width, shape.heads);
    requirePatches(key, input, shape.patch, shape.patch);
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
