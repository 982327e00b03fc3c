#include "backend/models/tfjs/lowering.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::tfjs {

using graph::ValueId;

namespace {

constexpr int kOnnxSet = 13;
const std::vector<std::int64_t> kToImage = {0, 3, 1, 2};
const std::vector<std::int64_t> kFromImage = {0, 2, 3, 1};

std::string quoted(const std::string& text)
{
    return "'" + text.substr(0, 120) + "'";
}

} // namespace

Lowering::Lowering(const TfModel& model, const std::string& source)
    : m_model(model)
{
    m_graph.source = source;
    m_graph.version = kOnnxSet;
}

graph::Graph Lowering::run()
{
    for (const auto& [name, constant] : m_model.constants)
        m_constants[name] = constant;
    // TensorFlow files need not be in order: places of values are made on demand, and nodes are sorted at the
    // end.
    for (const TfNode& node : m_model.nodes) {
        m_node = &node;
        if (node.op == "Const") {
            if (!m_constants.contains(node.name))
                fail("is a constant that the weights manifest does not hold");
        } else if (node.op == "Placeholder") {
            addInput(node);
        } else if (node.op != "NoOp") {
            const auto it = rules().find(node.op);
            if (it == rules().end())
                throw Error("uses the operator " + quoted(node.op) + " (node " + quoted(node.name) +
                                "), which is not supported",
                            m_graph.source, "docs/models.md lists the supported operators.");
            it->second(*this, node);
        }
    }
    for (const std::string& name : m_model.outputs)
        m_graph.outputs.push_back(plain(name));
    if (m_graph.outputs.empty())
        throw Error("has no output", m_graph.source, "The file is damaged; export it again.");
    sortNodes(m_graph);
    removeUnread(m_graph);
    return std::move(m_graph);
}

void Lowering::fail(const std::string& what) const
{
    throw Error("the node " + quoted(m_node->name) + " (" + m_node->op + ") " + what, m_graph.source);
}

void Lowering::addInput(const TfNode& node)
{
    const ValueId id = plain(node.name);
    auto shape = node.attributes.integers("shape", {});
    if (shape.size() == 4)
        m_graph.channelsLast = true;
    if (!shape.empty())
        m_graph.value(id).shape = shape;
    if (node.attributes.text("dtype", "DT_FLOAT") != "DT_FLOAT")
        m_graph.value(id).type = torch::kInt32;
    m_graph.inputs.push_back(id);
}

const std::string& Lowering::input(std::size_t i) const
{
    if (i >= m_node->inputs.size())
        fail("lacks its input " + std::to_string(i + 1));
    return m_node->inputs[i];
}

ValueId Lowering::plain(const std::string& name)
{
    Place& place = m_places[name];
    if (place.plain != graph::kNoValue)
        return place.plain;
    place.plain = m_graph.addValue(name);
    if (const auto constant = m_constants.find(name); constant != m_constants.end()) {
        m_graph.value(place.plain).constant = constant->second;
        m_graph.value(place.plain).weight = constant->second.is_floating_point();
    }
    return place.plain;
}

ValueId Lowering::image(const std::string& name)
{
    if (const ValueId known = m_places[name].image; known != graph::kNoValue)
        return known;
    const ValueId id = m_graph.addValue(name + ":image");
    add("onnx.Transpose", {plain(name)}, {id}, {{"perm", kToImage}});
    m_places[name].image = id;
    return id;
}

torch::Tensor Lowering::constant(std::size_t i) const
{
    const auto it = m_constants.find(input(i));
    if (it == m_constants.end())
        fail("needs a constant as its input " + std::to_string(i + 1));
    return it->second;
}

std::vector<std::int64_t> Lowering::numbers(std::size_t i) const
{
    const torch::Tensor values = constant(i).to(torch::kInt64).flatten().contiguous();
    return {values.data_ptr<std::int64_t>(), values.data_ptr<std::int64_t>() + values.numel()};
}

ValueId Lowering::made(const std::string& name, const torch::Tensor& constant, bool weight)
{
    const ValueId id = m_graph.addValue(name);
    m_graph.value(id).constant = constant;
    m_graph.value(id).weight = weight;
    return id;
}

ValueId Lowering::numbersMade(const std::vector<std::int64_t>& values)
{
    return made(m_node->name + ":numbers", torch::tensor(values, torch::kInt64), false);
}

void Lowering::add(const std::string& op, std::vector<ValueId> inputs, std::vector<ValueId> outputs,
                   std::vector<std::pair<std::string, graph::Attribute>> attributes)
{
    graph::Node node{.op = op,
                     .name = m_node ? m_node->name : std::string(),
                     .inputs = std::move(inputs),
                     .outputs = std::move(outputs),
                     .attributes = {}};
    for (auto& [name, value] : attributes)
        node.attributes.set(name, std::move(value));
    m_graph.nodes.push_back(std::move(node));
}

ValueId Lowering::step(const std::string& op, std::vector<ValueId> inputs,
                       std::vector<std::pair<std::string, graph::Attribute>> attributes)
{
    const ValueId id = m_graph.addValue(m_node->name + ":" + std::to_string(m_graph.values.size()));
    add(op, std::move(inputs), {id}, std::move(attributes));
    return id;
}

void Lowering::result(const std::string& op, std::vector<ValueId> inputs,
                      std::vector<std::pair<std::string, graph::Attribute>> attributes)
{
    add(op, std::move(inputs), {plain(m_node->name)}, std::move(attributes));
}

void Lowering::resultImage(ValueId value)
{
    // The image keeps the node's name, under which it is tapped; whoever wants TensorFlow's order gets a
    // view.
    m_graph.value(value).name = m_node->name;
    m_places[m_node->name].image = value;
    add("onnx.Transpose", {value}, {plain(m_node->name)}, {{"perm", kFromImage}});
    if (std::ranges::find(m_model.outputs, m_node->name) == m_model.outputs.end())
        m_graph.value(plain(m_node->name)).name = m_node->name + ":nhwc";
}

ValueId Lowering::activated(ValueId value, const std::string& activation, bool isImage, std::size_t argument)
{
    if (activation.empty())
        return value;
    if (activation == "Relu" || activation == "Elu" || activation == "Sigmoid" || activation == "Tanh")
        return step("onnx." + activation, {value});
    if (activation == "Relu6")
        return clipped(value, 0, 6);
    if (activation == "LeakyRelu")
        return step("onnx.LeakyRelu", {value}, {{"alpha", m_node->attributes.real("leakyrelu_alpha", 0.2)}});
    if (activation == "Prelu") {
        torch::Tensor alpha = constant(argument);
        if (isImage && alpha.dim() > 0) // [..., C] becomes [C,1,1]
            alpha = alpha.dim() == 3 ? alpha.permute({2, 0, 1}).contiguous() : alpha.reshape({-1, 1, 1});
        return step("onnx.PRelu", {value, made(input(argument) + ":image", alpha, true)});
    }
    fail("ends in the activation " + quoted(activation) + ", which is not supported");
}

ValueId Lowering::clipped(ValueId value, double low, double high)
{
    return step("onnx.Clip", {value, made("low", torch::scalar_tensor(low, torch::kFloat32), false),
                              made("high", torch::scalar_tensor(high, torch::kFloat32), false)});
}

graph::Graph toGraph(const TfModel& model, const std::string& source)
{
    return Lowering(model, source).run();
}

std::vector<std::string> tfjsOperators()
{
    std::vector<std::string> names = {"Const", "NoOp", "Placeholder"};
    for (const auto& [name, rule] : Lowering::rules())
        names.push_back(name);
    std::ranges::sort(names);
    return names;
}

} // namespace assay::models::tfjs
