#include "backend/models/architectures/mlp.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

namespace assay::models {

namespace {

class Mlp final : public BuiltinNetwork
{
public:
    Mlp(const Json& options, const InputSpec& input, std::int64_t classes,
        const std::vector<std::int64_t>& widths)
        : BuiltinNetwork(makeMlp, options, input, classes)
    {
        std::int64_t from = input.channels * input.height * input.width;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            m_hidden.push_back(
                register_module("fc" + std::to_string(i + 1), torch::nn::Linear(from, widths[i])));
            from = widths[i];
        }
        m_out = register_module("out", torch::nn::Linear(from, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        if (isDirect(x, sink))
            return directLogits(x);
        torch::Tensor h = normalise(x).flatten(1);
        for (std::size_t i = 0; i < m_hidden.size(); ++i) {
            h = m_hidden[i]->forward(h).relu_();
            report(sink, ("hidden" + std::to_string(i + 1)).c_str(), h);
        }
        report(sink, "features", h);
        return m_out->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < m_hidden.size(); ++i)
            names.push_back("hidden" + std::to_string(i + 1));
        names.emplace_back("features");
        return names;
    }

    void fold() override
    {
        if (!canBeDirect())
            return;
        direct::DirectNetwork direct(input());
        for (const torch::nn::Linear& layer : m_hidden)
            direct.linear(layer->weight, layer->bias, true);
        direct.linear(m_out->weight, m_out->bias, false);
        setDirect(std::move(direct));
    }

private:
    std::vector<torch::nn::Linear> m_hidden;
    torch::nn::Linear m_out{nullptr};
};

} // namespace

std::shared_ptr<Network> makeMlp(const Json& options, const InputSpec& input, std::int64_t classes)
{
    OptionReader reader("mlp", options);
    const auto widths = reader.integers("widths", {256, 128}, 1, 16384, 1, 8);
    reader.finish();
    return std::make_shared<Mlp>(options, input, classes, widths);
}

} // namespace assay::models
