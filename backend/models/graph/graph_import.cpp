#include "backend/models/graph/graph_import.h"

#include "backend/models/detection/detector_import.h"
#include "backend/models/formats/input_probe.h"
#include "backend/models/graph/graph_probe.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <algorithm>
#include <map>

namespace assay::models::graph {

namespace {

using Level = protocol::Finding::Level;

std::string shapeText(const Value& value)
{
    if (!value.shape)
        return "?";
    std::string text;
    for (const std::int64_t size : *value.shape)
        text += (text.empty() ? "" : "x") + (size < 0 ? std::string("?") : std::to_string(size));
    return text;
}

Json valuesOf(const Graph& graph, const std::vector<ValueId>& ids)
{
    Json list = Json::array();
    for (const ValueId id : ids)
        list.push_back({{"name", graph.value(id).name}, {"shape", shapeText(graph.value(id))}});
    return list;
}

/// Whether the declared shapes leave open that the network gives boxes.
bool mayDetect(const Graph& graph)
{
    return std::none_of(graph.outputs.begin(), graph.outputs.end(), [&](ValueId id) {
        const auto& shape = graph.value(id).shape;
        return shape && (shape->size() == 2 || (shape->size() == 4 && (*shape)[2] == 1 && (*shape)[3] == 1));
    });
}

std::optional<AnsweredDetector> lookAtAnswer(const Graph& graph, const Dialect& dialect,
                                             const GraphOptions& options, const ModelCorrections& corrections)
{
    const bool isTold = corrections.output && corrections.output->contains("layout");
    if (!isTold && !mayDetect(graph))
        return std::nullopt;
    const GraphNetwork network(graph, dialect, options);
    const ProbeTarget target = graphProbe(network);
    return answerOf([&](const torch::Tensor& x) { return network.answerParts(x); }, target, corrections);
}

void reportOutputs(const GraphNetwork& network, const GraphOptions& options, ModelImport& import)
{
    const Graph& graph = network.graph();
    if (network.endsInSoftmax())
        import.findings.push_back(
            {Level::Info, "the network ends in a softmax; what goes into it is taken as logits."});
    if (graph.outputs.size() < 2 || !options.output.empty())
        return;
    const std::string chosen = graph.value(logitsOutput(graph)).name;
    std::string names;
    for (const ValueId id : graph.outputs)
        names += (names.empty() ? "'" : ", '") + graph.value(id).name.substr(0, 80) + "'";
    import.findings.push_back({Level::Warning, "the network has the outputs " + names + "; '" +
                                                   chosen.substr(0, 80) +
                                                   "' is taken as logits. Say which it is: options "
                                                   "{\"output\": NAME}."});
}

} // namespace

GraphOptions readGraphOptions(const ModelCard& card, const std::string& where)
{
    const protocol::JsonFields fields(card.options, where, "the options of the network");
    GraphOptions options{.input = card.input,
                         .batch = fields.count("batch", false),
                         .probabilities = fields.flag("probabilities"),
                         .output = fields.text("output", false)};
    if (card.task == Task::Detection)
        options.layout = parseOutputLayout(card.output, where);
    return options;
}

ModelCard importedCard(const ModelFormat& format, const char* architecture, const std::filesystem::path& file,
                       const ModelCorrections& corrections)
{
    ModelCard card;
    card.format = format.name;
    card.file = file.string();
    card.name = corrections.name.value_or(file.stem().string());
    card.title = corrections.title.value_or(card.name);
    card.architecture = corrections.architecture.value_or(architecture);
    card.dataset = corrections.dataset.value_or("");
    card.options = corrections.options.value_or(Json::object());
    return card;
}

Json describeGraph(const Graph& graph)
{
    std::map<std::string, int> operators;
    for (const Node& node : graph.nodes)
        ++operators[node.op.substr(node.op.find('.') + 1)];
    return {{"inputs", valuesOf(graph, graph.inputs)},
            {"outputs", valuesOf(graph, graph.outputs)},
            {"operators", operators}};
}

void importGraph(Graph graph, const Dialect& dialect, const ModelCorrections& corrections,
                 ModelImport& import)
{
    const std::string source = graph.source;
    if (graph.inputs.size() != 1)
        throw Error("takes " + std::to_string(graph.inputs.size()) +
                        " inputs, but a network for images takes one",
                    source, "Export the network with the images as its only input.");
    GraphOptions options = readGraphOptions(import.card, source);
    options.input = InputSpec{};
    if (const auto answer = lookAtAnswer(graph, dialect, options, corrections)) {
        if (!noteAnswer(*answer, import))
            return;
        options.layout = parseOutputLayout(import.card.output, source);
    }
    const GraphNetwork network(std::move(graph), dialect, options);
    ProbeTarget target = graphProbe(network);
    if (options.layout)
        target.classesOf = [&options, &source](const torch::Tensor& output) {
            return layoutClasses(output, *options.layout, source);
        };
    if (options.batch > 0)
        target.batch = options.batch;
    const InputContract contract = probeInput(target, corrections);
    applyContract(contract, corrections, import);
    if (!options.layout)
        reportOutputs(network, options, import);
    if (contract.batch > 0)
        import.findings.push_back(
            {Level::Warning, "the network was exported for " + std::to_string(contract.batch) +
                                 " image(s) at a time and is slow for more. Export it for any number of "
                                 "images (in PyTorch: dynamic_axes for the batch)."});
    import.card.parameters = network.parameterCount();
    import.details["taps"] = network.taps();
}

} // namespace assay::models::graph
