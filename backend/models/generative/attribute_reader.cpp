#include "backend/models/generative/attribute_reader.h"

#include <torch/nn.h>
#include <torch/types.h>

#include <numeric>

namespace assay::models {

struct AttributeReader::Parts
{
    torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
    torch::nn::Linear embed{nullptr}, heads{nullptr};
};

AttributeReader::AttributeReader(std::int64_t side, std::vector<std::int64_t> values)
    : m_side(side)
    , m_values(std::move(values))
    , m_parts(std::make_unique<Parts>())
{
    using torch::nn::Conv2d;
    using torch::nn::Conv2dOptions;
    using torch::nn::Linear;
    const std::int64_t left = (side + 7) / 8;
    Parts& p = *m_parts;
    p.conv1 = register_module("conv1", Conv2d(Conv2dOptions(3, 24, 5).stride(2).padding(2)));
    p.conv2 = register_module("conv2", Conv2d(Conv2dOptions(24, 48, 3).stride(2).padding(1)));
    p.conv3 = register_module("conv3", Conv2d(Conv2dOptions(48, 64, 3).stride(2).padding(1)));
    p.embed = register_module("embed", Linear(64 * left * left, kEmbedding));
    p.heads = register_module(
        "heads", Linear(kEmbedding, std::accumulate(m_values.begin(), m_values.end(), std::int64_t(0))));
}

AttributeReader::~AttributeReader() = default;

torch::Tensor AttributeReader::features(const torch::Tensor& x)
{
    return m_parts->embed(layers(x).back().flatten(1)).relu();
}

std::vector<torch::Tensor> AttributeReader::layers(const torch::Tensor& x)
{
    std::vector<torch::Tensor> made = {m_parts->conv1(2 * x - 1).relu()};
    made.push_back(m_parts->conv2(made[0]).relu());
    made.push_back(m_parts->conv3(made[1]).relu());
    return made;
}

torch::Tensor AttributeReader::forward(const torch::Tensor& x, const TapSink*)
{
    return m_parts->heads(features(x));
}

std::vector<torch::Tensor> AttributeReader::split(const torch::Tensor& logits) const
{
    return logits.split_with_sizes(m_values, 1);
}

} // namespace assay::models
