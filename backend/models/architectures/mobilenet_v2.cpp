#include "backend/models/architectures/mobilenet_v2.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

#include <array>
#include <optional>

namespace assay::models {

namespace {

/// A row of table 2 of the paper.
struct Stage
{
    std::int64_t expansion;
    std::int64_t width;
    int blocks;
    std::int64_t stride;
};

constexpr std::array<Stage, 7> kStages = {{{1, 16, 1, 1},
                                           {6, 24, 2, 2},
                                           {6, 32, 3, 2},
                                           {6, 64, 4, 2},
                                           {6, 96, 3, 1},
                                           {6, 160, 3, 2},
                                           {6, 320, 1, 1}}};
constexpr std::int64_t kStemWidth = 32;
constexpr std::int64_t kLastWidth = 1280;

/// hardtanh rather than clamp: its gradient is 0 at both ends, as ReLU6 has it in PyTorch.
torch::Tensor clippedRelu(torch::Tensor x)
{
    return torch::hardtanh_(x, 0, 6);
}

class InvertedResidual
{
public:
    InvertedResidual(torch::nn::Module& owner, std::int64_t from, const Stage& stage, std::int64_t stride)
        : m_residual(stride == 1 && from == stage.width)
    {
        torch::nn::Module& conv = group(owner, "conv");
        const std::int64_t hidden = from * stage.expansion;
        int index = 0;
        if (stage.expansion != 1)
            m_expand.emplace(group(conv, std::to_string(index++)), "0", "1",
                             ConvShape{.in = from, .out = hidden, .kernel = 1, .padding = 0});
        m_depthwise = ConvBn(group(conv, std::to_string(index)), "0", "1",
                             {.in = hidden, .out = hidden, .stride = stride, .groups = hidden});
        m_project = ConvBn(conv, std::to_string(index + 1), std::to_string(index + 2),
                           {.in = hidden, .out = stage.width, .kernel = 1, .padding = 0});
    }

    torch::Tensor operator()(const torch::Tensor& x)
    {
        const torch::Tensor h = m_expand ? clippedRelu((*m_expand)(x)) : x;
        const torch::Tensor out = m_project(clippedRelu(m_depthwise(h)));
        return m_residual ? out + x : out;
    }

    void fold()
    {
        if (m_expand)
            m_expand->fold();
        m_depthwise.fold();
        m_project.fold();
    }

private:
    bool m_residual;
    std::optional<ConvBn> m_expand;
    ConvBn m_depthwise;
    ConvBn m_project;
};

class MobilenetV2 final : public BuiltinNetwork
{
public:
    MobilenetV2(const Json& options, const InputSpec& input, std::int64_t classes)
        : BuiltinNetwork(makeMobilenetV2, options, input, classes)
    {
        torch::nn::Module& features = group(*this, "features");
        int index = 0;
        const auto next = [&]() -> torch::nn::Module& { return group(features, std::to_string(index++)); };
        m_stem = ConvBn(next(), "0", "1", {.in = input.channels, .out = kStemWidth, .stride = 2});
        std::int64_t from = kStemWidth;
        for (const Stage& stage : kStages) {
            for (int b = 0; b < stage.blocks; ++b) {
                m_blocks.emplace_back(next(), from, stage, b == 0 ? stage.stride : 1);
                from = stage.width;
            }
        }
        m_last = ConvBn(next(), "0", "1", {.in = from, .out = kLastWidth, .kernel = 1, .padding = 0});
        m_head = group(*this, "classifier").register_module("1", torch::nn::Linear(kLastWidth, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        std::size_t index = 0;
        const auto tap = [&](const torch::Tensor& value) {
            report(sink, ("features" + std::to_string(index++)).c_str(), value);
        };
        torch::Tensor h = clippedRelu(channelsLast(m_stem(normalise(x))));
        tap(h);
        for (InvertedResidual& block : m_blocks) {
            h = block(h);
            tap(h);
        }
        h = clippedRelu(m_last(h));
        tap(h);
        h = h.mean(torch::IntArrayRef{2, 3});
        report(sink, "features", h);
        return m_head->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < m_blocks.size() + 2; ++i)
            names.push_back("features" + std::to_string(i));
        names.emplace_back("features");
        return names;
    }

    void fold() override
    {
        m_stem.fold();
        for (InvertedResidual& block : m_blocks)
            block.fold();
        m_last.fold();
    }

private:
    ConvBn m_stem;
    std::vector<InvertedResidual> m_blocks;
    ConvBn m_last;
    torch::nn::Linear m_head{nullptr};
};

} // namespace

std::shared_ptr<Network> makeMobilenetV2(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("mobilenet_v2", options);
    reader.finish();
    return std::make_shared<MobilenetV2>(options, input, classes);
}

} // namespace assay::models
