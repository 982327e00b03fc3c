#pragma once

#include "backend/models/detection/answer_layout.h"
#include "backend/models/detection/output_layout.h"
#include "backend/models/graph/kernel.h"
#include "backend/models/graph/passes.h"
#include "backend/models/graph/program.h"
#include "backend/models/input_adapter.h"
#include "backend/models/model.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::models::graph {

/// What a dialect of graphs adds to the shared executor.
struct Dialect
{
    const KernelTable& (*kernels)();
    FoldNames fold;
    std::string softmax;               ///< taken off at the end: its input is the logits
    std::vector<std::string> weighted; ///< operators with weights; the input of the last one is the features
};

struct GraphOptions
{
    InputSpec input;
    /// Images the file insists on at a time; 0: any number.
    std::int64_t batch = 0;
    /// Rows are probabilities, of which the logarithm is taken.
    bool probabilities = false;
    /// The name of the output that is the logits; empty: found by logitsOutput().
    std::string output;
    /// Of a detector: the answer is what the outputs named in the layout hold, joined, and is neither made
    /// logits nor looked at for a softmax.
    std::optional<OutputLayout> layout;
};

/// The output that classifies: the only one, else the one declared [N,K], else the first.
/// @throws Error without outputs.
ValueId logitsOutput(const Graph& graph);

/// A network that is a graph. forward() takes the graph's only image input, applies the InputSpec, and gives
/// the logits; run() gives every output of detectors and the like. An image input declared as whole numbers
/// gets floats all the same, unrounded, so that gradients reach the pixels.
class GraphNetwork final : public Network
{
public:
    /// @param graph sorted; numbers are folded here. @throws Error for operators unknown or wrongly used.
    GraphNetwork(Graph graph, const Dialect& dialect, GraphOptions options);

    /// Logits [N,K]: trailing axes of one element are taken off; of a detector its answer as the layout has
    /// it. @throws Error when the graph takes several inputs or its output has another shape.
    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) override;
    /// Every floating-point result up to the input of the last weighted operator, the features, except
    /// those that fold() does away with. Names are those of the file's values.
    std::vector<std::string> taps() const override;
    void fold() override;
    /// Floating-point weights under their names.
    NamedTensors persistent() const override;
    std::shared_ptr<Network> copy() const override;

    using Network::to;
    void to(torch::Device device, bool nonBlocking = false) override;

    /// Every output of the graph by name, for inputs by name as the file takes them (no InputSpec, no
    /// batching). @throws Error for a missing or unknown input.
    std::map<std::string, torch::Tensor> run(const std::map<std::string, torch::Tensor>& inputs) const;
    /// forward() for an image input as the file takes it, [N,C,H,W] in that order whatever the file's,
    /// without the InputSpec and without the logarithm; each value is reported as it is computed.
    torch::Tensor runRaw(const torch::Tensor& x, const Observer* observer = nullptr) const;
    /// Every output for such an input; maps come with their channels second whatever the file's order.
    AnswerParts answerParts(const torch::Tensor& x) const;

    const Graph& graph() const { return m_graph; }
    const Dialect& dialect() const { return m_dialect; }
    bool endsInSoftmax() const { return m_endsInSoftmax; }
    /// Whether the value is computed from the images on the way to the logits.
    bool isData(ValueId id) const { return m_program->isData(id); }
    std::int64_t parameterCount() const;

private:
    /// A copy of @p other's structure with @p graph; nothing is chosen anew.
    GraphNetwork(const GraphNetwork& other, Graph graph);

    void chooseOutputs();
    void dropSoftmax();
    torch::Tensor imageInput(const torch::Tensor& x) const;
    torch::Tensor channelsSecond(const torch::Tensor& value) const;
    void build();
    std::vector<ValueId> candidates(const Graph& graph, const Program& program) const;
    void chooseTaps();

    Graph m_graph;
    const Dialect& m_dialect;
    GraphOptions m_options;
    InputAdapter m_adapter;
    bool m_endsInSoftmax = false;
    std::vector<ValueId> m_answer;      ///< the logits, or the parts of a detector's answer
    std::vector<ValueId> m_taps;        ///< in the order in which they are computed
    std::unique_ptr<Program> m_program; ///< for the logits
    std::unique_ptr<Program> m_all;     ///< for every output
};

} // namespace assay::models::graph
