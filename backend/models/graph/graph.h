#pragma once

#include "backend/models/graph/attributes.h"

#include <c10/core/ScalarType.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Networks that come as a graph of operators, whatever file they were read from (ONNX, TF.js): a reader
/// fills a Graph, a dialect's KernelTable says how each operator is computed on ATen, a Program runs it.
/// Whatever is computed can be differentiated.
namespace assay::models::graph {

/// Index into Graph::values.
using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1; ///< an optional input that is left out

/// The place of a value in lists with one entry for each value.
inline std::size_t slot(ValueId id)
{
    return static_cast<std::size_t>(id);
}

/// Something that flows along an edge.
struct Value
{
    std::string name;
    torch::Tensor constant; ///< of weights and constants; undefined of what is computed
    /// A constant the file carries as a weight: it is saved, shown and edited under its name, and never
    /// computed away before fold().
    bool weight = false;
    std::optional<std::vector<std::int64_t>> shape; ///< as declared; -1 for what is open
    std::optional<c10::ScalarType> type;            ///< as declared
};

/// One operation.
struct Node
{
    std::string op; ///< with its dialect: "onnx.Conv", "tf.Conv2D"
    std::string name;
    std::vector<ValueId> inputs; ///< kNoValue where left out
    std::vector<ValueId> outputs;
    Attributes attributes;
};

/// Bounds on what a file from outside may ask for.
struct Limits
{
    std::size_t nodes = 100'000;
    std::size_t values = 400'000;
    std::int64_t rank = 12;
    /// Of a result whose size does not follow from the sizes of the inputs alone (Expand, Resize, ...) or
    /// that multiplies them (broadcasting).
    std::int64_t elements = std::int64_t(1) << 28;
};

/// A network as a graph in static single assignment: each value is an input, a constant or the output of
/// exactly one node. Copying shares the tensors of constants.
struct Graph
{
    std::string source; ///< the file, for messages
    int version = 0;    ///< of the operator set, by which kernels are chosen; 0 in dialects without
    std::vector<Value> values;
    std::vector<Node> nodes;
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;
    /// Where the channels of an image input are: [N,H,W,C] instead of [N,C,H,W].
    bool channelsLast = false;
    Limits limits;

    ValueId addValue(std::string name);
    const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
    /// The first value of that name, or kNoValue. Linear: for readers, keep an index of your own.
    ValueId find(std::string_view name) const;
    /// For every value the node that makes it, or -1.
    std::vector<std::int32_t> producers() const;
    /// For every value how many node inputs and graph outputs read it.
    std::vector<std::int32_t> readers() const;
};

/// Puts the nodes into an order in which every value is made before it is read, keeping the given order as
/// far as possible.
/// @throws Error when a value has two makers, is read but never made, or the graph has a cycle, or a limit is
/// exceeded.
void sortNodes(Graph& graph);

/// Takes out the nodes and then the constants that nothing needed for the outputs reads. The order stays;
/// values keep their ids.
void removeUnread(Graph& graph);

} // namespace assay::models::graph
