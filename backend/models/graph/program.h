#pragma once

#include "backend/models/graph/kernel.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace assay::models::graph {

/// Told of every value as it is computed. Do not write to it.
using Observer = std::function<void(ValueId id, const torch::Tensor& value)>;

/// A graph made ready to run for some of its values: the nodes they need in order, each with its kernel, and
/// for each the values nobody reads after it, which are let go at once.
///
/// Data live on the device of the inputs. Numbers (shapes and what is computed from them alone) live in host
/// memory all the way, so that a pass makes no round trip; a kernel that reads data as numbers makes one.
/// run() may be called from several threads at once.
class Program
{
public:
    /// @param graph its nodes must be sorted; constants are shared with it, nothing else is kept.
    /// @throws Error naming the operator, its node and the version of the operator set when the table has
    /// none, or a node does not fit its operator.
    Program(const Graph& graph, const KernelTable& table, std::span<const ValueId> outputs);

    /// The outputs asked for, in order. @param inputs one for each of the graph's inputs, in order; those
    /// that the outputs do not depend on may be undefined. Differentiable in each of them.
    /// @param observer turns computing in place off.
    /// @throws Error naming the node that could not be computed.
    Tensors run(std::span<const torch::Tensor> inputs, const Observer* observer = nullptr) const;

    /// Constants that are needed as data, for the owner to move between devices (set_data keeps the handles
    /// valid), each once. Numbers are copies of their own.
    const std::vector<ValueId>& dataConstants() const { return m_dataConstants; }
    torch::Tensor dataConstant(ValueId id) const { return m_data[static_cast<std::size_t>(id)]; }
    /// Whether the value is data rather than numbers held on the host; false for what is not computed here.
    bool isData(ValueId id) const
    {
        return id != kNoValue && m_kinds[static_cast<std::size_t>(id)] == Kind::Data;
    }
    std::size_t stepCount() const { return m_steps.size(); }

private:
    enum class Kind : std::uint8_t { Unknown, Constant, Host, Data };

    struct Step
    {
        std::string label; ///< for messages
        Kernel kernel;
        std::vector<ValueId> inputs;
        std::vector<std::uint8_t> onHost; ///< whether each input is wanted in host memory
        std::vector<ValueId> outputs;
        std::vector<ValueId> released;
        bool overwrites = false;
    };

    /// What belongs to one call of run().
    struct Pass
    {
        std::vector<torch::Tensor> values;
        torch::Device device;
        const Observer* observer;
    };

    void addStep(const Graph& graph, const Node& node, const KernelTable& table);
    void planReleases(const Graph& graph, const KernelTable& table, std::span<const std::size_t> nodes);
    torch::Tensor fetch(ValueId id, bool onHost, const Pass& pass) const;
    void execute(const Step& step, Pass& pass) const;

    std::string m_source;
    Limits m_limits;
    std::vector<Step> m_steps;
    std::vector<ValueId> m_inputs;
    std::vector<ValueId> m_outputs;
    std::vector<Kind> m_kinds;
    std::vector<torch::Tensor> m_host; ///< constants as numbers, by value id
    std::vector<torch::Tensor> m_data; ///< constants as data, by value id
    std::vector<ValueId> m_dataConstants;
};

} // namespace assay::models::graph
