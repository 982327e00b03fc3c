#include "plugins/encryption/neura_encoder.h"

#include <ATen/Functions.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

using NeuraUniform = std::function<double()>;

constexpr double kNeuraNormEpsilon = 1e-5;

/// Standard normal (Box and Muller 1958), computed here so that every platform draws the same.
double neuraNormal(const NeuraUniform& uniform)
{
    const double u = 1 - uniform(), v = uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

template <class Draw>
torch::Tensor neuraFilled(torch::IntArrayRef sizes, Draw draw)
{
    torch::Tensor tensor = torch::empty(sizes, torch::kFloat32);
    float* to = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
        to[i] = static_cast<float>(draw());
    return tensor;
}

NeuraWeights::Linear drawNeuraLinear(std::int64_t in, std::int64_t out, const NeuraUniform& uniform)
{
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    const auto draw = [&] { return bound * (2 * uniform() - 1); };
    return {.weight = neuraFilled({out, in}, draw), .bias = neuraFilled({out}, draw)};
}

/// Orthonormal rows by Gram and Schmidt of normal numbers, which makes every rotation and reflection equally
/// likely.
torch::Tensor drawNeuraRotation(std::int64_t size, const NeuraUniform& uniform)
{
    torch::Tensor rows = neuraFilled({size, size}, [&] { return neuraNormal(uniform); }).to(torch::kFloat64);
    for (std::int64_t i = 0; i < size; ++i) {
        for (std::int64_t j = 0; j < i; ++j)
            rows[i] -= rows[j] * rows[i].dot(rows[j]);
        rows[i] /= rows[i].norm();
    }
    return rows.to(torch::kFloat32);
}

std::string neuraBranchPart(std::int64_t channel, std::int64_t channels)
{
    constexpr const char* kNames[] = {"cnc.r", "cnc.g", "cnc.b"};
    return channels <= 3 ? kNames[channel] : "cnc." + std::to_string(channel);
}

NeuraWeights::Linear neuraMoved(const NeuraWeights::Linear& linear, torch::Device device)
{
    return {.weight = linear.weight.to(device), .bias = linear.bias.to(device)};
}

torch::Tensor neuraApplied(const NeuraWeights::Linear& linear, const torch::Tensor& x)
{
    return at::linear(x, linear.weight, linear.bias);
}

} // namespace

NeuraWeights NeuraWeights::to(torch::Device device) const
{
    NeuraWeights there = *this;
    if (rotation.defined())
        there.rotation = rotation.to(device);
    for (Branch& branch : there.branches) {
        branch.embedding = neuraMoved(branch.embedding, device);
        for (Linear& linear : branch.inner)
            linear = neuraMoved(linear, device);
    }
    there.positions = positions.to(device);
    there.mix = neuraMoved(mix, device);
    return there;
}

std::vector<torch::Tensor> NeuraWeights::parameters() const
{
    std::vector<torch::Tensor> all;
    const auto add = [&](const Linear& linear) {
        all.push_back(linear.weight);
        all.push_back(linear.bias);
    };
    if (rotation.defined())
        all.push_back(rotation);
    for (const Branch& branch : branches) {
        add(branch.embedding);
        for (const Linear& linear : branch.inner)
            add(linear);
    }
    all.push_back(positions);
    add(mix);
    return all;
}

torch::Tensor neuraPatches(const torch::Tensor& x, std::int64_t patch)
{
    const std::int64_t down = x.size(2) / patch, across = x.size(3) / patch;
    return x.reshape({x.size(0), x.size(1), down, patch, across, patch})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({x.size(0), down * across, -1});
}

torch::Tensor normalisedByBatch(const torch::Tensor& rows)
{
    const torch::Tensor mean = rows.mean(0);
    return (rows - mean) * (rows.var(0, /*unbiased=*/false) + kNeuraNormEpsilon).rsqrt();
}

torch::Tensor neuraForward(const NeuraWeights& weights, const NeuraSpec& spec, const torch::Tensor& x,
                           const NeuraNorm& norm)
{
    torch::Tensor in = x;
    if (weights.rotation.defined())
        in = at::einsum("dc,nchw->ndhw", {weights.rotation, x});
    const bool linear = spec.depth < 0;
    std::vector<torch::Tensor> parts;
    std::size_t layer = 0;
    for (const NeuraWeights::Branch& branch : weights.branches) {
        torch::Tensor h = neuraApplied(branch.embedding,
                                       neuraPatches(in.narrow(1, branch.first, branch.count), spec.patch));
        if (!linear)
            h = h.relu();
        const std::int64_t images = h.size(0), tokens = h.size(1);
        h = h.flatten(0, 1);
        for (const NeuraWeights::Linear& inner : branch.inner)
            h = norm(layer++, neuraApplied(inner, h)).relu();
        parts.push_back(h.view({images, tokens, -1}));
    }
    torch::Tensor h = parts.size() == 1 ? parts.front() : at::cat(parts, 2);
    h = h + weights.positions;
    return neuraApplied(weights.mix, linear ? h : h.relu());
}

NeuraWeights drawNeuraWeights(const NeuraSpec& spec, std::int64_t channels, std::int64_t height,
                              std::int64_t width, const NeuraDraws& draws)
{
    NeuraWeights weights;
    const std::int64_t area = std::int64_t(spec.patch) * spec.patch;
    const std::int64_t tokens = (height / spec.patch) * (width / spec.patch);
    const std::int64_t branches = spec.separate ? channels : 1;
    for (std::int64_t b = 0; b < branches; ++b) {
        const NeuraUniform uniform = draws(spec.separate ? neuraBranchPart(b, channels) : "cnc.rgb");
        const std::int64_t own = spec.separate ? 1 : channels, out = spec.width / branches;
        NeuraWeights::Branch branch{.first = b * own, .count = own};
        branch.embedding = drawNeuraLinear(own * area, out, uniform);
        for (int i = 0; i < spec.depth; ++i)
            branch.inner.push_back(drawNeuraLinear(out, out, uniform));
        weights.branches.push_back(std::move(branch));
    }
    const NeuraUniform position = draws("cnc.position");
    weights.positions = neuraFilled({tokens, spec.width}, [&] { return neuraNormal(position); });
    weights.mix = drawNeuraLinear(spec.width, spec.width, draws("cnc.mix"));
    if (spec.rotate)
        weights.rotation = drawNeuraRotation(channels, draws("cnc.rotation"));
    return weights;
}

} // namespace assay::encryption
