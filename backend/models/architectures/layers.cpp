#include "backend/models/architectures/layers.h"

#include "backend/models/direct/direct_function.h"
#include "backend/models/direct/local_images.h"
#include "backend/models/direct/local_pixels.h"
#include "backend/models/input_adapter.h"
#include "backend/protocol/error.h"

#include <torch/nn.h>
#include <torch/utils.h>

namespace assay::models {

namespace {

/// gamma / sqrt(var + eps), in double so that folding adds no rounding of its own.
torch::Tensor normScale(const torch::nn::BatchNorm2d& bn)
{
    return bn->weight.detach().to(torch::kFloat64) /
           (bn->running_var.detach().to(torch::kFloat64) + bn->options.eps()).sqrt();
}

torch::Tensor normShift(const torch::nn::BatchNorm2d& bn, const torch::Tensor& scale)
{
    return bn->bias.detach().to(torch::kFloat64) - bn->running_mean.detach().to(torch::kFloat64) * scale;
}

} // namespace

BuiltinNetwork::BuiltinNetwork(Maker maker, Json options, InputSpec input, std::int64_t classes)
    : m_maker(maker)
    , m_options(std::move(options))
    , m_input(std::move(input))
    , m_classes(classes)
{
    if (m_input.channels > 1) {
        // (scale x - mean) / stddev as (x - mean / scale) (scale / stddev): no operation more than without
        // scale.
        const std::string prefix = kInputPrefix;
        m_mean = register_buffer(prefix + "mean", perChannel(m_input.mean) / m_input.scale);
        m_scale = register_buffer(prefix + "scale", m_input.scale / perChannel(m_input.stddev));
    }
}

torch::Tensor BuiltinNetwork::normalise(const torch::Tensor& x) const
{
    if (m_input.channels > 1)
        return (((m_input.bgr ? x.flip(1) : x) - m_mean) * m_scale).contiguous();
    const double scale = m_input.scale / m_input.stddev[0];
    if (m_input.mean[0] == 0 && scale == 1)
        return x.contiguous();
    return (x - m_input.mean[0] / m_input.scale).mul_(scale).contiguous();
}

void BuiltinNetwork::setDirect(direct::DirectNetwork network)
{
    network.finish();
    if (network.isWorthwhile())
        m_direct = std::make_shared<const direct::DirectNetwork>(std::move(network));
}

bool BuiltinNetwork::isDirect(const torch::Tensor& x, const TapSink* sink) const
{
    return m_direct && !sink && direct::suits(m_input, x);
}

torch::Tensor BuiltinNetwork::directLogits(const torch::Tensor& x) const
{
    return direct::logits(m_direct, x);
}

std::optional<Taped> BuiltinNetwork::taped(const torch::Tensor& x) const
{
    return isDirect(x, nullptr) ? std::optional(direct::taped(m_direct, x)) : std::nullopt;
}

std::unique_ptr<LocalChanges> BuiltinNetwork::localChanges(const torch::Tensor& x) const
{
    if (!isDirect(x, nullptr))
        return nullptr;
    if (!m_direct->hasImages())
        return std::make_unique<direct::LocalPixels>(m_direct);
    if (!direct::LocalImages::fits(*m_direct, x.size(0)))
        return nullptr;
    return std::make_unique<direct::LocalImages>(m_direct);
}

torch::nn::Module& group(torch::nn::Module& owner, const std::string& name)
{
    return *owner.register_module(name, std::make_shared<torch::nn::Module>());
}

ConvBn::ConvBn(torch::nn::Module& owner, const std::string& convName, const std::string& bnName,
               const ConvShape& shape)
    : m_shape(shape)
    , m_conv(owner.register_module(
          convName, torch::nn::Conv2d(torch::nn::Conv2dOptions(shape.in, shape.out, shape.kernel)
                                          .stride(shape.stride)
                                          .padding(shape.padding)
                                          .groups(shape.groups)
                                          .bias(shape.bias))))
    , m_bn(owner.register_module(bnName, torch::nn::BatchNorm2d(shape.out)))
{}

torch::Tensor ConvBn::operator()(const torch::Tensor& x)
{
    if (!m_weight.defined())
        return m_bn->forward(m_conv->forward(x));
    return torch::conv2d(x, m_weight, m_bias, m_shape.stride, m_shape.padding, 1, m_shape.groups);
}

void ConvBn::fold()
{
    const torch::NoGradGuard off;
    const torch::Tensor scale = normScale(m_bn);
    m_weight =
        (m_conv->weight.detach().to(torch::kFloat64) * scale.view({-1, 1, 1, 1})).to(m_conv->weight.dtype());
    m_bias = normShift(m_bn, scale);
    if (m_shape.bias)
        m_bias += m_conv->bias.detach().to(torch::kFloat64) * scale;
    m_bias = m_bias.to(m_conv->weight.dtype());
}

direct::FoldedConvolution ConvBn::folded() const
{
    return {.weight = m_weight, .bias = m_bias, .stride = m_shape.stride, .padding = m_shape.padding};
}

FoldableNorm::FoldableNorm(torch::nn::Module& owner, const std::string& name, std::int64_t channels)
    : m_bn(owner.register_module(name, torch::nn::BatchNorm2d(channels)))
{}

torch::Tensor FoldableNorm::operator()(const torch::Tensor& x)
{
    return m_scale.defined() ? torch::addcmul(m_shift, x, m_scale) : m_bn->forward(x);
}

void FoldableNorm::fold()
{
    const torch::NoGradGuard off;
    const torch::Tensor scale = normScale(m_bn);
    m_shift = normShift(m_bn, scale).to(m_bn->weight.dtype()).view({1, -1, 1, 1});
    m_scale = scale.to(m_bn->weight.dtype()).view({1, -1, 1, 1});
}

torch::Tensor channelsLast(const torch::Tensor& x)
{
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

void requireSide(const char* architecture, const InputSpec& input, std::int64_t least)
{
    if (input.height < least || input.width < least)
        throw Error("needs images of at least " + std::to_string(least) + " x " + std::to_string(least) +
                        " pixels; the input is " + std::to_string(input.height) + " x " +
                        std::to_string(input.width),
                    architecture);
}

} // namespace assay::models
