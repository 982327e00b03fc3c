#pragma once

#include "backend/models/model.h"

#include <torch/script.h>

#include <string>

namespace assay::bench {

/// A zoo network as a Python library runs it at its fastest where only answers are wanted: as a TorchScript
/// graph, frozen (batch norm folded into convolutions) and through optimize_for_inference().
class FrozenNetwork
{
public:
    /// @throws std::runtime_error for another architecture than small_cnn, resnet and mlp.
    explicit FrozenNetwork(const models::Model& model);
    /// Of the whole batch at once. @param x float32 [N,C,H,W].
    torch::Tensor logits(const torch::Tensor& x) const;

private:
    mutable torch::jit::Module m_module;
};

} // namespace assay::bench
