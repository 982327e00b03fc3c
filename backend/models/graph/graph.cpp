#include "backend/models/graph/graph.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace assay::models::graph {

namespace {

std::string inQuotes(const std::string& name)
{
    return "'" + name.substr(0, 80) + "'";
}

/// Every value is made once at most and, where it is read, at least.
void checkAssignments(const Graph& graph)
{
    std::vector<std::uint8_t> known(graph.values.size(), 0);
    for (const ValueId id : graph.inputs)
        known[static_cast<std::size_t>(id)] = 1;
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (graph.values[i].constant.defined())
            known[i] = 1;
    }
    for (const Node& node : graph.nodes) {
        for (const ValueId id : node.outputs) {
            if (id == kNoValue)
                continue;
            if (known[static_cast<std::size_t>(id)]++)
                throw Error("the value " + inQuotes(graph.value(id).name) + " is made twice", graph.source);
        }
    }
    const auto read = [&](ValueId id, const std::string& reader) {
        if (id != kNoValue && !known[static_cast<std::size_t>(id)])
            throw Error(reader + " reads the value " + inQuotes(graph.value(id).name) +
                            ", which nothing makes",
                        graph.source, "The file is damaged; export it again.");
    };
    for (const Node& node : graph.nodes) {
        for (const ValueId id : node.inputs)
            read(id, "the node " + inQuotes(node.name));
    }
    for (const ValueId id : graph.outputs)
        read(id, "the graph's output");
}

} // namespace

ValueId Graph::addValue(std::string name)
{
    values.push_back({.name = std::move(name)});
    return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::find(std::string_view name) const
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].name == name)
            return static_cast<ValueId>(i);
    }
    return kNoValue;
}

std::vector<std::int32_t> Graph::producers() const
{
    std::vector<std::int32_t> makers(values.size(), -1);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        for (const ValueId id : nodes[n].outputs) {
            if (id != kNoValue)
                makers[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(n);
        }
    }
    return makers;
}

std::vector<std::int32_t> Graph::readers() const
{
    std::vector<std::int32_t> counts(values.size(), 0);
    for (const Node& node : nodes) {
        for (const ValueId id : node.inputs) {
            if (id != kNoValue)
                ++counts[static_cast<std::size_t>(id)];
        }
    }
    for (const ValueId id : outputs)
        ++counts[static_cast<std::size_t>(id)];
    return counts;
}

void sortNodes(Graph& graph)
{
    if (graph.nodes.size() > graph.limits.nodes || graph.values.size() > graph.limits.values)
        throw Error("has " + std::to_string(graph.nodes.size()) + " nodes and " +
                        std::to_string(graph.values.size()) + " values; at most " +
                        std::to_string(graph.limits.nodes) + " and " + std::to_string(graph.limits.values) +
                        " are read",
                    graph.source);
    const std::vector<std::int32_t> makers = graph.producers();
    checkAssignments(graph);

    std::vector<std::vector<std::size_t>> followers(graph.nodes.size());
    std::vector<std::size_t> waiting(graph.nodes.size(), 0);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        for (const ValueId id : graph.nodes[n].inputs) {
            if (id == kNoValue || makers[static_cast<std::size_t>(id)] < 0)
                continue;
            followers[static_cast<std::size_t>(makers[static_cast<std::size_t>(id)])].push_back(n);
            ++waiting[n];
        }
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        if (waiting[n] == 0)
            ready.push(n);
    }
    std::vector<Node> sorted;
    sorted.reserve(graph.nodes.size());
    while (!ready.empty()) {
        const std::size_t n = ready.top();
        ready.pop();
        sorted.push_back(std::move(graph.nodes[n]));
        for (const std::size_t follower : followers[n]) {
            if (--waiting[follower] == 0)
                ready.push(follower);
        }
    }
    if (sorted.size() != followers.size())
        throw Error("the graph runs in a circle", graph.source, "Networks with loops cannot be run.");
    graph.nodes = std::move(sorted);
}

void removeUnread(Graph& graph)
{
    std::vector<std::uint8_t> needed(graph.values.size(), 0);
    for (const ValueId id : graph.outputs)
        needed[static_cast<std::size_t>(id)] = 1;
    std::vector<Node> kept;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        const bool wanted = std::any_of(node->outputs.begin(), node->outputs.end(), [&](ValueId id) {
            return id != kNoValue && needed[static_cast<std::size_t>(id)];
        });
        if (!wanted)
            continue;
        for (const ValueId id : node->inputs) {
            if (id != kNoValue)
                needed[static_cast<std::size_t>(id)] = 1;
        }
        kept.push_back(std::move(*node));
    }
    std::reverse(kept.begin(), kept.end());
    graph.nodes = std::move(kept);
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (!needed[i])
            graph.values[i].constant = torch::Tensor();
    }
}

} // namespace assay::models::graph
