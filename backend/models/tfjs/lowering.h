#pragma once

#include "backend/models/tfjs/tfjs_graph.h"

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace assay::models::tfjs {

/// Makes a graph of a TensorFlow model, node by node; used once. The rules per operator are in
/// rules_arithmetic.cpp, rules_arrays.cpp and rules_windows.cpp and use the functions below, which speak of
/// the node at hand.
class Lowering
{
public:
    Lowering(const TfModel& model, const std::string& source);

    graph::Graph run();

    using Attributes = std::vector<std::pair<std::string, graph::Attribute>>;
    using Rule = std::function<void(Lowering&, const TfNode&)>;
    using Rules = std::map<std::string, Rule>;
    static const Rules& rules();

    const std::string& input(std::size_t i) const;
    /// A value in TensorFlow's order of axes; and one of four axes as [N,C,H,W].
    graph::ValueId plain(const std::string& name);
    graph::ValueId image(const std::string& name);
    /// Input @p i, which must be a constant. @throws Error otherwise; so all that read constants.
    torch::Tensor constant(std::size_t i) const;
    std::vector<std::int64_t> numbers(std::size_t i) const;
    graph::ValueId made(const std::string& name, const torch::Tensor& constant, bool weight);
    graph::ValueId numbersMade(const std::vector<std::int64_t>& values);

    void add(const std::string& op, std::vector<graph::ValueId> inputs, std::vector<graph::ValueId> outputs,
             Attributes attributes = {});
    /// A step on the way, whose result has no name in the file.
    graph::ValueId step(const std::string& op, std::vector<graph::ValueId> inputs,
                        Attributes attributes = {});
    /// The node's (first) result.
    void result(const std::string& op, std::vector<graph::ValueId> inputs, Attributes attributes = {});
    /// The node's result is @p value, which is made already, as [N,C,H,W].
    void resultImage(graph::ValueId value);
    /// @param argument index of the input that holds the slopes of Prelu
    graph::ValueId activated(graph::ValueId value, const std::string& activation, bool isImage,
                             std::size_t argument);
    graph::ValueId clipped(graph::ValueId value, double low, double high);

    [[noreturn]] void fail(const std::string& what) const;

private:
    struct Place
    {
        graph::ValueId plain = graph::kNoValue;
        graph::ValueId image = graph::kNoValue;
    };

    void addInput(const TfNode& node);

    const TfModel& m_model;
    graph::Graph m_graph;
    const TfNode* m_node = nullptr;
    std::unordered_map<std::string, Place> m_places;
    std::unordered_map<std::string, torch::Tensor> m_constants;
};

// By subject; called once, by Lowering::rules().
void addWindowRules(Lowering::Rules& rules);
void addArrayRules(Lowering::Rules& rules);
void addArithmeticRules(Lowering::Rules& rules);

} // namespace assay::models::tfjs
