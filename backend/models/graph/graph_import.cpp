#include "backend/models/graph/graph_import.h"

#include "backend/models/formats/input_probe.h"
#include "backend/models/graph/graph_probe.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

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
    return {.input = card.input,
            .batch = fields.count("batch", false),
            .probabilities = fields.flag("probabilities"),
            .output = fields.text("output", false)};
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
    const GraphNetwork network(std::move(graph), dialect, options);
    ProbeTarget target = graphProbe(network);
    if (options.batch > 0)
        target.batch = options.batch;
    const InputContract contract = probeInput(target, corrections);
    applyContract(contract, corrections, import);
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
