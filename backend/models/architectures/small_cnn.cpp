#include "backend/models/architectures/small_cnn.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

#include <array>

namespace assay::models {

namespace {

constexpr std::int64_t kPooling = 8; ///< three halvings

class SmallCnn final : public BuiltinNetwork
{
public:
    SmallCnn(const Json& options, const InputSpec& input, std::int64_t classes,
             const std::vector<std::int64_t>& widths)
        : BuiltinNetwork(makeSmallCnn, options, input, classes)
        , m_blocks{ConvBn(*this, "conv1", "bn1", {.in = input.channels, .out = widths[0]}),
                   ConvBn(*this, "conv2", "bn2", {.in = widths[0], .out = widths[1]}),
                   ConvBn(*this, "conv3", "bn3", {.in = widths[1], .out = widths[2]})}
        , m_fc(register_module(
              "fc",
              torch::nn::Linear(widths[2] * (input.height / kPooling) * (input.width / kPooling), classes)))
    {}

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        if (isDirect(x, sink))
            return directLogits(x);
        torch::Tensor h = channelsLast(m_blocks[0](normalise(x)));
        h = torch::max_pool2d(h.relu_(), 2);
        report(sink, "block1", h);
        h = torch::max_pool2d(m_blocks[1](h).relu_(), 2);
        report(sink, "block2", h);
        h = torch::max_pool2d(m_blocks[2](h).relu_(), 2);
        report(sink, "block3", h);
        h = h.flatten(1);
        report(sink, "features", h);
        return m_fc->forward(h);
    }

    std::vector<std::string> taps() const override { return {"block1", "block2", "block3", "features"}; }

    void fold() override
    {
        for (ConvBn& block : m_blocks)
            block.fold();
        if (!canBeDirect())
            return;
        direct::DirectNetwork direct(input());
        auto h = direct::DirectNetwork::kInput;
        for (const ConvBn& block : m_blocks)
            h = direct.maxPool(direct.convolution(h, block.folded(), true));
        direct.flatten(h);
        direct.linear(m_fc->weight, m_fc->bias, false);
        setDirect(std::move(direct));
    }

private:
    std::array<ConvBn, 3> m_blocks;
    torch::nn::Linear m_fc;
};

} // namespace

std::shared_ptr<Network> makeSmallCnn(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("small_cnn", options);
    const auto widths = reader.integers("widths", {16, 32, 64}, 1, 4096, 3, 3);
    reader.finish();
    requireSide("small_cnn", input, kPooling);
    return std::make_shared<SmallCnn>(options, input, classes, widths);
}

} // namespace assay::models
