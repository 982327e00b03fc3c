#include "backend/models/architectures/vgg.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

namespace assay::models {

namespace {

constexpr std::int64_t kVggPooling = 4; ///< two halvings

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t kernel)
{
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, kernel).padding(kernel / 2));
}

class Vgg final : public BuiltinNetwork
{
public:
    Vgg(const Json& options, const InputSpec& input, std::int64_t classes,
        const std::vector<std::int64_t>& widths, std::int64_t hidden)
        : BuiltinNetwork(makeVgg, options, input, classes)
        , m_conv1(register_module("conv1", convolution(input.channels, widths[0], 5)))
        , m_conv2(register_module("conv2", convolution(widths[0], widths[1], 3)))
        , m_conv3(register_module("conv3", convolution(widths[1], widths[2], 3)))
        , m_fc1(register_module(
              "fc1", torch::nn::Linear(widths[2] * (input.height / kVggPooling) * (input.width / kVggPooling),
                                       hidden)))
        , m_fc2(register_module("fc2", torch::nn::Linear(hidden, classes)))
    {}

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        if (isDirect(x, sink))
            return directLogits(x);
        torch::Tensor h = channelsLast(m_conv1->forward(normalise(x)));
        h = torch::max_pool2d(h.relu_(), 2);
        report(sink, "conv1", h);
        h = m_conv2->forward(h).relu_();
        report(sink, "conv2", h);
        h = torch::max_pool2d(m_conv3->forward(h).relu_(), 2);
        report(sink, "conv3", h);
        h = m_fc1->forward(h.flatten(1)).relu_();
        report(sink, "features", h);
        return m_fc2->forward(h);
    }

    std::vector<std::string> taps() const override { return {"conv1", "conv2", "conv3", "features"}; }

    void fold() override
    {
        if (!canBeDirect())
            return;
        direct::DirectNetwork direct(input());
        auto h = direct.convolution(direct::DirectNetwork::kInput, folded(m_conv1), true);
        h = direct.convolution(direct.maxPool(h), folded(m_conv2), true);
        direct.flatten(direct.maxPool(direct.convolution(h, folded(m_conv3), true)));
        direct.linear(m_fc1->weight, m_fc1->bias, true);
        direct.linear(m_fc2->weight, m_fc2->bias, false);
        setDirect(std::move(direct));
    }

private:
    static direct::FoldedConvolution folded(const torch::nn::Conv2d& layer)
    {
        return {.weight = layer->weight, .bias = layer->bias, .padding = layer->weight.size(2) / 2};
    }

    torch::nn::Conv2d m_conv1;
    torch::nn::Conv2d m_conv2;
    torch::nn::Conv2d m_conv3;
    torch::nn::Linear m_fc1;
    torch::nn::Linear m_fc2;
};

} // namespace

std::shared_ptr<Network> makeVgg(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("vgg", options);
    const auto widths = reader.integers("widths", {16, 32, 32}, 1, 4096, 3, 3);
    const std::int64_t hidden = reader.integer("hidden", 96, 1, 16384);
    reader.finish();
    requireSide("vgg", input, kVggPooling);
    return std::make_shared<Vgg>(options, input, classes, widths, hidden);
}

} // namespace assay::models
