#include "backend/models/graph/program.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::graph {

namespace {

/// "operator Conv of the node 'conv1'"
std::string labelOf(const Node& node)
{
    const std::string op = node.op.substr(node.op.find('.') + 1).substr(0, 80);
    return "operator " + op + " of the node '" + node.name.substr(0, 80) + "'";
}

std::string withVersion(const Graph& graph, const Node& node)
{
    return labelOf(node) + (graph.version > 0 ? " (opset " + std::to_string(graph.version) + ")" : "");
}

/// What an operator complains of, without the stack that ATen adds and without a full stop.
std::string firstLine(const char* text)
{
    std::string line = text;
    line = line.substr(0, std::min({line.find('\n'), std::size_t(300)}));
    while (line.ends_with('.'))
        line.pop_back();
    return line;
}

const KernelInfo& kernelInfo(const Graph& graph, const Node& node, const KernelTable& table)
{
    const KernelInfo* info = table.find(node.op);
    if (!info || graph.version < info->since)
        throw Error("the " + withVersion(graph, node) + " cannot be computed", graph.source,
                    "docs/models.md lists the operators that can.");
    const auto count = static_cast<int>(node.inputs.size());
    if (count < info->minInputs || (info->maxInputs >= 0 && count > info->maxInputs))
        throw Error("the " + withVersion(graph, node) + " has " + std::to_string(count) + " inputs",
                    graph.source);
    return *info;
}

/// The nodes that the outputs depend on, in order.
std::vector<std::size_t> neededNodes(const Graph& graph, std::span<const ValueId> outputs)
{
    std::vector<std::uint8_t> needed(graph.values.size(), 0);
    for (const ValueId id : outputs)
        needed[slot(id)] = 1;
    std::vector<std::size_t> result;
    for (std::size_t n = graph.nodes.size(); n-- > 0;) {
        const Node& node = graph.nodes[n];
        if (std::none_of(node.outputs.begin(), node.outputs.end(),
                         [&](ValueId id) { return id != kNoValue && needed[slot(id)]; }))
            continue;
        result.push_back(n);
        for (const ValueId id : node.inputs) {
            if (id != kNoValue)
                needed[slot(id)] = 1;
        }
    }
    std::reverse(result.begin(), result.end());
    return result;
}

bool isHostInput(const KernelInfo& info, std::size_t i)
{
    return i < 32 && (info.hostInputs >> i & 1U) != 0;
}

} // namespace

Program::Program(const Graph& graph, const KernelTable& table, std::span<const ValueId> outputs)
    : m_source(graph.source)
    , m_limits(graph.limits)
    , m_inputs(graph.inputs)
    , m_outputs(outputs.begin(), outputs.end())
    , m_kinds(graph.values.size(), Kind::Unknown)
    , m_host(graph.values.size())
    , m_data(graph.values.size())
{
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (graph.values[i].constant.defined())
            m_kinds[i] = Kind::Constant;
    }
    for (const ValueId id : m_inputs)
        m_kinds[slot(id)] = Kind::Data;
    const std::vector<std::size_t> nodes = neededNodes(graph, outputs);
    for (const std::size_t n : nodes)
        addStep(graph, graph.nodes[n], table);
    for (const ValueId id : m_outputs) {
        if (m_kinds[slot(id)] == Kind::Constant && !m_data[slot(id)].defined()) {
            m_data[slot(id)] = graph.value(id).constant;
            m_dataConstants.push_back(id);
        }
    }
    planReleases(graph, table, nodes);
}

void Program::addStep(const Graph& graph, const Node& node, const KernelTable& table)
{
    const KernelInfo& info = kernelInfo(graph, node, table);
    Step step{.label = labelOf(node), .inputs = node.inputs, .outputs = node.outputs};
    try {
        step.kernel = info.make({graph, node});
    } catch (const std::exception& error) {
        throw Error("the " + withVersion(graph, node) + " cannot be computed: " + firstLine(error.what()),
                    graph.source);
    }
    // Data if anything it computes with is: shapes are followed on the host until they meet data.
    Kind kind = Kind::Host;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        if (id == kNoValue || isHostInput(info, i) || info.hostResult)
            continue;
        if (m_kinds[slot(id)] == Kind::Data || graph.value(id).weight)
            kind = Kind::Data;
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        // Of a value's shape, it does not matter where the value lies.
        const bool host = (isHostInput(info, i) || kind == Kind::Host) && !info.hostResult;
        step.onHost.push_back(host);
        if (id == kNoValue || m_kinds[slot(id)] != Kind::Constant)
            continue;
        if (host) {
            if (!m_host[slot(id)].defined())
                m_host[slot(id)] = graph.value(id).constant.detach().cpu().clone();
        } else if (!m_data[slot(id)].defined()) {
            m_data[slot(id)] = graph.value(id).constant;
            m_dataConstants.push_back(id);
        }
    }
    for (const ValueId id : node.outputs) {
        if (id != kNoValue)
            m_kinds[slot(id)] = kind;
    }
    m_steps.push_back(std::move(step));
}

void Program::planReleases(const Graph& graph, const KernelTable& table, std::span<const std::size_t> nodes)
{
    std::vector<std::int32_t> reads(graph.values.size(), 0);
    std::vector<std::uint8_t> fresh(graph.values.size(), 0);
    for (const Step& step : m_steps) {
        for (const ValueId id : step.inputs) {
            if (id != kNoValue)
                ++reads[slot(id)];
        }
    }
    std::vector<std::int32_t> left = reads;
    std::vector<std::uint8_t> kept(graph.values.size(), 0);
    for (const ValueId id : m_outputs)
        kept[slot(id)] = 1;
    for (std::size_t s = 0; s < m_steps.size(); ++s) {
        Step& step = m_steps[s];
        const KernelInfo& info = *table.find(graph.nodes[nodes[s]].op);
        const ValueId first = step.inputs.empty() ? kNoValue : step.inputs.front();
        step.overwrites = info.overwrites && first != kNoValue && fresh[slot(first)] &&
                          reads[slot(first)] == 1 && !kept[slot(first)];
        for (const ValueId id : step.inputs) {
            if (id != kNoValue && --left[slot(id)] == 0 && !kept[slot(id)] &&
                m_kinds[slot(id)] != Kind::Constant)
                step.released.push_back(id);
        }
        for (const ValueId id : step.outputs) {
            if (id == kNoValue)
                continue;
            fresh[slot(id)] = info.freshResult;
            if (reads[slot(id)] == 0 && !kept[slot(id)])
                step.released.push_back(id);
        }
    }
}

Tensors Program::run(std::span<const torch::Tensor> inputs, const Observer* observer) const
{
    TORCH_CHECK(inputs.size() == m_inputs.size(), "the graph has ", m_inputs.size(), " inputs, not ",
                inputs.size());
    Pass pass{std::vector<torch::Tensor>(m_kinds.size()), torch::kCPU, observer};
    if (!m_dataConstants.empty())
        pass.device = dataConstant(m_dataConstants.front()).device();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        pass.values[slot(m_inputs[i])] = inputs[i];
        if (inputs[i].defined())
            pass.device = inputs[i].device();
    }
    for (const Step& step : m_steps)
        execute(step, pass);
    Tensors result;
    for (const ValueId id : m_outputs)
        result.push_back(m_kinds[slot(id)] == Kind::Constant ? m_data[slot(id)] : pass.values[slot(id)]);
    return result;
}

torch::Tensor Program::fetch(ValueId id, bool onHost, const Pass& pass) const
{
    if (id == kNoValue)
        return {};
    const torch::Tensor& value = pass.values[slot(id)];
    switch (m_kinds[slot(id)]) {
    case Kind::Constant:
        return onHost ? m_host[slot(id)] : m_data[slot(id)];
    case Kind::Host:
        return onHost ? value : value.to(pass.device);
    default:
        return onHost ? value.cpu() : value;
    }
}

void Program::execute(const Step& step, Pass& pass) const
{
    c10::SmallVector<torch::Tensor, 6> inputs(step.inputs.size());
    try {
        for (std::size_t i = 0; i < step.inputs.size(); ++i)
            inputs[i] = fetch(step.inputs[i], step.onHost[i], pass);
        Tensors outputs = step.kernel({std::span<const torch::Tensor>(inputs.data(), inputs.size()),
                                       step.overwrites && !pass.observer, m_limits});
        TORCH_CHECK(outputs.size() >= step.outputs.size(), "it has ", step.outputs.size(),
                    " outputs, of which ", outputs.size(), " can be computed");
        for (std::size_t i = 0; i < step.outputs.size(); ++i) {
            if (step.outputs[i] != kNoValue)
                pass.values[slot(step.outputs[i])] = std::move(outputs[i]);
        }
    } catch (const std::exception& error) {
        throw Error("the " + step.label + " failed: " + firstLine(error.what()), m_source);
    }
    if (pass.observer) {
        for (const ValueId id : step.outputs) {
            if (id != kNoValue)
                (*pass.observer)(id, pass.values[slot(id)]);
        }
    }
    for (const ValueId id : step.released)
        pass.values[slot(id)] = torch::Tensor();
}

} // namespace assay::models::graph
