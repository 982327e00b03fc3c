#include "backend/models/graph/passes.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace assay::models::graph {

namespace {

/// Numbers are shapes, axes and tables of indices; nothing of a size that matters is computed when a file is
/// opened.
constexpr std::int64_t kMostNumbers = std::int64_t(1) << 20;

bool isFoldable(const Graph& graph, const Node& node, Foldable what)
{
    for (const ValueId id : node.inputs) {
        if (id == kNoValue)
            continue;
        const Value& value = graph.value(id);
        if (!value.constant.defined())
            return false;
        if (what == Foldable::Numbers && (value.weight || value.constant.numel() > kMostNumbers))
            return false;
    }
    return true;
}

bool foldNode(Graph& graph, const Node& node, const KernelTable& table, const Limits& limits)
{
    const KernelInfo* info = table.find(node.op);
    if (!info)
        return false;
    std::vector<torch::Tensor> inputs;
    for (const ValueId id : node.inputs)
        inputs.push_back(id == kNoValue ? torch::Tensor() : graph.value(id).constant);
    try {
        const Tensors results = info->make({graph, node})({inputs, false, limits});
        if (results.size() < node.outputs.size())
            return false;
        const bool weight = std::any_of(node.inputs.begin(), node.inputs.end(),
                                        [&](ValueId id) { return id != kNoValue && graph.value(id).weight; });
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (node.outputs[i] == kNoValue)
                continue;
            graph.value(node.outputs[i]).constant = results[i].detach().contiguous();
            graph.value(node.outputs[i]).weight = weight && results[i].is_floating_point();
        }
    } catch (const std::exception&) {
        return false; // said with the node's name when it is run
    }
    return true;
}

/// What y = conv(x) becomes: scale * y + shift, per channel.
struct Affine
{
    torch::Tensor scale; ///< float64 [O] or [1]
    torch::Tensor shift;
};

/// @p constant as float64 [O] or [1] when it is one number a channel of a result of @p rank axes.
std::optional<torch::Tensor> perChannel(const torch::Tensor& constant, std::int64_t rank,
                                        std::int64_t channels)
{
    if (!constant.defined() || !constant.is_floating_point() || constant.dim() > rank)
        return std::nullopt;
    const torch::Tensor flat = constant.detach().reshape({-1}).to(torch::kFloat64);
    if (flat.numel() == 1)
        return flat;
    if (flat.numel() != channels || constant.dim() < rank - 1)
        return std::nullopt;
    const std::int64_t axis = constant.dim() - rank + 1; // of the channels, counted in the constant
    if (constant.size(axis) != channels)
        return std::nullopt;
    return flat;
}

std::optional<Affine> normAffine(const Graph& graph, const Node& node, std::int64_t channels)
{
    if (node.inputs.size() < 5 || node.attributes.integer("training_mode", 0) != 0)
        return std::nullopt;
    std::array<torch::Tensor, 4> parts;
    for (std::size_t i = 0; i < 4; ++i) {
        if (node.inputs[i + 1] == kNoValue || !graph.value(node.inputs[i + 1]).constant.defined())
            return std::nullopt;
        parts[i] = graph.value(node.inputs[i + 1]).constant.detach().to(torch::kFloat64);
        if (parts[i].dim() != 1 || parts[i].numel() != channels)
            return std::nullopt; // an error, said when it is run
    }
    const auto& [gamma, beta, mean, variance] = parts;
    const torch::Tensor scale = gamma / (variance + node.attributes.real("epsilon", 1e-5)).sqrt();
    return Affine{scale, beta - mean * scale};
}

/// What @p node does to the value @p y of @p rank axes and so many channels, if it is of that kind.
std::optional<Affine> followerAffine(const Graph& graph, const Node& node, ValueId y, std::int64_t rank,
                                     std::int64_t channels, const FoldNames& names)
{
    if (node.inputs.empty() || node.outputs.size() != 1 || node.outputs[0] == kNoValue)
        return std::nullopt;
    if (node.op == names.batchNorm)
        return node.inputs[0] == y ? normAffine(graph, node, channels) : std::nullopt;
    if (node.inputs.size() != 2)
        return std::nullopt;
    const bool first = node.inputs[0] == y;
    const ValueId other = node.inputs[first ? 1 : 0];
    if (other == kNoValue || other == y)
        return std::nullopt;
    const auto c = perChannel(graph.value(other).constant, rank, channels);
    if (!c)
        return std::nullopt;
    const torch::Tensor zero = torch::zeros({1}, torch::kFloat64);
    const torch::Tensor unit = torch::ones({1}, torch::kFloat64);
    if (node.op == names.add)
        return Affine{unit, *c};
    if (node.op == names.mul)
        return Affine{*c, zero};
    if (node.op == names.sub)
        return first ? Affine{unit, -*c} : Affine{-unit, *c};
    if (node.op == names.div && first)
        return Affine{1 / *c, zero};
    return std::nullopt;
}

struct Pair
{
    std::size_t follower;
    Affine affine;
};

class ConvFolder
{
public:
    ConvFolder(Graph& graph, const FoldNames& names)
        : m_graph(graph)
        , m_names(names)
    {}

    /// Folds what can be folded once; false when there was nothing.
    bool pass();

private:
    bool isConv(const Node& node) const;
    std::optional<Pair> pairOf(const Node& conv, std::span<const std::int32_t> readers,
                               std::span<const std::int32_t> readBy) const;
    void merge(Node& conv, const Pair& pair);
    std::int64_t channelAxis(const Node& conv) const { return conv.op == m_names.conv ? 0 : 1; }

    Graph& m_graph;
    const FoldNames& m_names;
};

bool ConvFolder::isConv(const Node& node) const
{
    const bool transposed = !m_names.convTranspose.empty() && node.op == m_names.convTranspose;
    if ((node.op != m_names.conv && !transposed) || node.inputs.size() < 2 || node.outputs.size() != 1)
        return false;
    if (transposed && node.attributes.integer("group", 1) != 1)
        return false;
    if (node.outputs[0] == kNoValue || node.inputs[1] == kNoValue)
        return false;
    const torch::Tensor& weight = m_graph.value(node.inputs[1]).constant;
    if (!weight.defined() || weight.dim() < 3 || !weight.is_floating_point())
        return false;
    if (node.inputs.size() < 3 || node.inputs[2] == kNoValue)
        return true;
    const torch::Tensor& bias = m_graph.value(node.inputs[2]).constant;
    return bias.defined() && bias.dim() == 1 && bias.numel() == weight.size(channelAxis(node));
}

std::optional<Pair> ConvFolder::pairOf(const Node& conv, std::span<const std::int32_t> readers,
                                       std::span<const std::int32_t> readBy) const
{
    const ValueId y = conv.outputs.front();
    const auto index = static_cast<std::size_t>(y);
    if (readers[index] != 1 || readBy[index] < 0)
        return std::nullopt;
    const torch::Tensor& weight = m_graph.value(conv.inputs[1]).constant;
    const auto follower = static_cast<std::size_t>(readBy[index]);
    const auto affine = followerAffine(m_graph, m_graph.nodes[follower], y, weight.dim(),
                                       weight.size(channelAxis(conv)), m_names);
    if (!affine)
        return std::nullopt;
    return Pair{follower, *affine};
}

void ConvFolder::merge(Node& conv, const Pair& pair)
{
    const ValueId weightId = conv.inputs[1];
    const torch::Tensor weight = m_graph.value(weightId).constant.detach();
    std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
    shape[static_cast<std::size_t>(channelAxis(conv))] = -1;
    const torch::Tensor scaled = weight.to(torch::kFloat64) * pair.affine.scale.view(shape);
    torch::Tensor bias = torch::zeros({weight.size(channelAxis(conv))}, scaled.options());
    std::string biasName = m_graph.value(weightId).name + " (bias)";
    if (conv.inputs.size() > 2 && conv.inputs[2] != kNoValue) {
        bias = m_graph.value(conv.inputs[2]).constant.detach().to(torch::kFloat64);
        biasName = m_graph.value(conv.inputs[2]).name;
    }
    bias = bias * pair.affine.scale + pair.affine.shift;

    const auto addWeight = [&](const std::string& name, const torch::Tensor& tensor) {
        const ValueId id = m_graph.addValue(name);
        m_graph.value(id).constant = tensor.to(weight.scalar_type());
        m_graph.value(id).weight = true;
        return id;
    };
    const std::string weightName = m_graph.value(weightId).name;
    conv.inputs = {conv.inputs[0], addWeight(weightName, scaled), addWeight(biasName, bias)};
    Node& follower = m_graph.nodes[pair.follower];
    conv.outputs = {follower.outputs.front()};
    follower.inputs.clear();
    follower.outputs.clear();
}

bool ConvFolder::pass()
{
    const std::vector<std::int32_t> readers = m_graph.readers();
    std::vector<std::int32_t> readBy(m_graph.values.size(), -1);
    for (std::size_t n = 0; n < m_graph.nodes.size(); ++n) {
        for (const ValueId id : m_graph.nodes[n].inputs) {
            if (id != kNoValue)
                readBy[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(n);
        }
    }
    bool any = false;
    for (Node& node : m_graph.nodes) {
        if (!isConv(node))
            continue;
        // One follower a round: merging makes values that the counts above do not know.
        if (const auto pair = pairOf(node, readers, readBy)) {
            merge(node, *pair);
            any = true;
        }
    }
    std::erase_if(m_graph.nodes, [](const Node& node) { return node.outputs.empty(); });
    return any;
}

} // namespace

void foldConstants(Graph& graph, const KernelTable& table, Foldable what)
{
    Limits limits = graph.limits;
    if (what == Foldable::Numbers)
        limits.elements = std::min(limits.elements, kMostNumbers);
    const torch::NoGradGuard off;
    std::vector<Node> kept;
    for (Node& node : graph.nodes) {
        if (!isFoldable(graph, node, what) || !foldNode(graph, node, table, limits))
            kept.push_back(std::move(node));
    }
    graph.nodes = std::move(kept);
    removeUnread(graph);
}

void foldConvolutions(Graph& graph, const FoldNames& names)
{
    const torch::NoGradGuard off;
    ConvFolder folder(graph, names);
    while (folder.pass()) {
    }
    removeUnread(graph);
}

void layWeightsChannelsLast(Graph& graph, const FoldNames& names)
{
    for (const Node& node : graph.nodes) {
        if (node.op != names.conv || node.inputs.size() < 2 || node.inputs[1] == kNoValue)
            continue;
        torch::Tensor& weight = graph.value(node.inputs[1]).constant;
        if (weight.defined() && weight.dim() == 4)
            weight = weight.detach().contiguous(torch::MemoryFormat::ChannelsLast);
    }
}

} // namespace assay::models::graph
