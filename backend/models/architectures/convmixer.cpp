#include "backend/models/architectures/convmixer.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/torch.h>

namespace assay::models {

namespace {

struct Shape
{
    std::int64_t width;
    std::int64_t depth;
    std::int64_t kernel;
    std::int64_t patch;
};

torch::nn::Conv2dOptions convolution(std::int64_t from, std::int64_t to, std::int64_t kernel)
{
    return torch::nn::Conv2dOptions(from, to, kernel);
}

class Convmixer final : public BuiltinNetwork
{
public:
    Convmixer(const Json& options, const InputSpec& input, std::int64_t classes, const Shape& shape)
        : BuiltinNetwork(makeConvmixer, options, input, classes)
        , m_embedding(register_module(
              "embedding",
              torch::nn::Conv2d(convolution(input.channels, shape.width, shape.patch).stride(shape.patch))))
        , m_embeddingNorm(*this, "embedding_norm", shape.width)
    {
        for (std::int64_t i = 0; i < shape.depth; ++i) {
            const auto owner =
                register_module("block" + std::to_string(i + 1), std::make_shared<torch::nn::Module>());
            Block& block = m_blocks.emplace_back();
            block.depthwise = owner->register_module(
                "depthwise", torch::nn::Conv2d(convolution(shape.width, shape.width, shape.kernel)
                                                   .padding(shape.kernel / 2)
                                                   .groups(shape.width)));
            block.depthwiseNorm = FoldableNorm(*owner, "depthwise_norm", shape.width);
            block.pointwise = owner->register_module(
                "pointwise", torch::nn::Conv2d(convolution(shape.width, shape.width, 1)));
            block.pointwiseNorm = FoldableNorm(*owner, "pointwise_norm", shape.width);
        }
        m_fc = register_module("fc", torch::nn::Linear(shape.width, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = channelsLast(m_embedding->forward(normalise(x)));
        h = m_embeddingNorm(torch::gelu(h));
        report(sink, "embedding", h);
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            Block& block = m_blocks[i];
            h = block.depthwiseNorm(torch::gelu(block.depthwise->forward(h))).add(h);
            h = block.pointwiseNorm(torch::gelu(block.pointwise->forward(h)));
            report(sink, ("block" + std::to_string(i + 1)).c_str(), h);
        }
        h = h.mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_fc->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names = {"embedding"};
        for (std::size_t i = 0; i < m_blocks.size(); ++i)
            names.push_back("block" + std::to_string(i + 1));
        names.emplace_back("features");
        return names;
    }

    void fold() override
    {
        m_embeddingNorm.fold();
        for (Block& block : m_blocks) {
            block.depthwiseNorm.fold();
            block.pointwiseNorm.fold();
        }
    }

private:
    struct Block
    {
        torch::nn::Conv2d depthwise{nullptr};
        FoldableNorm depthwiseNorm;
        torch::nn::Conv2d pointwise{nullptr};
        FoldableNorm pointwiseNorm;
    };

    torch::nn::Conv2d m_embedding;
    FoldableNorm m_embeddingNorm;
    std::vector<Block> m_blocks;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace

std::shared_ptr<Network> makeConvmixer(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("convmixer", options);
    const Shape shape = {.width = reader.integer("width", 64, 1, 4096),
                         .depth = reader.integer("depth", 4, 1, 64),
                         .kernel = reader.integer("kernel", 5, 1, 31),
                         .patch = reader.integer("patch", 2, 1, 32)};
    reader.finish();
    if (shape.kernel % 2 == 0)
        throw Error("option 'kernel' is " + std::to_string(shape.kernel) + "; it must be odd", "convmixer");
    requireSide("convmixer", input, shape.patch);
    return std::make_shared<Convmixer>(options, input, classes, shape);
}

} // namespace assay::models
