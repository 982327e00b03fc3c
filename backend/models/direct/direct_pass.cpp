#include "backend/models/direct/direct_network.h"

#include "backend/models/direct/tiles.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::direct {

namespace {

torch::Tensor rows(std::int64_t count, std::int64_t length)
{
    return torch::empty({count, length}, torch::kFloat32);
}

/// The first numbers of each row. Of a few logits LibTorch's copy takes as long as a small layer.
torch::Tensor unpadded(const torch::Tensor& padded, std::int64_t length)
{
    const std::int64_t count = padded.size(0), stride = padded.size(1);
    if (length == stride)
        return padded;
    torch::Tensor result = rows(count, length);
    const float* from = padded.data_ptr<float>();
    auto* to = result.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i)
        std::copy_n(from + i * stride, length, to + i * length);
    return result;
}

} // namespace

torch::Tensor DirectNetwork::forward(const torch::Tensor& given, torch::Tensor* tape) const
{
    TORCH_CHECK(m_finished, "finish() comes before forward()");
    const torch::Tensor x = given.contiguous();
    const std::int64_t count = x.size(0);
    if (tape)
        *tape = torch::empty({count * (m_layerMasks + m_linearMasks)}, torch::kUInt8);
    std::uint8_t* masks = tape ? tape->data_ptr<std::uint8_t>() : nullptr;

    torch::Tensor features = x;
    if (m_features) {
        features = rows(count, m_linear.front().inStride);
        torch::Tensor memory = torch::zeros({m_valueNumbers}, torch::kFloat32); // margins stay zero
        auto* values = memory.data_ptr<float>();
        const std::int64_t pixels = m_input.channels * m_input.height * m_input.width;
        for (std::int64_t i = 0; i < count; ++i) {
            load(x.data_ptr<float>() + i * pixels, wholeInput(), values);
            for (const Layer& layer : m_layers) {
                // Only where nobody asks for gradients: what rounds otherwise, now and then passes another
                // unit of a ReLU, and with it another gradient than operators give.
                if (layer.tiles.defined() && !masks)
                    runTiles(layer, values);
                else
                    runLayer(layer, m_images[layer.to].whole(), values,
                             masks ? masks + i * m_layerMasks : nullptr);
            }
            gatherFeatures(values, features.data_ptr<float>() + i * features.size(1));
        }
    }
    return runLinear(features, 0, masks);
}

Product DirectNetwork::productOf(const Linear& layer, const float* in, float* out, std::int64_t count,
                                 bool relu)
{
    return {.in = in,
            .inStride = layer.inStride,
            .depth = layer.in,
            .weights = layer.weights.data_ptr<float>(),
            .bias = layer.bias.data_ptr<float>(),
            .out = out,
            .width = layer.outStride(),
            .count = count,
            .relu = relu};
}

torch::Tensor DirectNetwork::runLinear(torch::Tensor features, std::size_t first, std::uint8_t* masks) const
{
    const std::int64_t count = features.size(0);
    for (std::size_t i = first; i < m_linear.size(); ++i) {
        const Linear& layer = m_linear[i];
        const torch::Tensor out = rows(count, layer.outStride());
        const Product product =
            productOf(layer, features.data_ptr<float>(), out.data_ptr<float>(), count, layer.relu);
        if (i > 0 && m_linear[i - 1].relu)
            multiplyRectified(product);
        else
            multiply(product);
        if (masks && layer.mask >= 0)
            kernels().maskOf(out.data_ptr<float>(), masks + count * (m_layerMasks + layer.mask), out.numel());
        features = out;
    }
    return unpadded(features, m_linear.back().out);
}

torch::Tensor DirectNetwork::gradient(const torch::Tensor& logitsGradient, const torch::Tensor& tape) const
{
    const std::int64_t count = logitsGradient.size(0);
    const auto* masks = tape.data_ptr<std::uint8_t>();
    torch::Tensor result = torch::empty({count, m_input.channels, m_input.height, m_input.width});
    torch::Tensor gradient = logitsGradient.contiguous();
    for (auto layer = m_linear.rbegin(); layer != m_linear.rend(); ++layer) {
        if (layer->mask >= 0)
            kernels().applyMask(gradient.data_ptr<float>(), masks + count * (m_layerMasks + layer->mask),
                                gradient.numel());
        const bool last = std::next(layer) == m_linear.rend() && !m_features;
        const torch::Tensor before = last && layer->backStride() == layer->inStride
                                         ? result.view({count, -1})
                                         : rows(count, layer->backStride());
        const Product product = {.in = gradient.data_ptr<float>(),
                                 .inStride = gradient.size(1),
                                 .depth = layer->out,
                                 .weights = layer->back.data_ptr<float>(),
                                 .bias = m_zeros.data_ptr<float>(),
                                 .out = before.data_ptr<float>(),
                                 .width = layer->backStride(),
                                 .count = count};
        if (layer->mask >= 0)
            multiplyRectified(product);
        else
            multiply(product);
        gradient = before;
    }
    if (!m_features) {
        if (gradient.data_ptr() != result.data_ptr())
            result.view({count, -1}).copy_(gradient.narrow(1, 0, m_linear.front().in));
        return result;
    }
    torch::Tensor memory = torch::zeros({m_gradientNumbers + m_workNumbers}, torch::kFloat32);
    auto* gradients = memory.data_ptr<float>();
    const std::int64_t pixels = m_input.channels * m_input.height * m_input.width;
    for (std::int64_t i = 0; i < count; ++i) {
        spreadFeatures(gradient.data_ptr<float>() + i * gradient.size(1), gradients);
        for (auto layer = m_layers.rbegin(); layer != m_layers.rend(); ++layer)
            runLayerBack(*layer, gradients, masks + i * m_layerMasks, result.data_ptr<float>() + i * pixels);
    }
    return result;
}

void DirectNetwork::load(const float* pixels, const Region& part, float* values) const
{
    const Image& image = m_images.front();
    for (std::int64_t c = 0; c < image.channels; ++c) {
        const float* from = pixels + plane(c) * image.height * image.width;
        const auto mean = static_cast<float>(centre(c));
        const auto scale = static_cast<float>(gain(c));
        for (std::int64_t y = part.top; y < part.bottom; ++y) {
            float* to = values + image.at(y, 0) + c;
            for (std::int64_t x = part.left; x < part.right; ++x)
                to[x * image.stride] = (from[y * image.width + x] - mean) * scale;
        }
    }
}

void DirectNetwork::runTiles(const Layer& layer, float* values) const
{
    const Image& from = m_images[layer.from];
    const Image& to = m_images[layer.to];
    convolveTiles({.in = values + from.at(-layer.padding, -layer.padding),
                   .inRow = from.row(from.margin),
                   .inColumn = from.stride,
                   .depth = from.channels,
                   .weights = layer.tiles.data_ptr<float>(),
                   .bias = layer.bias.data_ptr<float>(),
                   .width = to.stride,
                   .out = values + to.at(0, 0),
                   .outRow = to.row(to.margin),
                   .outColumn = to.stride,
                   .rows = to.height,
                   .columns = to.width,
                   .accumulate = layer.accumulate,
                   .relu = layer.relu});
}

void DirectNetwork::runLayer(const Layer& layer, const Region& part, float* values, std::uint8_t* masks) const
{
    const Image& from = m_images[layer.from];
    const Image& to = m_images[layer.to];
    float* out = values + to.at(part.top, part.left);
    const std::int64_t height = part.bottom - part.top;
    const std::int64_t width = part.right - part.left;
    const std::int64_t inRow = from.row(from.margin);
    const std::int64_t outRow = to.row(to.margin);
    const std::int64_t rowNumbers = width * to.stride;
    std::uint8_t* mask = masks && layer.mask >= 0 ? masks + layer.mask : nullptr;
    switch (layer.kind) {
    case Kind::Convolution:
        kernels().convolve({.in = values + from.at(part.top * layer.stride - layer.padding,
                                                   part.left * layer.stride - layer.padding),
                            .inRow = layer.stride * inRow,
                            .inColumn = layer.stride * from.stride,
                            .taps = layer.taps.data(),
                            .tapCount = std::int64_t(layer.taps.size()),
                            .depth = layer.depth,
                            .weights = layer.weights.data_ptr<float>(),
                            .bias = layer.bias.data_ptr<float>(),
                            .width = to.stride,
                            .out = out,
                            .outRow = outRow,
                            .outColumn = to.stride,
                            .rows = height,
                            .columns = width,
                            .accumulate = layer.accumulate,
                            .relu = layer.relu});
        for (std::int64_t y = 0; mask && y < height; ++y)
            kernels().maskOf(out + y * outRow, mask + y * rowNumbers, rowNumbers);
        break;
    case Kind::Copy:
        for (std::int64_t y = 0; y < height; ++y)
            std::copy_n(values + from.at(part.top + y, part.left), rowNumbers, out + y * outRow);
        break;
    case Kind::MaxPool:
        kernels().maxPool(
            {.channels = to.stride, .rows = height, .columns = width, .wideRow = inRow, .pooledRow = outRow},
            values + from.at(part.top * kPoolSide, part.left * kPoolSide), out, mask, from.rectified);
        break;
    }
}

void DirectNetwork::gatherFeatures(const float* values, float* features) const
{
    const Image& image = m_images[*m_features];
    const float* from = values + image.values + image.origin(image.margin);
    const std::int64_t rowNumbers = image.width * image.stride;
    if (m_mean)
        std::fill_n(features, image.stride, 0.0F);
    for (std::int64_t y = 0; y < image.height; ++y, from += image.row(image.margin)) {
        if (!m_mean) {
            std::copy_n(from, rowNumbers, features + y * rowNumbers);
            continue;
        }
        for (std::int64_t x = 0; x < image.width; ++x)
            for (std::int64_t c = 0; c < image.stride; ++c)
                features[c] += from[x * image.stride + c];
    }
    const auto share = 1.0F / float(image.height * image.width);
    for (std::int64_t c = 0; m_mean && c < image.stride; ++c)
        features[c] *= share;
}

void DirectNetwork::spreadFeatures(const float* features, float* gradients) const
{
    const Image& image = m_images[*m_features];
    float* to = gradients + image.gradients + image.origin(image.gradientMargin);
    const std::int64_t rowNumbers = image.width * image.stride;
    const auto share = 1.0F / float(image.height * image.width);
    for (std::int64_t y = 0; y < image.height; ++y, to += image.row(image.gradientMargin)) {
        if (!m_mean) {
            std::copy_n(features + y * rowNumbers, rowNumbers, to);
            continue;
        }
        for (std::int64_t x = 0; x < image.width; ++x)
            for (std::int64_t c = 0; c < image.stride; ++c)
                to[x * image.stride + c] = features[c] * share;
    }
}

void DirectNetwork::runLayerBack(const Layer& layer, float* gradients, const std::uint8_t* masks,
                                 float* pixels) const
{
    const Image& from = m_images[layer.from];
    const Image& to = m_images[layer.to];
    float* in = gradients + from.gradients + from.origin(from.gradientMargin);
    float* out = gradients + to.gradients + to.origin(to.gradientMargin);
    const std::int64_t inRow = from.row(from.gradientMargin);
    const std::int64_t outRow = to.row(to.gradientMargin);
    const std::int64_t rowNumbers = to.width * to.stride;
    switch (layer.kind) {
    case Kind::Convolution:
        for (std::int64_t y = 0; layer.mask >= 0 && y < to.height; ++y)
            kernels().applyMask(out + y * outRow, masks + layer.mask + y * rowNumbers, rowNumbers);
        if (layer.from == kInput)
            inputBack(layer, gradients, pixels);
        else
            convolutionBack(layer, gradients);
        break;
    case Kind::Copy:
        for (std::int64_t y = 0; y < to.height; ++y)
            for (std::int64_t i = 0; i < rowNumbers; ++i)
                in[y * inRow + i] = out[y * outRow + i] + (layer.accumulateGradient ? in[y * inRow + i] : 0);
        break;
    case Kind::MaxPool:
        // What belongs to no whole window.
        if (from.height % 2 != 0)
            std::fill_n(in + (from.height - 1) * inRow, from.width * from.stride, 0.0F);
        for (std::int64_t y = 0; from.width % 2 != 0 && y < from.height; ++y)
            std::fill_n(in + y * inRow + (from.width - 1) * from.stride, from.stride, 0.0F);
        kernels().unpool({.channels = to.stride,
                          .rows = to.height,
                          .columns = to.width,
                          .wideRow = inRow,
                          .pooledRow = outRow},
                         in, out, masks + layer.mask);
        break;
    }
}

void DirectNetwork::convolutionBack(const Layer& layer, float* gradients) const
{
    const Image& from = m_images[layer.from];
    const Image& to = m_images[layer.to];
    float* in = gradients + from.gradients + from.origin(from.gradientMargin);
    const std::int64_t inRow = from.row(from.gradientMargin);
    const std::int64_t s = layer.stride;
    for (const Phase& phase : layer.phases) {
        if (phase.row >= from.height || phase.column >= from.width)
            continue;
        kernels().convolve({.in = gradients + to.gradients + to.origin(to.gradientMargin),
                            .inRow = to.row(to.gradientMargin),
                            .inColumn = to.stride,
                            .taps = phase.taps.data(),
                            .tapCount = std::int64_t(phase.taps.size()),
                            .depth = to.channels,
                            .weights = phase.weights.data_ptr<float>(),
                            .bias = m_zeros.data_ptr<float>(),
                            .width = from.stride,
                            .out = in + phase.row * inRow + phase.column * from.stride,
                            .outRow = s * inRow,
                            .outColumn = s * from.stride,
                            .rows = (from.height - 1 - phase.row) / s + 1,
                            .columns = (from.width - 1 - phase.column) / s + 1,
                            .accumulate = layer.accumulateGradient});
    }
}

// A few input channels would leave most of a vector idle: what each output pixel gives each of its k*k*I
// input pixels is computed as a matrix product and then added up.
void DirectNetwork::inputBack(const Layer& layer, float* gradients, float* pixels) const
{
    const Image& from = m_images[layer.from];
    const Image& to = m_images[layer.to];
    const std::int64_t given = layer.inputWeights.numel() / to.channels;
    float* shares = gradients + m_gradientNumbers;
    const std::int64_t tap = 0;
    kernels().convolve({.in = gradients + to.gradients + to.origin(to.gradientMargin),
                        .inRow = to.row(to.gradientMargin),
                        .inColumn = to.stride,
                        .taps = &tap,
                        .tapCount = 1,
                        .depth = to.channels,
                        .weights = layer.inputWeights.data_ptr<float>(),
                        .bias = m_zeros.data_ptr<float>(),
                        .width = given,
                        .out = shares,
                        .outRow = to.width * given,
                        .outColumn = given,
                        .rows = to.height,
                        .columns = to.width});

    const std::int64_t width = from.width + 2 * layer.padding;
    const std::int64_t planeNumbers = (from.height + 2 * layer.padding) * width;
    float* planes = shares + to.height * to.width * given;
    std::fill_n(planes, from.channels * planeNumbers, 0.0F);
    for (std::int64_t y = 0; y < to.height; ++y)
        for (std::int64_t k = 0; k < layer.kernel * layer.kernel; ++k)
            for (std::int64_t c = 0; c < from.channels; ++c) {
                const float* share = shares + y * to.width * given + k * from.channels + c;
                float* row = planes + c * planeNumbers + (y * layer.stride + k / layer.kernel) * width +
                             k % layer.kernel;
                for (std::int64_t x = 0; x < to.width; ++x)
                    row[x * layer.stride] += share[x * given];
            }
    for (std::int64_t c = 0; c < from.channels; ++c) {
        const auto scale = static_cast<float>(gain(c));
        const float* plane0 = planes + c * planeNumbers + layer.padding * (width + 1);
        float* result = pixels + plane(c) * from.height * from.width;
        for (std::int64_t y = 0; y < from.height; ++y)
            for (std::int64_t x = 0; x < from.width; ++x)
                result[y * from.width + x] = plane0[y * width + x] * scale;
    }
}

} // namespace assay::models::direct
