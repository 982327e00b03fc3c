#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace assay::models {

/// A small network that reads several attributes of an image at once, and whose penultimate features are an
/// embedding of it.
class AttributeReader final : public Network
{
public:
    static constexpr std::int64_t kEmbedding = 64;

    /// @param side of the images. @param values how many each attribute has.
    AttributeReader(std::int64_t side, std::vector<std::int64_t> values);
    ~AttributeReader() override;

    std::int64_t side() const { return m_side; }
    const std::vector<std::int64_t>& values() const { return m_values; }
    /// float32 [n,kEmbedding] of x float32 [n,3,side,side] in [0,1].
    torch::Tensor features(const torch::Tensor& x);
    /// What the three convolutions see, coarser each.
    std::vector<torch::Tensor> layers(const torch::Tensor& x);
    /// Logits of all attributes side by side.
    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return {}; }
    /// Logits of each attribute.
    std::vector<torch::Tensor> split(const torch::Tensor& logits) const;

private:
    struct Parts;

    std::int64_t m_side;
    std::vector<std::int64_t> m_values;
    std::unique_ptr<Parts> m_parts;
};

} // namespace assay::models
