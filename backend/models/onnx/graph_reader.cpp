#include "backend/models/onnx/graph_reader.h"

#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/tensor_reader.h"
#include "backend/protocol/error.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <fstream>
#include <limits>
#include <unordered_map>

namespace assay::models::onnx {

namespace {

constexpr const char* kDamaged = "The file is damaged or of another kind; export it again.";

std::string inQuotes(const std::string& name)
{
    return "'" + name.substr(0, 80) + "'";
}

bool isHalf(std::int64_t dataType)
{
    return dataType == ::onnx::TensorProto::FLOAT16 || dataType == ::onnx::TensorProto::BFLOAT16;
}

class GraphReader
{
public:
    GraphReader(::onnx::GraphProto& proto, std::filesystem::path source, const ReadOptions& options)
        : m_proto(proto)
        , m_source(std::move(source))
        , m_options(options)
    {}

    OnnxModel read(int version);

private:
    graph::ValueId id(const std::string& name);
    void describe(const ::onnx::ValueInfoProto& info);
    void readConstants();
    void readNode(::onnx::NodeProto& proto);
    void makeConstant(::onnx::NodeProto& proto, const graph::Node& node);
    graph::Attribute attribute(::onnx::AttributeProto& proto);
    torch::Tensor tensor(::onnx::TensorProto& proto);

    ::onnx::GraphProto& m_proto;
    std::filesystem::path m_source;
    const ReadOptions& m_options;
    OnnxModel m_model;
    std::unordered_map<std::string, graph::ValueId> m_ids;
};

graph::ValueId GraphReader::id(const std::string& name)
{
    if (name.empty())
        return graph::kNoValue;
    const auto [place, added] = m_ids.try_emplace(name, graph::kNoValue);
    if (added)
        place->second = m_model.graph.addValue(name);
    return place->second;
}

torch::Tensor GraphReader::tensor(::onnx::TensorProto& proto)
{
    m_model.halfPrecision = m_model.halfPrecision || isHalf(proto.data_type());
    return readTensor(proto, m_source.parent_path(), m_options.widenHalf);
}

void GraphReader::describe(const ::onnx::ValueInfoProto& info)
{
    const graph::ValueId value = id(info.name());
    if (value == graph::kNoValue || !info.type().has_tensor_type())
        return;
    const auto& type = info.type().tensor_type();
    try {
        const bool widened = m_options.widenHalf && isHalf(type.elem_type());
        m_model.graph.value(value).type = widened ? torch::kFloat32 : scalarType(type.elem_type());
    } catch (const Error&) {
        // Of no matter unless something computes with it.
    }
    if (!type.has_shape())
        return;
    Sizes shape;
    for (const auto& size : type.shape().dim())
        shape.push_back(size.has_dim_value() && size.dim_value() >= 0 ? size.dim_value() : -1);
    m_model.graph.value(value).shape = std::move(shape);
}

void GraphReader::readConstants()
{
    if (m_proto.sparse_initializer_size() > 0)
        throw Error("has sparse weights, which are not read", m_source.string());
    for (::onnx::TensorProto& proto : *m_proto.mutable_initializer()) {
        const graph::ValueId value = id(proto.name());
        if (value == graph::kNoValue)
            continue;
        graph::Value& constant = m_model.graph.value(value);
        if (constant.constant.defined())
            throw Error("has two weights of the name " + inQuotes(proto.name()), m_source.string(), kDamaged);
        const torch::Tensor read = tensor(proto);
        constant.constant = read;
        constant.weight = read.is_floating_point();
    }
}

graph::Attribute GraphReader::attribute(::onnx::AttributeProto& proto)
{
    switch (proto.type()) {
    case ::onnx::AttributeProto::FLOAT:
        return static_cast<double>(proto.f());
    case ::onnx::AttributeProto::INT:
        return proto.i();
    case ::onnx::AttributeProto::STRING:
        return proto.s();
    case ::onnx::AttributeProto::TENSOR:
        return tensor(*proto.mutable_t());
    case ::onnx::AttributeProto::FLOATS:
        return std::vector<double>(proto.floats().begin(), proto.floats().end());
    case ::onnx::AttributeProto::INTS:
        return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case ::onnx::AttributeProto::STRINGS:
        return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    default:
        throw Error("attribute " + inQuotes(proto.name()) + " holds a graph or a sparse tensor");
    }
}

/// Constants are values, not operations.
void GraphReader::makeConstant(::onnx::NodeProto& proto, const graph::Node& node)
{
    if (node.outputs.size() != 1 || node.outputs[0] == graph::kNoValue || proto.attribute_size() != 1)
        throw Error("has a constant without a value", m_source.string(), kDamaged);
    const std::string& name = proto.attribute(0).name();
    torch::Tensor value;
    if (name == "value")
        value = node.attributes.tensor(name);
    else if (name == "value_float")
        value = torch::scalar_tensor(node.attributes.real(name, 0), torch::kFloat32);
    else if (name == "value_int")
        value = torch::scalar_tensor(node.attributes.integer(name), torch::kInt64);
    else if (name == "value_floats")
        value = torch::tensor(node.attributes.reals(name, {}), torch::kFloat64).to(torch::kFloat32);
    else if (name == "value_ints")
        value = torch::tensor(node.attributes.integers(name), torch::kInt64);
    else
        throw Error("has a constant of the kind " + inQuotes(name), m_source.string());
    graph::Value& made = m_model.graph.value(node.outputs[0]);
    if (made.constant.defined())
        throw Error("the value " + inQuotes(made.name) + " is made twice", m_source.string());
    made.constant = value;
}

void GraphReader::readNode(::onnx::NodeProto& proto)
{
    const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
    graph::Node node;
    node.op = "onnx." + (standard ? "" : proto.domain() + ".") + proto.op_type();
    for (const std::string& name : proto.input())
        node.inputs.push_back(id(name));
    for (const std::string& name : proto.output())
        node.outputs.push_back(id(name));
    node.name = !proto.name().empty() || proto.output_size() == 0 ? proto.name() : proto.output(0);
    try {
        for (::onnx::AttributeProto& described : *proto.mutable_attribute()) {
            // A graph within the graph: its operator is not among those that are computed, and named then.
            if (described.type() == ::onnx::AttributeProto::GRAPH ||
                described.type() == ::onnx::AttributeProto::GRAPHS)
                continue;
            graph::Attribute value = attribute(described);
            if (const auto* code = std::get_if<std::int64_t>(&value);
                code && m_options.widenHalf && described.name() == "to" && isHalf(*code))
                value = std::int64_t(::onnx::TensorProto::FLOAT);
            node.attributes.set(described.name(), std::move(value));
        }
    } catch (const Error& error) {
        throw Error("the node " + inQuotes(node.name) + ": " + error.happened(), m_source.string(),
                    error.mend());
    }
    if (node.op == "onnx.Constant")
        makeConstant(proto, node);
    else
        m_model.graph.nodes.push_back(std::move(node));
}

OnnxModel GraphReader::read(int version)
{
    graph::Graph& graph = m_model.graph;
    graph.source = m_source.string();
    graph.version = version;
    graph.limits = m_options.limits;
    if (static_cast<std::size_t>(m_proto.node_size()) > graph.limits.nodes)
        throw Error("has " + std::to_string(m_proto.node_size()) + " nodes; at most " +
                        std::to_string(graph.limits.nodes) + " are read",
                    m_source.string());
    try {
        readConstants();
    } catch (const Error& error) {
        throw Error(error.happened(), m_source.string(), error.mend());
    }
    for (const auto& info : m_proto.value_info())
        describe(info);
    for (const auto& info : m_proto.input()) {
        describe(info);
        // Older writers list the weights among the inputs.
        const graph::ValueId value = id(info.name());
        if (value != graph::kNoValue && !graph.value(value).constant.defined())
            graph.inputs.push_back(value);
    }
    for (::onnx::NodeProto& node : *m_proto.mutable_node())
        readNode(node);
    for (const auto& info : m_proto.output()) {
        describe(info);
        if (const graph::ValueId value = id(info.name()); value != graph::kNoValue)
            graph.outputs.push_back(value);
    }
    graph::sortNodes(graph);
    return std::move(m_model);
}

int standardVersion(const ::onnx::ModelProto& proto, const std::string& where)
{
    std::int64_t version = 0;
    for (const auto& set : proto.opset_import()) {
        if (set.domain().empty() || set.domain() == "ai.onnx")
            version = set.version();
    }
    if (version < kFirstOpset || version > kLastOpset)
        throw Error("uses operator set " + std::to_string(version) + "; " + std::to_string(kFirstOpset) +
                        " to " + std::to_string(kLastOpset) + " are read",
                    where, "Export it again with opset_version=" + std::to_string(kLastOpset) + ".");
    return static_cast<int>(version);
}

OnnxModel readProto(::onnx::ModelProto& proto, const std::filesystem::path& source,
                    const ReadOptions& options)
{
    const std::string where = source.string();
    if (!proto.has_graph() || proto.graph().output_size() == 0)
        throw Error("holds no network", where, kDamaged);
    if (proto.functions_size() > 0)
        throw Error("defines operators of its own, which are not run", where,
                    "Export it again with the functions inlined.");
    const int version = standardVersion(proto, where);
    OnnxModel model = GraphReader(*proto.mutable_graph(), source, options).read(version);
    model.irVersion = proto.ir_version();
    model.producer = proto.producer_name().substr(0, 80);
    if (!proto.producer_version().empty())
        model.producer += " " + proto.producer_version().substr(0, 40);
    return model;
}

OnnxModel readStream(google::protobuf::io::ZeroCopyInputStream& stream, const std::filesystem::path& source,
                     const ReadOptions& options)
{
    ::onnx::ModelProto proto;
    google::protobuf::io::CodedInputStream coded(&stream);
    coded.SetTotalBytesLimit(std::numeric_limits<int>::max());
    if (!proto.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage())
        throw Error("is no ONNX file, or a damaged one", source.string(), "Export the network again.");
    return readProto(proto, source, options);
}

} // namespace

OnnxModel readOnnx(const std::filesystem::path& file, const ReadOptions& options)
{
    std::ifstream input(file, std::ios::binary);
    if (!input || !std::filesystem::is_regular_file(file))
        throw Error("cannot be read", file.string(), "Check that the file exists and may be read.");
    if (std::filesystem::file_size(file) > static_cast<std::uintmax_t>(std::numeric_limits<int>::max()))
        throw Error("is larger than 2 GiB, which no ONNX file is", file.string());
    google::protobuf::io::IstreamInputStream stream(&input, 1 << 20);
    return readStream(stream, file, options);
}

OnnxModel readOnnx(const std::string& bytes, const std::filesystem::path& source, const ReadOptions& options)
{
    google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    return readStream(stream, source, options);
}

} // namespace assay::models::onnx
