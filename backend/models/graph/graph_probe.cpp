#include "backend/models/graph/graph_probe.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::models::graph {

namespace {

/// The value @p wanted as the network computes it for @p x, with the channels second.
torch::Tensor valueFor(const GraphNetwork& network, ValueId wanted, const torch::Tensor& x)
{
    if (network.graph().inputs.front() == wanted)
        return x;
    torch::Tensor seen;
    const Observer observer = [&](ValueId id, const torch::Tensor& value) {
        if (id == wanted)
            seen = value;
    };
    network.runRaw(x, &observer);
    return network.graph().channelsLast && seen.dim() == 4 ? seen.permute({0, 3, 1, 2}) : seen;
}

const Node* firstWeighted(const GraphNetwork& network)
{
    const std::vector<std::string>& ops = network.dialect().weighted;
    for (const Node& node : network.graph().nodes) {
        const bool weighted = std::find(ops.begin(), ops.end(), node.op) != ops.end();
        if (weighted && network.isData(node.inputs.front()) && network.isData(node.outputs.front()))
            return &node;
    }
    return nullptr;
}

/// The batch normalisation that reads @p value, with constant statistics.
const Node* normOf(const GraphNetwork& network, ValueId value)
{
    const Graph& graph = network.graph();
    for (const Node& node : graph.nodes) {
        if (node.op == network.dialect().fold.batchNorm && node.inputs.size() >= 5 &&
            node.inputs.front() == value && graph.value(node.inputs[3]).constant.defined() &&
            graph.value(node.inputs[4]).constant.defined())
            return &node;
    }
    return nullptr;
}

bool takesSeveralBatches(const GraphNetwork& network, const ProbeTarget& target, std::int64_t batch)
{
    if (target.channels <= 0 || target.height <= 0 || target.width <= 0)
        return false;
    const torch::NoGradGuard off;
    try {
        // Two colours of different brightness: no random numbers are needed to tell them apart.
        const std::vector<std::int64_t> shape = {batch, target.channels, target.height, target.width};
        const torch::Tensor a =
            torch::linspace(0, 1, batch * target.channels * target.height * target.width).view(shape);
        const torch::Tensor b = a.flip(3) * 0.5;
        const torch::Tensor together = network.runRaw(torch::cat({a, b}));
        const torch::Tensor apart = torch::cat({network.runRaw(a), network.runRaw(b)});
        return together.sizes() == apart.sizes() && torch::allclose(together, apart, 1e-3, 1e-4);
    } catch (const std::exception&) {
        return false;
    }
}

} // namespace

ProbeTarget graphProbe(const GraphNetwork& network)
{
    ProbeTarget target;
    target.run = [&network](const torch::Tensor& x) { return network.runRaw(x); };
    target.weights = network.persistent();
    const Graph& graph = network.graph();
    if (graph.inputs.size() != 1)
        return target;
    std::int64_t batch = 0;
    if (const auto& shape = graph.value(graph.inputs.front()).shape; shape && shape->size() == 4) {
        const auto known = [&](std::size_t d) { return std::max<std::int64_t>((*shape)[d], 0); };
        batch = known(0);
        target.channels = known(graph.channelsLast ? 3 : 1);
        target.height = known(graph.channelsLast ? 1 : 2);
        target.width = known(graph.channelsLast ? 2 : 3);
    }
    if (batch > 0 && !takesSeveralBatches(network, target, batch))
        target.batch = batch;
    const Node* first = firstWeighted(network);
    if (!first)
        return target;
    const ValueId input = first->inputs.front();
    target.firstLayerInput = [&network, input](const torch::Tensor& x) {
        return valueFor(network, input, x);
    };
    const ValueId output = first->outputs.front();
    if (const Node* norm = normOf(network, output)) {
        target.firstNormInput = [&network, output](const torch::Tensor& x) {
            return valueFor(network, output, x);
        };
        target.runningMean = graph.value(norm->inputs[3]).constant;
        target.runningVar = graph.value(norm->inputs[4]).constant;
    }
    return target;
}

} // namespace assay::models::graph
