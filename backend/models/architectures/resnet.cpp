#include "backend/models/architectures/resnet.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"
#include "backend/protocol/error.h"

#include <torch/torch.h>

#include <optional>

namespace assay::models {

namespace {

/// Holds children under torchvision's names; the computation lies in the classes that own the layers.
using Group = torch::nn::Module;

class BasicBlock
{
public:
    BasicBlock(Group& owner, std::int64_t from, std::int64_t to, std::int64_t stride)
        : m_first(owner, "conv1", "bn1", {.in = from, .out = to, .stride = stride})
        , m_second(owner, "conv2", "bn2", {.in = to, .out = to})
    {
        if (stride == 1 && from == to)
            return;
        const auto group = owner.register_module("downsample", std::make_shared<Group>());
        m_shortcut.emplace(*group, "0", "1",
                           ConvShape{.in = from, .out = to, .kernel = 1, .stride = stride, .padding = 0});
    }

    torch::Tensor operator()(const torch::Tensor& x)
    {
        const torch::Tensor body = m_second(m_first(x).relu_());
        return body.add(m_shortcut ? (*m_shortcut)(x) : x).relu_();
    }

    void fold()
    {
        m_first.fold();
        m_second.fold();
        if (m_shortcut)
            m_shortcut->fold();
    }

private:
    ConvBn m_first;
    ConvBn m_second;
    std::optional<ConvBn> m_shortcut;
};

class Resnet final : public BuiltinNetwork
{
public:
    Resnet(const Json& options, const InputSpec& input, std::int64_t classes,
           const std::vector<std::int64_t>& widths, const std::vector<std::int64_t>& blocks)
        : BuiltinNetwork(makeResnet, options, input, classes)
        , m_stem(*this, "conv1", "bn1", {.in = input.channels, .out = widths[0]})
    {
        std::int64_t from = widths[0];
        for (std::size_t g = 0; g < widths.size(); ++g) {
            const auto layer = register_module("layer" + std::to_string(g + 1), std::make_shared<Group>());
            std::vector<BasicBlock>& group = m_groups.emplace_back();
            for (std::int64_t b = 0; b < blocks[g]; ++b) {
                const auto block = layer->register_module(std::to_string(b), std::make_shared<Group>());
                group.emplace_back(*block, from, widths[g], g > 0 && b == 0 ? 2 : 1);
                from = widths[g];
            }
        }
        m_fc = register_module("fc", torch::nn::Linear(from, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = channelsLast(m_stem(normalise(x))).relu_();
        report(sink, "stem", h);
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            for (BasicBlock& block : m_groups[g])
                h = block(h);
            report(sink, ("layer" + std::to_string(g + 1)).c_str(), h);
        }
        h = h.mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_fc->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names = {"stem"};
        for (std::size_t g = 0; g < m_groups.size(); ++g)
            names.push_back("layer" + std::to_string(g + 1));
        names.emplace_back("features");
        return names;
    }

    void fold() override
    {
        m_stem.fold();
        for (auto& group : m_groups) {
            for (BasicBlock& block : group)
                block.fold();
        }
    }

private:
    ConvBn m_stem;
    std::vector<std::vector<BasicBlock>> m_groups;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace

std::shared_ptr<Network> makeResnet(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("resnet", options);
    const auto widths = reader.integers("widths", {16, 32, 64}, 1, 4096, 1, 4);
    const auto blocks = reader.integers("blocks", std::vector<std::int64_t>(widths.size(), 1), 1, 100, 1, 4);
    reader.finish();
    if (blocks.size() != widths.size())
        throw Error("options 'widths' and 'blocks' differ in length: " + std::to_string(widths.size()) +
                        " and " + std::to_string(blocks.size()),
                    "resnet");
    requireSide("resnet", input, std::int64_t(1) << (widths.size() - 1));
    return std::make_shared<Resnet>(options, input, classes, widths, blocks);
}

} // namespace assay::models
