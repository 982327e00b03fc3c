#pragma once

#include "backend/models/model.h"

#include <map>
#include <string>

namespace assay::bench {

/// A zoo network as a Python library runs it: operators one after another in NCHW, batch norm not folded,
/// weights that require gradients.
class PlainNetwork
{
public:
    /// @throws std::runtime_error for another architecture than small_cnn, resnet and mlp.
    explicit PlainNetwork(const models::Model& model);
    torch::Tensor logits(const torch::Tensor& x) const;

private:
    const torch::Tensor& weight(const std::string& name) const { return m_weights.at(name); }
    torch::Tensor convBn(const torch::Tensor& x, const std::string& conv, const std::string& bn,
                         std::int64_t stride = 1, std::int64_t padding = 1) const;
    torch::Tensor linear(const torch::Tensor& x, const std::string& name) const;
    torch::Tensor smallCnn(torch::Tensor h) const;
    torch::Tensor resnet(torch::Tensor h) const;
    torch::Tensor mlp(torch::Tensor h) const;

    std::map<std::string, torch::Tensor> m_weights;
    std::string m_architecture;
    double m_mean;
    double m_stddev;
};

} // namespace assay::bench
