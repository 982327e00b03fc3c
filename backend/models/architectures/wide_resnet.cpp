#include "backend/models/architectures/wide_resnet.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/nn.h>

namespace assay::models {

namespace {

constexpr const char* kKey = "wide_resnet28_10";
constexpr std::int64_t kWideStem = 16;
constexpr int kGroups = 3;

class WideBlock
{
public:
    WideBlock(torch::nn::Module& owner, std::int64_t from, std::int64_t to, std::int64_t stride)
        : m_norm(owner, "bn1", from)
        , m_first(owner, "conv1", "bn2", {.in = from, .out = to, .stride = stride})
        , m_second(owner.register_module(
              "conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(to, to, 3).padding(1).bias(false))))
    {
        if (from != to)
            m_shortcut = owner.register_module(
                "convShortcut",
                torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 1).stride(stride).bias(false)));
    }

    /// Where the widths differ, the shortcut too starts behind the first norm.
    torch::Tensor operator()(const torch::Tensor& x)
    {
        const torch::Tensor activated = m_norm(x).relu_();
        return m_second->forward(m_first(activated).relu_())
            .add_(m_shortcut ? m_shortcut->forward(activated) : x);
    }

    void fold()
    {
        m_norm.fold();
        m_first.fold();
    }

private:
    FoldableNorm m_norm;
    ConvBn m_first;
    torch::nn::Conv2d m_second;
    torch::nn::Conv2d m_shortcut{nullptr};
};

class WideResnet final : public BuiltinNetwork
{
public:
    WideResnet(const Json& options, const InputSpec& input, std::int64_t classes, std::int64_t blocks,
               std::int64_t widen)
        : BuiltinNetwork(makeWideResnet, options, input, classes)
        , m_stem(register_module(
              "conv1", torch::nn::Conv2d(
                           torch::nn::Conv2dOptions(input.channels, kWideStem, 3).padding(1).bias(false))))
    {
        std::int64_t from = kWideStem;
        for (int g = 0; g < kGroups; ++g) {
            const std::int64_t to = (kWideStem << g) * widen;
            torch::nn::Module& layer = group(group(*this, "block" + std::to_string(g + 1)), "layer");
            std::vector<WideBlock>& made = m_groups.emplace_back();
            for (std::int64_t b = 0; b < blocks; ++b) {
                made.emplace_back(group(layer, std::to_string(b)), from, to, g > 0 && b == 0 ? 2 : 1);
                from = to;
            }
        }
        m_lastNorm = FoldableNorm(*this, "bn1", from);
        m_head = register_module("fc", torch::nn::Linear(from, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        // Not channels-last: at these widths that is 1.2 times slower, gradients included.
        torch::Tensor h = m_stem->forward(normalise(x));
        report(sink, "stem", h);
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            for (WideBlock& block : m_groups[g])
                h = block(h);
            report(sink, ("block" + std::to_string(g + 1)).c_str(), h);
        }
        h = m_lastNorm(h).relu_().mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_head->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        return {"stem", "block1", "block2", "block3", "features"};
    }

    void fold() override
    {
        for (auto& blocks : m_groups) {
            for (WideBlock& block : blocks)
                block.fold();
        }
        m_lastNorm.fold();
    }

private:
    torch::nn::Conv2d m_stem;
    std::vector<std::vector<WideBlock>> m_groups;
    FoldableNorm m_lastNorm;
    torch::nn::Linear m_head{nullptr};
};

} // namespace

std::shared_ptr<Network> makeWideResnet(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader(kKey, options);
    const std::int64_t depth = reader.integer("depth", 28, 10, 202);
    const std::int64_t widen = reader.integer("widen", 10, 1, 20);
    reader.finish();
    if (depth % 6 != 4)
        throw Error("option 'depth' is " + std::to_string(depth) +
                        "; it must be 6 n + 4, such as 16, 22, 28 or 34",
                    kKey);
    return std::make_shared<WideResnet>(options, input, classes, (depth - 4) / 6, widen);
}

} // namespace assay::models
