#include "backend/models/direct/direct_network.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::direct {

namespace {

/// Of the output, what reads any of first .. last - 1: places @p stride apart, each reading @p reach inputs
/// from @p before ahead of it.
std::pair<std::int64_t, std::int64_t> readers(std::int64_t first, std::int64_t last, std::int64_t reach,
                                              std::int64_t stride, std::int64_t before, std::int64_t length)
{
    // stride * o - before <= last - 1, and stride * o - before + reach - 1 >= first.
    const std::int64_t begin = std::max<std::int64_t>(first + before - reach + 1, 0);
    return {(begin + stride - 1) / stride, std::min((last - 1 + before) / stride + 1, length)};
}

Region united(const Region& a, const Region& b)
{
    if (a.empty() || b.empty())
        return a.empty() ? b : a;
    return {.top = std::min(a.top, b.top),
            .left = std::min(a.left, b.left),
            .bottom = std::max(a.bottom, b.bottom),
            .right = std::max(a.right, b.right)};
}

} // namespace

Region DirectNetwork::wholeInput() const
{
    return {.bottom = m_input.height, .right = m_input.width};
}

void DirectNetwork::affected(const Region& changed, std::vector<Region>& parts) const
{
    parts.assign(m_images.size(), Region());
    parts[kInput] = changed;
    for (const Layer& layer : m_layers)
        parts[layer.to] = united(parts[layer.to], affectedBy(layer, parts[layer.from]));
}

Region DirectNetwork::affectedBy(const Layer& layer, const Region& part) const
{
    if (part.empty() || layer.kind == Kind::Copy)
        return part;
    const bool pools = layer.kind == Kind::MaxPool;
    const std::int64_t reach = pools ? kPoolSide : layer.kernel;
    const std::int64_t stride = pools ? kPoolSide : layer.stride;
    const Image& to = m_images[layer.to];
    const auto [top, bottom] = readers(part.top, part.bottom, reach, stride, layer.padding, to.height);
    const auto [left, right] = readers(part.left, part.right, reach, stride, layer.padding, to.width);
    const Region result = {.top = top, .left = left, .bottom = bottom, .right = right};
    return result.empty() ? Region() : result;
}

void DirectNetwork::recompute(const std::vector<Region>& parts, float* values) const
{
    for (const Layer& layer : m_layers)
        if (!parts[layer.to].empty())
            runLayer(layer, parts[layer.to], values, nullptr);
}

template <class Body>
void DirectNetwork::forEachRow(const std::vector<Region>& parts, Body body) const
{
    for (std::size_t node = 0; node < parts.size(); ++node) {
        const Image& image = m_images[node];
        const Region& part = parts[node];
        for (std::int64_t y = part.top; y < part.bottom; ++y)
            body(image.at(y, part.left), (part.right - part.left) * image.stride);
    }
}

std::size_t DirectNetwork::numbersOf(const std::vector<Region>& parts) const
{
    std::int64_t numbers = 0;
    for (std::size_t node = 0; node < parts.size(); ++node)
        numbers += (parts[node].bottom - parts[node].top) * (parts[node].right - parts[node].left) *
                   m_images[node].stride;
    return std::size_t(numbers);
}

void DirectNetwork::save(const std::vector<Region>& parts, const float* values, float* saved) const
{
    forEachRow(parts, [&](std::int64_t first, std::int64_t numbers) {
        saved = std::copy_n(values + first, numbers, saved);
    });
}

void DirectNetwork::restore(const std::vector<Region>& parts, const float* saved, float* values) const
{
    forEachRow(parts, [&](std::int64_t first, std::int64_t numbers) {
        std::copy_n(saved, numbers, values + first);
        saved += numbers;
    });
}

void DirectNetwork::firstSums(const float* pixels, std::int64_t count, float* sums) const
{
    multiply(productOf(m_linear.front(), pixels, sums, count, false));
}

void DirectNetwork::addToSums(const std::vector<std::int64_t>& pixels, const std::vector<float>& differences,
                              float* sums) const
{
    const Linear& layer = m_linear.front();
    const auto count = std::int64_t(pixels.size());
    kernels().addRows({.values = differences.data(),
                       .rows = pixels.data(),
                       .ends = &count,
                       .vectors = 1,
                       .weights = layer.weights.data_ptr<float>(),
                       .depth = layer.in,
                       .width = layer.outStride(),
                       .sums = sums});
}

torch::Tensor DirectNetwork::logitsOfSums(const torch::Tensor& sums) const
{
    const torch::Tensor z = runLinear(m_linear.front().relu ? torch::relu(sums) : sums, 1, nullptr);
    return z.is_alias_of(sums) ? z.clone() : z; // the sums change with the next question
}

torch::Tensor DirectNetwork::logitsOfFeatures(const torch::Tensor& features) const
{
    return runLinear(features, 0, nullptr);
}

} // namespace assay::models::direct
