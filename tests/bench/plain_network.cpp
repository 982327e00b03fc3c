#include "plain_network.h"

#include <torch/types.h>

#include <stdexcept>

namespace assay::bench {

namespace {

constexpr double kBatchNormEps = 1e-5;

} // namespace

PlainNetwork::PlainNetwork(const models::Model& model)
    : m_architecture(model.card().architecture)
    , m_mean(model.card().input.mean.at(0))
    , m_stddev(model.card().input.stddev.at(0))
{
    if (m_architecture != "small_cnn" && m_architecture != "resnet" && m_architecture != "mlp")
        throw std::runtime_error("no plain network for " + m_architecture);
    for (const auto& [name, tensor] : model.namedParameters()) {
        torch::Tensor own = tensor.detach().clone();
        if (name.find("running_") == std::string::npos)
            own.requires_grad_(true);
        m_weights[name] = own;
    }
}

torch::Tensor PlainNetwork::convBn(const torch::Tensor& x, const std::string& conv, const std::string& bn,
                                   std::int64_t stride, std::int64_t padding) const
{
    const torch::Tensor h = at::conv2d(x, weight(conv + ".weight"), {}, stride, padding);
    return at::batch_norm(h, weight(bn + ".weight"), weight(bn + ".bias"), weight(bn + ".running_mean"),
                          weight(bn + ".running_var"), false, 0.1, kBatchNormEps, true);
}

torch::Tensor PlainNetwork::linear(const torch::Tensor& x, const std::string& name) const
{
    return at::linear(x, weight(name + ".weight"), weight(name + ".bias"));
}

torch::Tensor PlainNetwork::smallCnn(torch::Tensor h) const
{
    for (const std::string n : {"1", "2", "3"})
        h = at::max_pool2d(at::relu(convBn(h, "conv" + n, "bn" + n)), 2);
    return linear(h.flatten(1), "fc");
}

torch::Tensor PlainNetwork::resnet(torch::Tensor h) const
{
    h = at::relu(convBn(h, "conv1", "bn1"));
    for (const std::string n : {"1", "2", "3"}) {
        const std::string block = "layer" + n + ".0.";
        const std::int64_t stride = n == "1" ? 1 : 2;
        torch::Tensor body = at::relu(convBn(h, block + "conv1", block + "bn1", stride));
        body = convBn(body, block + "conv2", block + "bn2");
        if (n != "1")
            h = convBn(h, block + "downsample.0", block + "downsample.1", stride, 0);
        h = at::relu(body + h);
    }
    return linear(h.mean(torch::IntArrayRef{2, 3}), "fc");
}

torch::Tensor PlainNetwork::mlp(torch::Tensor h) const
{
    return linear(at::relu(linear(at::relu(linear(h.flatten(1), "fc1")), "fc2")), "out");
}

torch::Tensor PlainNetwork::logits(const torch::Tensor& x) const
{
    const torch::Tensor h = (x - m_mean) / m_stddev;
    if (m_architecture == "mlp")
        return mlp(h);
    return m_architecture == "resnet" ? resnet(h) : smallCnn(h);
}

} // namespace assay::bench
