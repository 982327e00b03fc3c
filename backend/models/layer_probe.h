#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace assay::models {

/// A fully connected layer or a two-dimensional convolution of one group, as the network runs it.
struct ProbedLayer
{
    std::string name; ///< of its saved weight without ".weight"
    bool convolution = false;
    torch::Tensor weight; ///< [out,in] or [out,in,kh,kw]; a view of the network's own: writing to it edits
    torch::Tensor bias;   ///< [out], likewise; undefined where there is none
    torch::Tensor normWeight; ///< scale of the batch normalisation that follows it; undefined without one
    torch::Tensor normBias;
    std::int64_t units() const { return weight.size(0); }
};

/// Layers in the order in which the network runs them for @p x, each once. They are found by the operators
/// that are executed, whatever modules or graph those come from: built-in architectures and graphs alike.
/// A layer whose weight is not used as it is saved (a folded or quantised one) is not among them.
std::vector<ProbedLayer> probeLayers(Network& network, const torch::Tensor& x);

/// Called after a layer has run, with what went in and what came out, after the batch normalisation that
/// follows it if one does and before the activation. Networks go on to overwrite both: use them at once.
using LayerSink =
    std::function<void(std::size_t layer, const torch::Tensor& input, const torch::Tensor& output)>;

/// Runs @p network and tells @p sink of every run of one of @p layers, which come from probeLayers() of the
/// same network. Without gradients, in the calling thread.
torch::Tensor forwardProbed(Network& network, const torch::Tensor& x, const std::vector<ProbedLayer>& layers,
                            const LayerSink& sink);

} // namespace assay::models
