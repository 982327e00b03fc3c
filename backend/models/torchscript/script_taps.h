#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace assay::models {

/// Where the parts of a graph come from, noted while calls are inlined.
struct ScriptNames
{
    /// What each call of a submodule returned, outermost calls first.
    std::vector<std::pair<std::string, torch::jit::Value*>> outputs;
    /// The module in whose code a node stands; "" for the network itself.
    std::unordered_map<const torch::jit::Node*, std::string> scopes;
};

/// Registers as further outputs of @p graph, which has one, the values that are worth tapping: what modules
/// returned and what activations, poolings, sums and reshapings computed between them.
/// @returns a name for each, "layer1.0.relu", unique: a name met again is numbered, "layer1.0.relu_2".
std::vector<std::string> offerTaps(torch::jit::Graph& graph, const ScriptNames& names);

/// Takes back the taps that are no use once the graph is simplified: values that do not depend on the images,
/// are the result itself, are overwritten later, have another name already (the shortest is kept), or would
/// keep a convolution and its batch normalisation from being folded. Sorts the rest by computation and puts
/// what enters the last fully connected layer to the end, under the name "features" where it has none.
void settleTaps(const std::shared_ptr<torch::jit::Graph>& graph, std::vector<std::string>& taps);

/// The values that depend on the graph's first input.
std::vector<torch::jit::Value*> imageValues(torch::jit::Graph& graph);

/// The first node that multiplies the images with weights (a convolution or a fully connected layer) and the
/// index of its input that they arrive at; {nullptr, 0} without one.
std::pair<torch::jit::Node*, std::size_t> firstLayer(torch::jit::Graph& graph);

/// The same for the last one.
std::pair<torch::jit::Node*, std::size_t> lastLayer(torch::jit::Graph& graph);

} // namespace assay::models
