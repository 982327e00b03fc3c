#pragma once

#include "backend/models/graph/graph.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace assay::models::graph {

using Tensors = std::vector<torch::Tensor>;

/// The inputs of one execution of one node.
class Call
{
public:
    Call(std::span<const torch::Tensor> inputs, bool mayOverwrite, const Limits& limits)
        : m_inputs(inputs)
        , m_mayOverwrite(mayOverwrite)
        , m_limits(limits)
    {}

    std::size_t size() const { return m_inputs.size(); }
    bool has(std::size_t i) const { return i < m_inputs.size() && m_inputs[i].defined(); }
    /// @throws Error when it is left out.
    const torch::Tensor& input(std::size_t i) const;
    /// Input @p i as whole numbers, in row-major order; of an input that KernelInfo::hostInputs names, no
    /// transfer from a device is needed. @throws Error for more than 65536 of them.
    std::vector<std::int64_t> integers(std::size_t i) const;
    std::vector<double> reals(std::size_t i) const;
    /// The first input is read by nobody after this and no gradient needs it: compute in place.
    bool mayOverwrite() const { return m_mayOverwrite; }
    const Limits& limits() const { return m_limits; }

    /// @throws Error when a result of that shape exceeds the limits. Call before allocating it.
    void requireModest(std::span<const std::int64_t> shape) const;
    /// The same for the result of broadcasting two inputs against each other.
    void requireModestBroadcast(const torch::Tensor& a, const torch::Tensor& b) const;

private:
    std::span<const torch::Tensor> m_inputs;
    bool m_mayOverwrite;
    const Limits& m_limits;
};

/// Computes a node's outputs, in the node's order. Thread-safe, changes nothing but (Call::mayOverwrite) its
/// first input.
using Kernel = std::function<Tensors(const Call&)>;

/// Where a kernel is made: one node of one graph. Attributes are read here, once, so that a wrong one is an
/// error when the file is opened and costs nothing in each pass.
struct Site
{
    const Graph& graph;
    const Node& node;

    const Attributes& attributes() const { return node.attributes; }
    int version() const { return graph.version; }
    /// The constant that input @p i is; undefined when it is computed or left out. A weight may be edited
    /// later: read only its shape and type here.
    torch::Tensor constant(std::size_t i) const;
};

/// How a dialect computes one operator.
struct KernelInfo
{
    /// @throws Error when the node cannot be computed as it is described.
    Kernel (*make)(const Site&) = nullptr;
    int minInputs = 1;
    int maxInputs = 1;            ///< -1: any number
    std::uint32_t hostInputs = 0; ///< bit i: input i is read as numbers (shapes, axes), not as data
    bool hostResult = false;      ///< the results are numbers about a value, not data (Shape, Size)
    bool overwrites = false;      ///< makes use of Call::mayOverwrite
    /// The result is fresh memory that no gradient formula of this operator looks at again, so that the next
    /// operator may compute in place.
    bool freshResult = false;
    bool realResult = true; ///< false: the results are whole numbers or truth values
    int since = 0;          ///< first version of the operator set that has it
};

/// The operators that can be computed, by name with dialect. Filled once, read only afterwards.
class KernelTable
{
public:
    explicit KernelTable(std::string dialect)
        : m_dialect(std::move(dialect))
    {}

    /// @param op without the dialect.
    void add(const std::string& op, const KernelInfo& info) { m_infos[m_dialect + "." + op] = info; }
    const KernelInfo* find(const std::string& op) const; ///< with the dialect; nullptr when unknown
    std::vector<std::string> names() const;              ///< without the dialect, in alphabetical order

private:
    std::string m_dialect;
    std::map<std::string, KernelInfo> m_infos;
};

/// A kernel with one result from a function of the call.
template <class Function>
Kernel one(Function function)
{
    return [function](const Call& call) { return Tensors{function(call)}; };
}

} // namespace assay::models::graph
