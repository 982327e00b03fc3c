#pragma once

#include "backend/models/direct/direct_network.h"

#include <memory>

namespace assay::models::direct {

/// Whether @p x is of a kind that the direct way takes: float32 on the CPU, of the input's shape.
bool suits(const InputSpec& input, const torch::Tensor& x);

/// Logits [N,K], differentiable once in @p x: second derivatives throw. The network is shared because the
/// graph of a result may outlive the model.
torch::Tensor logits(const std::shared_ptr<const DirectNetwork>& network, const torch::Tensor& x);

/// The same without a graph, whatever the gradient mode.
Taped taped(const std::shared_ptr<const DirectNetwork>& network, const torch::Tensor& x);

} // namespace assay::models::direct
