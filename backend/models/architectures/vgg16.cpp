#include "backend/models/architectures/vgg16.h"

#include "backend/models/architectures/layers.h"
#include "backend/models/architectures/options.h"

#include <torch/nn.h>

#include <array>
#include <optional>

namespace assay::models {

namespace {

struct VggStage
{
    std::int64_t width;
    int convolutions;
};

constexpr std::array<VggStage, 5> kVggStages = {{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}};
constexpr std::int64_t kLeastSide = 32; ///< five halvings
constexpr std::int64_t kGrid = 7;       ///< sides after the adaptive average

/// A convolution, with its batch norm in vgg16_bn.
class Layer
{
public:
    /// @param index of the convolution in torchvision's Sequential; moves on to the next free one.
    Layer(torch::nn::Module& features, int& index, const ConvShape& shape, bool norm)
    {
        const std::string name = std::to_string(index++);
        if (norm)
            m_norm.emplace(features, name, std::to_string(index++), shape);
        else
            m_plain = features.register_module(
                name,
                torch::nn::Conv2d(
                    torch::nn::Conv2dOptions(shape.in, shape.out, shape.kernel).padding(shape.padding)));
        ++index; // the ReLU
    }

    torch::Tensor operator()(const torch::Tensor& x) { return m_norm ? (*m_norm)(x) : m_plain->forward(x); }

    void fold()
    {
        if (m_norm)
            m_norm->fold();
    }

private:
    std::optional<ConvBn> m_norm;
    torch::nn::Conv2d m_plain{nullptr};
};

class Vgg16 final : public BuiltinNetwork
{
public:
    Vgg16(Maker maker, const Json& options, const InputSpec& input, std::int64_t classes, std::int64_t hidden,
          bool norm)
        : BuiltinNetwork(maker, options, input, classes)
    {
        torch::nn::Module& features = group(*this, "features");
        int index = 0;
        std::int64_t from = input.channels;
        for (const VggStage& stage : kVggStages) {
            std::vector<Layer>& layers = m_stages.emplace_back();
            for (int i = 0; i < stage.convolutions; ++i) {
                layers.emplace_back(features, index, ConvShape{.in = from, .out = stage.width, .bias = true},
                                    norm);
                from = stage.width;
            }
            ++index; // the pooling
        }
        torch::nn::Module& classifier = group(*this, "classifier");
        m_hidden1 = classifier.register_module("0", torch::nn::Linear(from * kGrid * kGrid, hidden));
        m_hidden2 = classifier.register_module("3", torch::nn::Linear(hidden, hidden));
        m_head = classifier.register_module("6", torch::nn::Linear(hidden, classes));
    }

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink) override
    {
        torch::Tensor h = normalise(x);
        for (std::size_t s = 0; s < m_stages.size(); ++s) {
            for (Layer& layer : m_stages[s])
                h = layer(h).relu_(); // not channels-last: the same forward, gradients 10 % slower
            h = torch::max_pool2d(h, 2);
            report(sink, ("stage" + std::to_string(s + 1)).c_str(), h);
        }
        h = torch::adaptive_avg_pool2d(h, {kGrid, kGrid}).flatten(1);
        h = m_hidden1->forward(h).relu_();
        report(sink, "hidden1", h);
        h = m_hidden2->forward(h).relu_();
        report(sink, "features", h);
        return m_head->forward(h);
    }

    std::vector<std::string> taps() const override
    {
        std::vector<std::string> names;
        for (std::size_t s = 0; s < m_stages.size(); ++s)
            names.push_back("stage" + std::to_string(s + 1));
        names.insert(names.end(), {"hidden1", "features"});
        return names;
    }

    void fold() override
    {
        for (auto& layers : m_stages) {
            for (Layer& layer : layers)
                layer.fold();
        }
    }

private:
    std::vector<std::vector<Layer>> m_stages;
    torch::nn::Linear m_hidden1{nullptr};
    torch::nn::Linear m_hidden2{nullptr};
    torch::nn::Linear m_head{nullptr};
};

std::shared_ptr<Network> makeVgg16Form(const char* key, BuiltinNetwork::Maker maker, const Json& options,
                                       const InputSpec& input, std::int64_t classes, bool norm)
{
    OptionReader reader(key, options);
    const std::int64_t hidden = reader.integer("hidden", 4096, 1, 16384);
    reader.finish();
    requireSide(key, input, kLeastSide);
    return std::make_shared<Vgg16>(maker, options, input, classes, hidden, norm);
}

} // namespace

std::shared_ptr<Network> makeVgg16(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeVgg16Form("vgg16", makeVgg16, options, input, classes, false);
}

std::shared_ptr<Network> makeVgg16Bn(const Json& options, const InputSpec& input, std::int64_t classes)
{
    return makeVgg16Form("vgg16_bn", makeVgg16Bn, options, input, classes, true);
}

} // namespace assay::models
