#include "backend/models/architectures/densenet.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

#include <cstring>

namespace assay::models {

namespace {

constexpr std::int64_t kDenseLeastSide = 29; ///< what the stem and three transitions leave something of
constexpr std::int64_t kBottleneck = 4;      ///< width of a layer's 1x1 convolution, in growths

struct DenseShape
{
    std::int64_t growth;
    std::int64_t stem;
    std::vector<std::int64_t> blocks;
};

class DenseLayer
{
public:
    DenseLayer(torch::nn::Module& owner, std::int64_t from, std::int64_t growth)
        : m_norm(owner, "norm1", from)
        , m_reduce(owner, "conv1", "norm2",
                   {.in = from, .out = kBottleneck * growth, .kernel = 1, .padding = 0})
        , m_grow(owner.register_module(
              "conv2", torch::nn::Conv2d(
                           torch::nn::Conv2dOptions(kBottleneck * growth, growth, 3).padding(1).bias(false))))
    {}

    torch::Tensor operator()(const torch::Tensor& x)
    {
        return m_grow->forward(m_reduce(m_norm(x).relu_()).relu_());
    }

    void fold()
    {
        m_norm.fold();
        m_reduce.fold();
    }

private:
    FoldableNorm m_norm;
    ConvBn m_reduce;
    torch::nn::Conv2d m_grow;
};

class Transition
{
public:
    Transition(torch::nn::Module& owner, std::int64_t from, std::int64_t to)
        : m_norm(owner, "norm", from)
        , m_conv(owner.register_module("conv",
                                       torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 1).bias(false))))
    {}

    torch::Tensor operator()(const torch::Tensor& x)
    {
        return torch::avg_pool2d(m_conv->forward(m_norm(x).relu_()), 2);
    }

    void fold() { m_norm.fold(); }

private:
    FoldableNorm m_norm;
    torch::nn::Conv2d m_conv;
};

class Densenet final : public BuiltinNetwork
{
public:
    Densenet(const Json& options, const InputSpec& input, std::int64_t classes, const DenseShape& shape)
        : BuiltinNetwork(makeDensenet121, options, input, classes)
    {
        torch::nn::Module& features = group(*this, "features");
        m_stem = ConvBn(features, "conv0", "norm0",
                        {.in = input.channels, .out = shape.stem, .kernel = 7, .stride = 2, .padding = 3});
        std::int64_t from = shape.stem;
        for (std::size_t b = 0; b < shape.blocks.size(); ++b) {
            const std::string number = std::to_string(b + 1);
            torch::nn::Module& block = group(features, "denseblock" + number);
            std::vector<DenseLayer>& layers = m_blocks.emplace_back();
            for (std::int64_t i = 0; i < shape.blocks[b]; ++i) {
                layers.emplace_back(group(block, "denselayer" + std::to_string(i + 1)), from, shape.growth);
                from += shape.growth;
            }
            if (b + 1 < shape.blocks.size()) {
                m_transitions.emplace_back(group(features, "transition" + number), from, from / 2);
                from /= 2;
            }
        }
        m_lastNorm = FoldableNorm(features, "norm5", from);
        m_head = register_module("classifier", torch::nn::Linear(from, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = channelsLast(m_stem(normalise(x))).relu_();
        h = torch::max_pool2d(h, 3, 2, 1);
        report(sink, "stem", h);
        for (std::size_t b = 0; b < m_blocks.size(); ++b) {
            for (DenseLayer& layer : m_blocks[b])
                h = torch::cat({h, layer(h)}, 1);
            report(sink, ("block" + std::to_string(b + 1)).c_str(), h);
            if (b < m_transitions.size())
                h = m_transitions[b](h);
        }
        h = m_lastNorm(h).relu_().mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_head->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names = {"stem"};
        for (std::size_t b = 0; b < m_blocks.size(); ++b)
            names.push_back("block" + std::to_string(b + 1));
        names.emplace_back("features");
        return names;
    }

    void fold() override
    {
        m_stem.fold();
        for (auto& layers : m_blocks) {
            for (DenseLayer& layer : layers)
                layer.fold();
        }
        for (Transition& transition : m_transitions)
            transition.fold();
        m_lastNorm.fold();
    }

private:
    ConvBn m_stem;
    std::vector<std::vector<DenseLayer>> m_blocks;
    std::vector<Transition> m_transitions;
    FoldableNorm m_lastNorm;
    torch::nn::Linear m_head{nullptr};
};

} // namespace

std::shared_ptr<Network> makeDensenet121(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("densenet121", options);
    const DenseShape shape = {.growth = reader.integer("growth", 32, 1, 128),
                              .stem = reader.integer("stem", 64, 1, 512),
                              .blocks = reader.integers("blocks", {6, 12, 24, 16}, 1, 64, 4, 4)};
    reader.finish();
    requireSide("densenet121", input, kDenseLeastSide);
    return std::make_shared<Densenet>(options, input, classes, shape);
}

std::string densenetName(const std::string& saved)
{
    const std::size_t layer = saved.find(".denselayer");
    if (layer == std::string::npos)
        return saved;
    for (const char* kind : {".norm.", ".conv."}) {
        const std::size_t at = saved.find(kind, layer);
        if (at != std::string::npos)
            return std::string(saved).erase(at + std::strlen(kind) - 1, 1);
    }
    return saved;
}

} // namespace assay::models
