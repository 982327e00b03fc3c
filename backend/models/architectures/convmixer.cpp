#include "backend/models/architectures/convmixer.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/nn.h>

namespace assay::models {

namespace {

struct MixerShape
{
    std::int64_t width;
    std::int64_t depth;
    std::int64_t kernel;
    std::int64_t patch;
    bool relu = false;
    bool channelsLast = true;
};

/// What the layers are called: in our own zoo, or in the authors' Sequentials.
struct Names
{
    const char* embedding;
    const char* embeddingNorm;
    std::string (*block)(std::int64_t index); ///< counted from 0
    bool residualApart;                       ///< what the shortcut goes round lies in "0.fn" of the block
    const char* depthwise;
    const char* depthwiseNorm;
    const char* pointwise;
    const char* pointwiseNorm;
    std::string head;
};

Names ownNames()
{
    return {.embedding = "embedding",
            .embeddingNorm = "embedding_norm",
            .block = [](std::int64_t index) { return "block" + std::to_string(index + 1); },
            .residualApart = false,
            .depthwise = "depthwise",
            .depthwiseNorm = "depthwise_norm",
            .pointwise = "pointwise",
            .pointwiseNorm = "pointwise_norm",
            .head = "fc"};
}

Names originalNames(std::int64_t depth)
{
    return {.embedding = "0",
            .embeddingNorm = "2",
            .block = [](std::int64_t index) { return std::to_string(3 + index); },
            .residualApart = true,
            .depthwise = "0",
            .depthwiseNorm = "2",
            .pointwise = "1",
            .pointwiseNorm = "3",
            .head = std::to_string(3 + depth + 2)}; // behind the average and the flattening
}

torch::nn::Conv2dOptions sameSizeConvolution(std::int64_t from, std::int64_t to, std::int64_t kernel)
{
    return torch::nn::Conv2dOptions(from, to, kernel);
}

class Convmixer final : public BuiltinNetwork
{
public:
    Convmixer(Maker maker, const Json& options, const InputSpec& input, std::int64_t classes,
              const MixerShape& shape, const Names& names)
        : BuiltinNetwork(maker, options, input, classes)
        , m_relu(shape.relu)
        , m_channelsLast(shape.channelsLast)
        , m_embedding(register_module(
              names.embedding,
              torch::nn::Conv2d(
                  sameSizeConvolution(input.channels, shape.width, shape.patch).stride(shape.patch))))
        , m_embeddingNorm(*this, names.embeddingNorm, shape.width)
    {
        for (std::int64_t i = 0; i < shape.depth; ++i)
            m_blocks.emplace_back(group(*this, names.block(i)), shape, names);
        m_head = register_module(names.head, torch::nn::Linear(shape.width, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = m_embedding->forward(normalise(x));
        h = m_embeddingNorm(activation(m_channelsLast ? channelsLast(h) : h));
        report(sink, "embedding", h);
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            Block& block = m_blocks[i];
            h = block.depthwiseNorm(activation(block.depthwise->forward(h))).add(h);
            h = block.pointwiseNorm(activation(block.pointwise->forward(h)));
            report(sink, ("block" + std::to_string(i + 1)).c_str(), h);
        }
        h = h.mean(torch::IntArrayRef{2, 3});
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
        Block(torch::nn::Module& owner, const MixerShape& shape, const Names& names)
        {
            torch::nn::Module& residual = names.residualApart ? group(group(owner, "0"), "fn") : owner;
            depthwise = residual.register_module(
                names.depthwise, torch::nn::Conv2d(sameSizeConvolution(shape.width, shape.width, shape.kernel)
                                                       .padding(shape.kernel / 2)
                                                       .groups(shape.width)));
            depthwiseNorm = FoldableNorm(residual, names.depthwiseNorm, shape.width);
            pointwise = owner.register_module(
                names.pointwise, torch::nn::Conv2d(sameSizeConvolution(shape.width, shape.width, 1)));
            pointwiseNorm = FoldableNorm(owner, names.pointwiseNorm, shape.width);
        }

        torch::nn::Conv2d depthwise{nullptr};
        FoldableNorm depthwiseNorm;
        torch::nn::Conv2d pointwise{nullptr};
        FoldableNorm pointwiseNorm;
    };

    torch::Tensor activation(const torch::Tensor& x) const { return m_relu ? x.relu() : torch::gelu(x); }

    bool m_relu;
    bool m_channelsLast;
    torch::nn::Conv2d m_embedding;
    FoldableNorm m_embeddingNorm;
    std::vector<Block> m_blocks;
    torch::nn::Linear m_head{nullptr};
};

MixerShape readShape(const char* key, OptionReader& reader, const InputSpec& input,
                     const MixerShape& fallback)
{
    MixerShape shape = fallback;
    shape.width = reader.integer("width", fallback.width, 1, 4096);
    shape.depth = reader.integer("depth", fallback.depth, 1, 64);
    shape.kernel = reader.integer("kernel", fallback.kernel, 1, 31);
    shape.patch = reader.integer("patch", fallback.patch, 1, 32);
    reader.finish();
    if (shape.kernel % 2 == 0)
        throw Error("option 'kernel' is " + std::to_string(shape.kernel) + "; it must be odd", key);
    requireSide(key, input, shape.patch);
    return shape;
}

} // namespace

std::shared_ptr<Network> makeConvmixer(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("convmixer", options);
    const MixerShape shape =
        readShape("convmixer", reader, input, {.width = 64, .depth = 4, .kernel = 5, .patch = 2});
    return std::make_shared<Convmixer>(makeConvmixer, options, input, classes, shape, ownNames());
}

std::shared_ptr<Network> makeConvmixerOriginal(const Json& options, const InputSpec& input,
                                               std::int64_t classes)
{
    constexpr const char* kKey = "convmixer_original";
    OptionReader reader(kKey, options);
    // Large depthwise kernels of many channels are 1.5 times as fast without channels-last.
    const MixerShape published = {.width = 1536,
                                  .depth = 20,
                                  .kernel = 9,
                                  .patch = 7,
                                  .relu = reader.integer("relu", 0, 0, 1) == 1,
                                  .channelsLast = false};
    const MixerShape shape = readShape(kKey, reader, input, published);
    return std::make_shared<Convmixer>(makeConvmixerOriginal, options, input, classes, shape,
                                       originalNames(shape.depth));
}

} // namespace assay::models
