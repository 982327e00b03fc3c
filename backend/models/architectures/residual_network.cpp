#include "backend/models/architectures/residual_network.h"

#include <torch/nn.h>

#include <optional>

namespace assay::models {

namespace {

constexpr std::int64_t kExpansion = 4; ///< of a bottleneck's last convolution

class ResidualBlock
{
public:
    ResidualBlock(torch::nn::Module& owner, const ResidualPlan& plan, std::int64_t from, std::int64_t width,
                  std::int64_t stride)
    {
        const std::int64_t to = outputs(plan, width);
        if (plan.bottleneck) {
            m_body.emplace_back(owner, "conv1", "bn1",
                                ConvShape{.in = from, .out = width, .kernel = 1, .padding = 0});
            m_body.emplace_back(owner, "conv2", "bn2",
                                ConvShape{.in = width, .out = width, .stride = stride});
            m_body.emplace_back(owner, "conv3", "bn3",
                                ConvShape{.in = width, .out = to, .kernel = 1, .padding = 0});
        } else {
            m_body.emplace_back(owner, "conv1", "bn1", ConvShape{.in = from, .out = to, .stride = stride});
            m_body.emplace_back(owner, "conv2", "bn2", ConvShape{.in = to, .out = to});
        }
        if (stride != 1 || from != to)
            m_shortcut.emplace(group(owner, plan.shortcut), "0", "1",
                               ConvShape{.in = from, .out = to, .kernel = 1, .stride = stride, .padding = 0});
    }

    static std::int64_t outputs(const ResidualPlan& plan, std::int64_t width)
    {
        return plan.bottleneck ? kExpansion * width : width;
    }

    torch::Tensor operator()(const torch::Tensor& x)
    {
        torch::Tensor h = m_body.front()(x);
        for (std::size_t i = 1; i < m_body.size(); ++i)
            h = m_body[i](h.relu_());
        return h.add_(m_shortcut ? (*m_shortcut)(x) : x).relu_();
    }

    void fold()
    {
        for (ConvBn& layer : m_body)
            layer.fold();
        if (m_shortcut)
            m_shortcut->fold();
    }

    /// Once folded.
    direct::DirectNetwork::Node addTo(direct::DirectNetwork& direct, direct::DirectNetwork::Node x) const
    {
        direct::DirectNetwork::Node h = x;
        for (std::size_t i = 0; i + 1 < m_body.size(); ++i)
            h = direct.convolution(h, m_body[i].folded(), true);
        const auto sum = m_shortcut ? direct.convolution(x, m_shortcut->folded(), false) : direct.copy(x);
        direct.addConvolution(sum, h, m_body.back().folded());
        return sum;
    }

private:
    std::vector<ConvBn> m_body;
    std::optional<ConvBn> m_shortcut;
};

ConvShape stemShape(const ResidualPlan& plan, std::int64_t channels)
{
    ConvShape shape = {.in = channels, .out = plan.widths[0]};
    if (plan.largeStem) {
        shape.kernel = 7;
        shape.stride = 2;
        shape.padding = 3;
    }
    return shape;
}

class ResidualNetwork final : public BuiltinNetwork
{
public:
    ResidualNetwork(Maker maker, const Json& options, const InputSpec& input, std::int64_t classes,
                    const ResidualPlan& plan)
        : BuiltinNetwork(maker, options, input, classes)
        , m_largeStem(plan.largeStem)
        , m_channelsLast(plan.channelsLast)
        , m_stem(*this, "conv1", "bn1", stemShape(plan, input.channels))
    {
        std::int64_t from = plan.widths[0];
        for (std::size_t g = 0; g < plan.widths.size(); ++g) {
            torch::nn::Module& layer = group(*this, "layer" + std::to_string(g + 1));
            std::vector<ResidualBlock>& blocks = m_groups.emplace_back();
            for (std::int64_t b = 0; b < plan.blocks[g]; ++b) {
                blocks.emplace_back(group(layer, std::to_string(b)), plan, from, plan.widths[g],
                                    g > 0 && b == 0 ? 2 : 1);
                from = ResidualBlock::outputs(plan, plan.widths[g]);
            }
        }
        m_head = register_module(plan.head, torch::nn::Linear(from, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        if (isDirect(x, sink))
            return directLogits(x);
        torch::Tensor h = m_stem(normalise(x));
        h = (m_channelsLast ? channelsLast(h) : h).relu_();
        if (m_largeStem)
            h = torch::max_pool2d(h, 3, 2, 1);
        report(sink, "stem", h);
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            for (ResidualBlock& block : m_groups[g])
                h = block(h);
            report(sink, ("layer" + std::to_string(g + 1)).c_str(), h);
        }
        h = h.mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_head->forward(h);
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
        for (auto& blocks : m_groups) {
            for (ResidualBlock& block : blocks)
                block.fold();
        }
        if (!m_largeStem && canBeDirect())
            addDirect();
    }

private:
    void addDirect()
    {
        direct::DirectNetwork direct(input());
        auto h = direct.convolution(direct::DirectNetwork::kInput, m_stem.folded(), true);
        for (const auto& blocks : m_groups) {
            for (const ResidualBlock& block : blocks)
                h = block.addTo(direct, h);
        }
        direct.mean(h);
        direct.linear(m_head->weight, m_head->bias, false);
        setDirect(std::move(direct));
    }

    bool m_largeStem;
    bool m_channelsLast;
    ConvBn m_stem;
    std::vector<std::vector<ResidualBlock>> m_groups;
    torch::nn::Linear m_head{nullptr};
};

} // namespace

std::shared_ptr<Network> makeResidualNetwork(BuiltinNetwork::Maker maker, const Json& options,
                                             const InputSpec& input, std::int64_t classes,
                                             const ResidualPlan& plan)
{
    return std::make_shared<ResidualNetwork>(maker, options, input, classes, plan);
}

} // namespace assay::models
