#include "backend/models/tfjs/tfjs_file.h"

#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"

#include <QByteArray>
#include <torch/types.h>

#include <fstream>
#include <set>
#include <sstream>

namespace assay::models::tfjs {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxJson = 64 << 20;
constexpr std::size_t kMaxNodes = 100'000;

/// Protocol buffers write whole numbers as texts in JSON.
std::int64_t integer(const Json& value)
{
    return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<std::int64_t>();
}

/// Texts are bytes in base 64.
std::string text(const Json& value)
{
    return QByteArray::fromBase64(QByteArray::fromStdString(value.get<std::string>())).toStdString();
}

std::vector<std::int64_t> shapeOf(const Json& value)
{
    std::vector<std::int64_t> shape;
    for (const Json& dim : value.value("dim", Json::array()))
        shape.push_back(dim.contains("size") ? integer(dim.at("size")) : -1);
    return shape;
}

void setList(graph::Attributes& attributes, const std::string& name, const Json& list)
{
    std::vector<std::int64_t> integers;
    std::vector<std::string> texts;
    std::vector<double> reals;
    for (const Json& item : list.value("i", Json::array()))
        integers.push_back(integer(item));
    for (const Json& item : list.value("s", Json::array()))
        texts.push_back(text(item));
    for (const Json& item : list.value("f", Json::array()))
        reals.push_back(item.get<double>());
    if (!texts.empty())
        attributes.set(name, texts);
    else if (!reals.empty())
        attributes.set(name, reals);
    else if (!integers.empty())
        attributes.set(name, integers);
}

void setAttribute(graph::Attributes& attributes, const std::string& name, const Json& value)
{
    if (value.contains("i"))
        attributes.set(name, integer(value.at("i")));
    else if (value.contains("f"))
        attributes.set(name, value.at("f").get<double>());
    else if (value.contains("b"))
        attributes.set(name, std::int64_t(value.at("b").get<bool>()));
    else if (value.contains("s"))
        attributes.set(name, text(value.at("s")));
    else if (value.contains("type"))
        attributes.set(name, value.at("type").get<std::string>());
    else if (value.contains("shape"))
        attributes.set(name, shapeOf(value.at("shape")));
    else if (value.contains("list"))
        setList(attributes, name, value.at("list"));
}

/// "name:0" is the same as "name".
std::string normal(const std::string& input)
{
    return input.ends_with(":0") ? input.substr(0, input.size() - 2) : input;
}

TfNode nodeOf(const Json& json)
{
    TfNode node;
    node.op = json.at("op").get<std::string>();
    node.name = json.at("name").get<std::string>();
    for (const Json& input : json.value("input", Json::array())) {
        const std::string name = input.get<std::string>();
        if (!name.starts_with('^'))
            node.inputs.push_back(normal(name));
    }
    const Json attributes = json.value("attr", Json::object()); // items() does not keep a temporary alive
    for (const auto& [key, value] : attributes.items())
        setAttribute(node.attributes, key, value);
    return node;
}

std::vector<std::string> outputsOf(const Json& json, const std::vector<TfNode>& nodes)
{
    std::vector<std::string> outputs;
    const Json signature = json.value("signature", Json());
    if (signature.is_object() && signature.contains("outputs")) {
        for (const auto& [key, value] : signature.at("outputs").items())
            outputs.push_back(normal(value.value("name", key)));
    }
    if (!outputs.empty())
        return outputs;
    std::set<std::string> read;
    for (const TfNode& node : nodes) {
        for (const std::string& input : node.inputs)
            read.insert(input.substr(0, input.rfind(':')));
    }
    for (const TfNode& node : nodes) {
        if (!read.contains(node.name) && node.op != "Const" && node.op != "Placeholder" && node.op != "NoOp")
            outputs.push_back(node.name);
    }
    return outputs;
}

TfModel modelOf(const Json& json, const fs::path& file)
{
    const std::string format = json.value("format", std::string());
    if (format == "layers-model")
        throw Error("is a TensorFlow.js layers model, which has no graph of operations", file.string(),
                    "Convert it with --output_format=tfjs_graph_model.");
    if (!json.contains("modelTopology") || !json.contains("weightsManifest"))
        throw Error("is no TensorFlow.js graph model: 'modelTopology' or 'weightsManifest' is missing",
                    file.string(), "Choose the JSON file that was exported beside the weight shards.");
    TfModel model;
    if (json.at("modelTopology").contains("library") &&
        !json.at("modelTopology").at("library").value("function", Json::array()).empty())
        throw Error("has functions (loops or branches), which are not run", file.string(),
                    "Export the network without control flow.");
    for (const Json& node : json.at("modelTopology").at("node")) {
        if (model.nodes.size() == kMaxNodes)
            throw Error("has more than " + std::to_string(kMaxNodes) + " nodes", file.string());
        model.nodes.push_back(nodeOf(node));
    }
    model.constants =
        readWeights(json.at("weightsManifest"), file.parent_path(), model.quantised, model.weightBytes);
    model.outputs = outputsOf(json, model.nodes);
    for (const auto& [key, place] :
         {std::pair("generatedBy", &model.generatedBy), std::pair("convertedBy", &model.convertedBy)}) {
        if (json.contains(key) && json.at(key).is_string())
            *place = json.at(key).get<std::string>().substr(0, 200);
    }
    return model;
}

} // namespace

bool looksLikeTfjs(std::string_view head)
{
    const auto first = head.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && head[first] == '{' &&
           (head.find("\"modelTopology\"") != std::string_view::npos ||
            head.find("\"graph-model\"") != std::string_view::npos ||
            head.find("\"layers-model\"") != std::string_view::npos);
}

TfModel readTfjs(const fs::path& file)
{
    std::error_code code;
    const auto size = fs::file_size(file, code);
    if (code)
        throw Error("cannot be read", file.string(), "Check that the file exists and may be read.");
    if (size > kMaxJson)
        throw Error("is larger than 64 MiB, too large for a model's JSON", file.string());
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    const Json json = protocol::parseJson(text.str(), file.string());
    try {
        return modelOf(json, file);
    } catch (const Json::exception& error) {
        throw Error(std::string("is no TensorFlow.js graph model: ") + error.what(), file.string(),
                    "The file is damaged; export it again.");
    } catch (const std::logic_error& error) { // stoll
        throw Error("is no TensorFlow.js graph model: a number is not one", file.string(),
                    "The file is damaged; export it again.");
    }
}

} // namespace assay::models::tfjs
