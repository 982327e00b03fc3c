#include "backend/models/direct/direct_network.h"

#include "backend/models/direct/panels.h"
#include "backend/models/direct/tiles.h"

#include <torch/utils.h>

#include <algorithm>

namespace assay::models::direct {

namespace {

torch::Tensor paddedBias(const torch::Tensor& bias, std::int64_t outputs)
{
    torch::Tensor result = torch::zeros({padded(outputs)}, torch::kFloat32);
    if (bias.defined())
        result.narrow(0, 0, outputs).copy_(bias);
    return result;
}

std::int64_t outputSide(std::int64_t side, std::int64_t kernel, const FoldedConvolution& layer)
{
    return (side + 2 * layer.padding - kernel) / layer.stride + 1;
}

} // namespace

DirectNetwork::DirectNetwork(InputSpec input)
    : m_input(std::move(input))
{
    addImage(m_input.channels, m_input.height, m_input.width, false);
    m_images.front().stride = m_input.channels;
}

DirectNetwork::Node DirectNetwork::addImage(std::int64_t channels, std::int64_t height, std::int64_t width,
                                            bool rectified)
{
    TORCH_CHECK(!m_finished && !m_features, "images come before features, and both before finish()");
    m_images.push_back({.channels = channels,
                        .height = height,
                        .width = width,
                        .stride = padded(channels),
                        .rectified = rectified});
    return static_cast<Node>(m_images.size()) - 1;
}

DirectNetwork::Layer& DirectNetwork::addLayer(Kind kind, Node from, Node to)
{
    TORCH_CHECK(from != kInput || (kind == Kind::Convolution && m_layers.empty()),
                "the input goes into one convolution, the first layer");
    m_layers.push_back({.kind = kind, .from = from, .to = to});
    return m_layers.back();
}

DirectNetwork::Node DirectNetwork::convolution(Node from, const FoldedConvolution& layer, bool relu)
{
    const Image source = m_images[from];
    const std::int64_t kernel = layer.weight.size(2);
    const Node to = addImage(layer.weight.size(0), outputSide(source.height, kernel, layer),
                             outputSide(source.width, kernel, layer), relu);
    addConvolutionLayer(from, to, layer);
    m_layers.back().relu = relu;
    return to;
}

void DirectNetwork::addConvolution(Node sum, Node from, const FoldedConvolution& layer)
{
    addConvolutionLayer(from, sum, layer);
    m_layers.back().accumulate = true;
    m_layers.back().relu = true;
    m_images[sum].rectified = true;
}

void DirectNetwork::addConvolutionLayer(Node from, Node to, const FoldedConvolution& given)
{
    const torch::Tensor weight = given.weight.detach().to(torch::kFloat32);
    const std::int64_t outputs = weight.size(0);
    Layer& layer = addLayer(Kind::Convolution, from, to);
    layer.kernel = weight.size(2);
    layer.stride = given.stride;
    layer.padding = given.padding;
    layer.weights = inPanels(weight.permute({2, 3, 1, 0}).reshape({-1, outputs}));
    layer.bias = paddedBias(given.bias, outputs);
    if (from == kInput)
        layer.inputWeights = inPanels(weight.permute({0, 2, 3, 1}).reshape({outputs, -1}));
    else
        addPhases(layer, weight);
    if (from != kInput && layer.kernel == kTiledKernel && layer.stride == 1 &&
        std::min(weight.size(0), weight.size(1)) >= kLeastTiled &&
        weight.size(0) * weight.size(1) <= kMostTiled && worthTiles(m_images[to].height, m_images[to].width))
        layer.tiles = tileWeights(weight);
    m_images[from].margin = std::max(m_images[from].margin, layer.padding);
    m_largestConvolution = std::max(m_largestConvolution, layer.weights.numel());
}

void DirectNetwork::addPhases(Layer& layer, const torch::Tensor& weight) const
{
    const std::int64_t s = layer.stride;
    const auto meets = [&](std::int64_t phase, std::int64_t k) {
        return (phase + layer.padding - k) % s == 0;
    };
    for (std::int64_t row = 0; row < s; ++row) {
        for (std::int64_t column = 0; column < s; ++column) {
            Phase& phase = layer.phases.emplace_back();
            phase.row = row;
            phase.column = column;
            std::vector<torch::Tensor> weights;
            for (std::int64_t ky = 0; ky < layer.kernel; ++ky)
                for (std::int64_t kx = 0; kx < layer.kernel; ++kx) {
                    if (!meets(row, ky) || !meets(column, kx))
                        continue;
                    phase.down.push_back((row + layer.padding - ky) / s);
                    phase.right.push_back((column + layer.padding - kx) / s);
                    weights.push_back(weight.select(3, kx).select(2, ky));
                }
            phase.weights = weights.empty() ? torch::zeros({1}) : inPanels(torch::cat(weights));
        }
    }
}

DirectNetwork::Node DirectNetwork::copy(Node from)
{
    const Image source = m_images[from];
    const Node to = addImage(source.channels, source.height, source.width, source.rectified);
    addLayer(Kind::Copy, from, to);
    return to;
}

DirectNetwork::Node DirectNetwork::maxPool(Node from)
{
    const Image source = m_images[from];
    const Node to =
        addImage(source.channels, source.height / kPoolSide, source.width / kPoolSide, source.rectified);
    addLayer(Kind::MaxPool, from, to);
    return to;
}

void DirectNetwork::flatten(Node from)
{
    m_features = from;
}

void DirectNetwork::mean(Node from)
{
    m_features = from;
    m_mean = true;
}

void DirectNetwork::linear(const torch::Tensor& givenWeight, const torch::Tensor& givenBias, bool relu)
{
    torch::Tensor weight = givenWeight.detach().to(torch::kFloat32);
    torch::Tensor bias = givenBias.detach().to(torch::kFloat32);
    Linear layer{.in = weight.size(1), .inStride = weight.size(1), .out = weight.size(0), .relu = relu};
    if (!m_linear.empty()) {
        layer.inStride = m_linear.back().outStride();
    } else if (m_features) {
        weight = inMemoryOrder(weight);
        layer.in = layer.inStride = weight.size(1);
    } else {
        foldInput(weight, bias);
    }
    layer.weights = inPanels(weight.t());
    layer.bias = paddedBias(bias, layer.out);
    layer.back = inPanels(weight);
    m_linear.push_back(layer);
}

void DirectNetwork::foldInput(torch::Tensor& weight, torch::Tensor& bias) const
{
    const std::int64_t outputs = weight.size(0);
    const torch::Tensor given = weight.to(torch::kFloat64).view({outputs, m_input.channels, -1});
    torch::Tensor folded = torch::empty_like(given);
    torch::Tensor shifted = bias.to(torch::kFloat64);
    for (std::int64_t c = 0; c < m_input.channels; ++c) {
        const torch::Tensor scaled = given.select(1, c) * gain(c);
        folded.select(1, plane(c)).copy_(scaled);
        shifted = shifted - scaled.sum(1) * centre(c);
    }
    weight = folded.view({outputs, -1}).to(torch::kFloat32);
    bias = shifted.to(torch::kFloat32);
}

torch::Tensor DirectNetwork::inMemoryOrder(const torch::Tensor& weight) const
{
    const Image& image = m_images[*m_features];
    if (m_mean)
        return withPaddedRows(weight, image.stride);
    const std::int64_t outputs = weight.size(0);
    torch::Tensor ordered = torch::zeros({outputs, image.height, image.width, image.stride});
    ordered.narrow(3, 0, image.channels)
        .copy_(weight.view({outputs, image.channels, image.height, image.width}).permute({0, 2, 3, 1}));
    return ordered.view({outputs, -1});
}

void DirectNetwork::finish()
{
    TORCH_CHECK(!m_linear.empty() && !m_linear.back().relu && m_layers.empty() != m_features.has_value(),
                "layers, features of their last image and linear layers make a network");
    layOutMemory();
    linkGradients();
    layOutTape();
    m_finished = true;
}

void DirectNetwork::layOutMemory()
{
    // A margin as wide as the farthest tap reaches beyond the gradient.
    for (Layer& layer : m_layers) {
        const Image& from = m_images[layer.from];
        Image& to = m_images[layer.to];
        for (const Phase& phase : layer.phases)
            for (std::size_t t = 0; t < phase.down.size(); ++t) {
                const std::int64_t lastRow = (from.height - 1 - phase.row) / layer.stride + phase.down[t];
                const std::int64_t lastColumn =
                    (from.width - 1 - phase.column) / layer.stride + phase.right[t];
                to.gradientMargin = std::max({to.gradientMargin, -phase.down[t], -phase.right[t],
                                              lastRow - (to.height - 1), lastColumn - (to.width - 1)});
            }
    }
    for (Image& image : m_images) {
        image.values = m_valueNumbers;
        image.gradients = m_gradientNumbers;
        m_valueNumbers += padded(image.size(image.margin));
        m_gradientNumbers += padded(image.size(image.gradientMargin));
    }
    std::int64_t widest = 0;
    for (Layer& layer : m_layers) {
        if (layer.kind != Kind::Convolution)
            continue;
        const Image& from = m_images[layer.from];
        const Image& to = m_images[layer.to];
        // Where pixels are not padded, the taps of a kernel's row lie one behind the other and are one.
        const bool together = from.stride == from.channels;
        layer.depth = from.channels * (together ? layer.kernel : 1);
        for (std::int64_t ky = 0; ky < layer.kernel; ++ky)
            for (std::int64_t kx = 0; kx < (together ? 1 : layer.kernel); ++kx)
                layer.taps.push_back(ky * from.row(from.margin) + kx * from.stride);
        for (Phase& phase : layer.phases)
            for (std::size_t t = 0; t < phase.down.size(); ++t)
                phase.taps.push_back(phase.down[t] * to.row(to.gradientMargin) + phase.right[t] * to.stride);
        widest = std::max(widest, from.stride);
        if (layer.from == kInput) {
            const std::int64_t columns = layer.inputWeights.numel() / to.channels;
            widest = std::max(widest, columns);
            m_workNumbers = to.height * to.width * columns + padded(from.size(layer.padding));
        }
    }
    for (const Linear& layer : m_linear)
        widest = std::max(widest, layer.backStride());
    m_zeros = torch::zeros({widest}, torch::kFloat32);
}

void DirectNetwork::linkGradients()
{
    std::vector<bool> reached(m_images.size(), false);
    if (m_features)
        reached[*m_features] = true;
    for (auto layer = m_layers.rbegin(); layer != m_layers.rend(); ++layer) {
        TORCH_CHECK(reached[layer->to], "a layer leads nowhere");
        layer->accumulateGradient = reached[layer->from];
        TORCH_CHECK(layer->kind != Kind::MaxPool || !layer->accumulateGradient,
                    "what is pooled goes nowhere else");
        reached[layer->from] = true;
    }
}

bool DirectNetwork::feedsPoolingOnly(Node node) const
{
    return node != m_features && std::all_of(m_layers.begin(), m_layers.end(), [&](const Layer& layer) {
               return layer.from != node || layer.kind == Kind::MaxPool;
           });
}

void DirectNetwork::layOutTape()
{
    for (Layer& layer : m_layers) {
        const bool pools = layer.kind == Kind::MaxPool;
        // Pooling notes where its largest value was 0.
        if (!pools && (!layer.relu || feedsPoolingOnly(layer.to)))
            continue;
        layer.mask = m_layerMasks;
        m_layerMasks += m_images[layer.to].numbers();
    }
    for (Linear& layer : m_linear) {
        if (!layer.relu)
            continue;
        layer.mask = m_linearMasks;
        m_linearMasks += layer.outStride();
    }
}

double DirectNetwork::gain(std::int64_t channel) const
{
    return m_input.scale / m_input.stddev.at(m_input.stddev.size() == 1 ? 0 : std::size_t(channel));
}

double DirectNetwork::centre(std::int64_t channel) const
{
    return m_input.mean.at(m_input.mean.size() == 1 ? 0 : std::size_t(channel)) / m_input.scale;
}

std::int64_t DirectNetwork::plane(std::int64_t channel) const
{
    return m_input.bgr ? m_input.channels - 1 - channel : channel;
}

} // namespace assay::models::direct
