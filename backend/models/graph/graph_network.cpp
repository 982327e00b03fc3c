#include "backend/models/graph/graph_network.h"

#include "backend/protocol/error.h"

#include <torch/nn.h>

#include <algorithm>
#include <array>
#include <limits>

namespace assay::models::graph {

namespace {

constexpr const char* kWeights = "weights";

bool contains(const std::vector<std::string>& names, const std::string& name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// A name that LibTorch takes: without dots, and used once.
std::string registeredName(const std::string& name, ValueId id)
{
    std::string result = name + "#" + std::to_string(id);
    std::replace(result.begin(), result.end(), '.', '/');
    return result;
}

/// [N,K,1,1] and the like as [N,K].
torch::Tensor asLogits(const torch::Tensor& output, const std::string& source)
{
    torch::Tensor result = output;
    while (result.dim() > 2 && result.size(-1) == 1)
        result = result.squeeze(-1);
    if (result.dim() != 2) {
        std::string shape;
        for (const std::int64_t size : output.sizes())
            shape += (shape.empty() ? "" : "x") + std::to_string(size);
        throw Error("the output has the shape [" + shape + "], but a classifier's is [images x classes]",
                    source);
    }
    return result.is_floating_point() ? result : result.to(torch::kFloat32);
}

/// Gathers what is tapped in several pieces of a batch.
class TapCollector
{
public:
    void add(std::size_t index, const torch::Tensor& value) { m_pieces[index].push_back(value); }

    torch::Tensor joined(std::size_t index, std::int64_t batch, std::int64_t images) const
    {
        const auto found = m_pieces.find(index);
        if (found == m_pieces.end())
            return {};
        if (found->second.size() == 1 && batch <= 0)
            return found->second.front();
        const bool perImage = std::all_of(found->second.begin(), found->second.end(), [&](const auto& piece) {
            return piece.dim() > 0 && piece.size(0) == batch;
        });
        // What does not depend on the images is the same in every piece.
        if (!perImage)
            return found->second.front();
        const torch::Tensor all = torch::cat(found->second);
        return all.narrow(0, 0, std::min(images, all.size(0)));
    }

private:
    std::map<std::size_t, std::vector<torch::Tensor>> m_pieces;
};

Graph withOwnTensors(Graph graph)
{
    for (Value& value : graph.values) {
        if (value.constant.defined())
            value.constant = value.constant.detach().clone();
    }
    return graph;
}

} // namespace

ValueId logitsOutput(const Graph& graph)
{
    if (graph.outputs.empty())
        throw Error("the graph has no output", graph.source, "The file is damaged; export it again.");
    for (const ValueId id : graph.outputs) {
        const Value& value = graph.value(id);
        if (value.shape && value.shape->size() == 2)
            return id;
    }
    return graph.outputs.front();
}

GraphNetwork::GraphNetwork(Graph graph, const Dialect& dialect, GraphOptions options)
    : m_graph(std::move(graph))
    , m_dialect(dialect)
    , m_options(std::move(options))
    , m_adapter(m_options.input, m_graph.source)
{
    chooseOutputs();
    foldConstants(m_graph, dialect.kernels(), Foldable::Numbers);
    if (!m_options.layout)
        dropSoftmax();
    build();
    chooseTaps();
}

GraphNetwork::GraphNetwork(const GraphNetwork& other, Graph graph)
    : m_graph(std::move(graph))
    , m_dialect(other.m_dialect)
    , m_options(other.m_options)
    , m_adapter(other.m_adapter)
    , m_endsInSoftmax(other.m_endsInSoftmax)
    , m_answer(other.m_answer)
    , m_taps(other.m_taps)
{
    build();
}

void GraphNetwork::chooseOutputs()
{
    const auto named = [&](const std::string& name) {
        const auto found = std::find_if(m_graph.outputs.begin(), m_graph.outputs.end(),
                                        [&](ValueId id) { return m_graph.value(id).name == name; });
        if (found == m_graph.outputs.end())
            throw Error("there is no output '" + name.substr(0, 80) + "'", m_graph.source);
        return *found;
    };
    if (m_options.layout && !m_options.layout->outputs.empty()) {
        for (const std::string& name : m_options.layout->outputs)
            m_answer.push_back(named(name));
    } else {
        m_answer = {m_options.output.empty() ? logitsOutput(m_graph) : named(m_options.output)};
    }
}

void GraphNetwork::dropSoftmax()
{
    for (const Node& node : m_graph.nodes) {
        if (node.op != m_dialect.softmax || node.outputs.front() != m_answer.front() || node.inputs.empty())
            continue;
        const std::int64_t axis = node.attributes.integer("axis", -1);
        if (axis != 1 && axis != -1)
            return;
        m_answer = {node.inputs.front()};
        m_endsInSoftmax = true;
        return;
    }
}

void GraphNetwork::build()
{
    m_program = std::make_unique<Program>(m_graph, m_dialect.kernels(), m_answer);
    m_all = std::make_unique<Program>(m_graph, m_dialect.kernels(), m_graph.outputs);
    // LibTorch forgets no parameter; it does forget a module.
    const auto weights = std::make_shared<torch::nn::Module>();
    if (named_children().contains(kWeights))
        replace_module(kWeights, weights);
    else
        register_module(kWeights, weights);
    for (const ValueId id : m_all->dataConstants()) {
        const Value& value = m_graph.value(id);
        if (!value.constant.is_floating_point())
            continue;
        // Parameters are what a file calls weights; other numbers only follow the device.
        if (value.weight)
            weights->register_parameter(registeredName(value.name, id), value.constant, false);
        else
            weights->register_buffer(registeredName(value.name, id), value.constant);
    }
}

std::vector<ValueId> GraphNetwork::candidates(const Graph& graph, const Program& program) const
{
    ValueId features = kNoValue;
    std::vector<ValueId> result;
    for (const Node& node : graph.nodes) {
        const bool computed = std::any_of(node.outputs.begin(), node.outputs.end(),
                                          [&](ValueId id) { return id != kNoValue && program.isData(id); });
        if (!computed)
            continue;
        if (contains(m_dialect.weighted, node.op) && !node.inputs.empty() &&
            program.isData(node.inputs.front()))
            features = node.inputs.front();
        const KernelInfo* info = m_dialect.kernels().find(node.op);
        for (const ValueId id : node.outputs) {
            if (id == kNoValue || !info->realResult)
                continue;
            const auto& type = graph.value(id).type;
            if (!type || c10::isFloatingType(*type))
                result.push_back(id);
        }
    }
    const auto last = std::find(result.begin(), result.end(), features);
    if (last != result.end())
        result.erase(last + 1, result.end());
    return result;
}

void GraphNetwork::chooseTaps()
{
    // A Model taps the folded network: what is offered must be there, too.
    Graph folded = m_graph;
    foldConstants(folded, m_dialect.kernels(), Foldable::WeightsToo);
    foldConvolutions(folded, m_dialect.fold);
    const std::vector<ValueId> kept = candidates(folded, Program(folded, m_dialect.kernels(), m_answer));
    for (const ValueId id : candidates(m_graph, *m_program)) {
        if (std::find(kept.begin(), kept.end(), id) != kept.end())
            m_taps.push_back(id);
    }
}

torch::Tensor GraphNetwork::imageInput(const torch::Tensor& x) const
{
    if (m_graph.inputs.size() != 1)
        throw Error("takes " + std::to_string(m_graph.inputs.size()) + " inputs, but a classifier takes one",
                    m_graph.source);
    torch::Tensor image = m_graph.channelsLast ? x.permute({0, 2, 3, 1}) : x.contiguous();
    const auto& type = m_graph.value(m_graph.inputs.front()).type;
    if (type && c10::isFloatingType(*type))
        image = image.to(*type);
    return image;
}

torch::Tensor GraphNetwork::channelsSecond(const torch::Tensor& value) const
{
    return m_graph.channelsLast && value.dim() == 4 ? value.permute({0, 3, 1, 2}) : value;
}

torch::Tensor GraphNetwork::runRaw(const torch::Tensor& x, const Observer* observer) const
{
    const std::array<torch::Tensor, 1> inputs = {imageInput(x)};
    const Tensors outputs = m_program->run(inputs, observer);
    if (!m_options.layout)
        return asLogits(outputs.front(), m_graph.source);
    std::vector<torch::Tensor> parts;
    for (const torch::Tensor& output : outputs)
        parts.push_back(channelsSecond(output).to(torch::kFloat32));
    return joinedAnswer(parts, *m_options.layout, m_graph.source);
}

AnswerParts GraphNetwork::answerParts(const torch::Tensor& x) const
{
    const std::array<torch::Tensor, 1> inputs = {imageInput(x)};
    const Tensors outputs = m_all->run(inputs);
    AnswerParts parts;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        parts.emplace_back(m_graph.value(m_graph.outputs[i]).name, channelsSecond(outputs[i]));
    return parts;
}

torch::Tensor GraphNetwork::forward(const torch::Tensor& x, const TapSink* sink)
{
    TapCollector collector;
    std::vector<std::int32_t> indexOf;
    if (sink) {
        indexOf.assign(m_graph.values.size(), -1);
        for (std::size_t i = 0; i < m_taps.size(); ++i)
            indexOf[slot(m_taps[i])] = static_cast<std::int32_t>(i);
    }
    const Observer observer = [&](ValueId id, const torch::Tensor& value) {
        if (indexOf[slot(id)] >= 0 && value.is_floating_point())
            collector.add(static_cast<std::size_t>(indexOf[slot(id)]), value);
    };
    const torch::Tensor logits = inBatchesOf(m_options.batch, m_adapter(x), [&](const torch::Tensor& part) {
        const torch::Tensor rows = runRaw(part, sink ? &observer : nullptr);
        // A probability that has become zero keeps a finite logarithm: the smallest normal float.
        return m_options.probabilities ? rows.clamp_min(std::numeric_limits<float>::min()).log() : rows;
    });
    for (std::size_t i = 0; sink && i < m_taps.size(); ++i) {
        const torch::Tensor value = collector.joined(i, m_options.batch, x.size(0));
        if (value.defined())
            (*sink)(m_graph.value(m_taps[i]).name, value);
    }
    return logits;
}

std::vector<std::string> GraphNetwork::taps() const
{
    std::vector<std::string> names;
    for (const ValueId id : m_taps)
        names.push_back(m_graph.value(id).name);
    return names;
}

void GraphNetwork::fold()
{
    foldConstants(m_graph, m_dialect.kernels(), Foldable::WeightsToo);
    foldConvolutions(m_graph, m_dialect.fold);
    layWeightsChannelsLast(m_graph, m_dialect.fold);
    build();
}

NamedTensors GraphNetwork::persistent() const
{
    NamedTensors result;
    std::vector<std::uint8_t> used(m_graph.values.size(), 0);
    for (const ValueId id : m_all->dataConstants())
        used[slot(id)] = 1;
    for (std::size_t i = 0; i < m_graph.values.size(); ++i) {
        const Value& value = m_graph.values[i];
        if (used[i] && value.weight && value.constant.is_floating_point())
            result.emplace_back(value.name, value.constant.detach());
    }
    return result;
}

std::int64_t GraphNetwork::parameterCount() const
{
    std::int64_t count = 0;
    for (const auto& [name, tensor] : persistent())
        count += tensor.numel();
    return count;
}

std::shared_ptr<Network> GraphNetwork::copy() const
{
    return std::shared_ptr<Network>(new GraphNetwork(*this, withOwnTensors(m_graph)));
}

void GraphNetwork::to(torch::Device device, bool nonBlocking)
{
    Network::to(device, nonBlocking);
    // Tables of indices are no module's parameters in LibTorch's eyes, since a change of type would reach
    // them.
    for (const ValueId id : m_all->dataConstants()) {
        torch::Tensor constant = m_graph.value(id).constant;
        if (constant.device() != device)
            constant.set_data(constant.to(device, nonBlocking));
    }
    m_adapter.to(device);
}

std::map<std::string, torch::Tensor>
GraphNetwork::run(const std::map<std::string, torch::Tensor>& inputs) const
{
    std::vector<torch::Tensor> ordered;
    for (const ValueId id : m_graph.inputs) {
        const auto found = inputs.find(m_graph.value(id).name);
        if (found == inputs.end())
            throw Error("the input '" + m_graph.value(id).name.substr(0, 80) + "' is not given",
                        m_graph.source);
        ordered.push_back(found->second);
    }
    for (const auto& [name, value] : inputs) {
        if (std::none_of(m_graph.inputs.begin(), m_graph.inputs.end(),
                         [&](ValueId id) { return m_graph.value(id).name == name; }))
            throw Error("there is no input '" + name.substr(0, 80) + "'", m_graph.source);
    }
    const Tensors outputs = m_all->run(ordered);
    std::map<std::string, torch::Tensor> result;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        result[m_graph.value(m_graph.outputs[i]).name] = outputs[i];
    return result;
}

} // namespace assay::models::graph
