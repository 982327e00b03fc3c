#include "backend/models/onnx/onnx_format.h"

#include "backend/models/graph/graph_probe.h"
#include "backend/models/onnx/dialect.h"
#include "backend/models/onnx/graph_reader.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>

#include <algorithm>
#include <map>

namespace assay::models {

namespace {

using Level = protocol::Finding::Level;

/// A cursor over protobuf's wire format: enough to tell an ONNX model from other files.
class WireCursor
{
public:
    explicit WireCursor(std::span<const std::uint8_t> bytes)
        : m_bytes(bytes)
    {}

    bool atEnd() const { return m_at >= m_bytes.size(); }

    std::optional<std::uint64_t> varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !atEnd(); shift += 7) {
            const std::uint8_t byte = m_bytes[m_at++];
            value |= std::uint64_t(byte & 0x7F) << shift;
            if (byte < 0x80)
                return value;
        }
        return std::nullopt;
    }

    void skip(std::uint64_t count) { m_at += std::min<std::uint64_t>(count, m_bytes.size() - m_at); }

private:
    std::span<const std::uint8_t> m_bytes;
    std::size_t m_at = 0;
};

constexpr std::uint64_t kIrVersion = 1; ///< fields of ModelProto
constexpr std::uint64_t kGraph = 7;
constexpr std::uint64_t kVarint = 0; ///< wire types
constexpr std::uint64_t kBytes = 2;

/// ONNX files have no magic number: they begin with the format's version, a small number, and some short
/// texts, and come to the graph.
bool looksLikeModel(std::span<const std::uint8_t> head)
{
    WireCursor cursor(head);
    bool version = false;
    while (!cursor.atEnd()) {
        const auto tag = cursor.varint();
        if (!tag)
            return false;
        const std::uint64_t field = *tag >> 3;
        const std::uint64_t wire = *tag & 7;
        const auto value = cursor.varint();
        if (!value || (wire != kVarint && wire != kBytes))
            return false;
        if (field == kIrVersion && wire == kVarint && *value >= 1 && *value <= 64)
            version = true;
        else if (field == kGraph)
            return version && wire == kBytes;
        else if (field < 2 || field > 25)
            return false;
        if (wire == kBytes)
            cursor.skip(*value);
    }
    return false;
}

bool recognises(const std::filesystem::path& file, std::span<const std::uint8_t> head)
{
    return looksLikeModel(head) || file.extension() == ".onnx";
}

graph::GraphOptions readOptions(const ModelCard& card, const std::string& where)
{
    const protocol::JsonFields fields(card.options, where, "the options of the network");
    return {.input = card.input,
            .batch = fields.count("batch", false),
            .probabilities = fields.flag("probabilities"),
            .output = fields.text("output", false)};
}

std::string shapeText(const graph::Value& value)
{
    if (!value.shape)
        return "?";
    std::string text;
    for (const std::int64_t size : *value.shape)
        text += (text.empty() ? "" : "x") + (size < 0 ? std::string("?") : std::to_string(size));
    return text;
}

Json valuesOf(const graph::Graph& graph, const std::vector<graph::ValueId>& ids)
{
    Json list = Json::array();
    for (const graph::ValueId id : ids)
        list.push_back({{"name", graph.value(id).name}, {"shape", shapeText(graph.value(id))}});
    return list;
}

Json describe(const onnx::OnnxModel& model)
{
    const graph::Graph& graph = model.graph;
    std::map<std::string, int> operators;
    for (const graph::Node& node : graph.nodes)
        ++operators[node.op.substr(node.op.find('.') + 1)];
    return {{"opset", graph.version},
            {"ir_version", model.irVersion},
            {"producer", model.producer},
            {"inputs", valuesOf(graph, graph.inputs)},
            {"outputs", valuesOf(graph, graph.outputs)},
            {"operators", operators}};
}

void reportOutputs(const graph::GraphNetwork& network, const graph::GraphOptions& options,
                   ModelImport& import)
{
    const graph::Graph& graph = network.graph();
    if (network.endsInSoftmax())
        import.findings.push_back(
            {Level::Info, "the network ends in a softmax; what goes into it is taken as logits."});
    if (graph.outputs.size() < 2 || !options.output.empty())
        return;
    const std::string chosen = graph.value(graph::logitsOutput(graph)).name;
    std::string names;
    for (const graph::ValueId id : graph.outputs)
        names += (names.empty() ? "'" : ", '") + graph.value(id).name.substr(0, 80) + "'";
    import.findings.push_back({Level::Warning, "the network has the outputs " + names + "; '" +
                                                   chosen.substr(0, 80) +
                                                   "' is taken as logits. Say which it is: options "
                                                   "{\"output\": NAME}."});
    import.asks.emplace_back("options");
}

ModelImport inspect(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    ModelImport import;
    ModelCard& card = import.card;
    card.format = kOnnxFormat.name;
    card.file = file.string();
    card.name = corrections.name.value_or(file.stem().string());
    card.title = corrections.title.value_or(card.name);
    card.architecture = corrections.architecture.value_or("ONNX graph");
    card.dataset = corrections.dataset.value_or("");
    card.options = corrections.options.value_or(Json::object());

    onnx::OnnxModel model = onnx::readOnnx(file);
    import.details = describe(model);
    if (model.halfPrecision)
        import.findings.push_back(
            {Level::Info, "the weights are in half precision; they are computed with in float32."});
    if (model.graph.inputs.size() != 1)
        throw Error("takes " + std::to_string(model.graph.inputs.size()) +
                        " inputs, but a network for images takes one",
                    file.string(), "Export the network with the images as its only input.");
    graph::GraphOptions options = readOptions(card, file.string());
    options.input = InputSpec{};
    const graph::GraphNetwork network(std::move(model.graph), onnx::onnxDialect(), options);
    ProbeTarget target = graph::graphProbe(network);
    if (options.batch > 0)
        target.batch = options.batch;
    const InputContract contract = probeInput(target, corrections);
    applyContract(contract, corrections, import);
    reportOutputs(network, options, import);
    if (contract.batch > 0)
        import.findings.push_back(
            {Level::Warning, "the network was exported for " + std::to_string(contract.batch) +
                                 " image(s) at a time and is slow for more. Export it with dynamic_axes "
                                 "for the batch."});
    card.parameters = network.parameterCount();
    import.details["taps"] = network.taps();
    return import;
}

std::shared_ptr<Network> load(const ModelCard& card, const std::filesystem::path& file)
{
    return std::make_shared<graph::GraphNetwork>(onnx::readOnnx(file).graph, onnx::onnxDialect(),
                                                 readOptions(card, file.string()));
}

} // namespace

const ModelFormat kOnnxFormat = {
    .name = "onnx",
    .title = "ONNX",
    .recognises = recognises,
    .inspect = inspect,
    .load = load,
};

} // namespace assay::models
