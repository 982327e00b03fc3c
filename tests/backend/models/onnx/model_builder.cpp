#include "model_builder.h"

#include <fstream>

namespace assay::tests {

ModelBuilder::ModelBuilder(int opset)
{
    m_proto.set_ir_version(8);
    m_proto.set_producer_name("test");
    m_proto.add_opset_import()->set_version(opset);
    m_proto.mutable_graph()->set_name("graph");
}

::onnx::NodeProto& ModelBuilder::node(const std::string& op, const std::vector<std::string>& inputs,
                                      const std::vector<std::string>& outputs, const std::string& name)
{
    ::onnx::NodeProto& made = *m_proto.mutable_graph()->add_node();
    made.set_op_type(op);
    made.set_name(name);
    for (const std::string& input : inputs)
        made.add_input(input);
    for (const std::string& output : outputs)
        made.add_output(output);
    return made;
}

ModelBuilder& ModelBuilder::weight(const std::string& name, const std::vector<std::int64_t>& shape)
{
    ::onnx::TensorProto& made = *m_proto.mutable_graph()->add_initializer();
    made.set_name(name);
    made.set_data_type(::onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        made.add_dims(size);
        count *= size;
    }
    for (std::int64_t i = 0; i < count; ++i)
        made.add_float_data(static_cast<float>(2 * i) / static_cast<float>(count) - 1);
    return *this;
}

ModelBuilder& ModelBuilder::numbers(const std::string& name, const std::vector<std::int64_t>& values)
{
    ::onnx::TensorProto& made = *m_proto.mutable_graph()->add_initializer();
    made.set_name(name);
    made.set_data_type(::onnx::TensorProto::INT64);
    made.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values)
        made.add_int64_data(value);
    return *this;
}

ModelBuilder& ModelBuilder::input(const std::string& name, const std::vector<std::int64_t>& shape)
{
    ::onnx::ValueInfoProto& made = *m_proto.mutable_graph()->add_input();
    made.set_name(name);
    auto& type = *made.mutable_type()->mutable_tensor_type();
    type.set_elem_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t size : shape) {
        auto& dim = *type.mutable_shape()->add_dim();
        if (size < 0)
            dim.set_dim_param("n");
        else
            dim.set_dim_value(size);
    }
    return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name)
{
    ::onnx::ValueInfoProto& made = *m_proto.mutable_graph()->add_output();
    made.set_name(name);
    made.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
    return *this;
}

void setInts(::onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values)
{
    ::onnx::AttributeProto& made = *node.add_attribute();
    made.set_name(name);
    made.set_type(::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values)
        made.add_ints(value);
}

void setInt(::onnx::NodeProto& node, const std::string& name, std::int64_t value)
{
    ::onnx::AttributeProto& made = *node.add_attribute();
    made.set_name(name);
    made.set_type(::onnx::AttributeProto::INT);
    made.set_i(value);
}

void setText(::onnx::NodeProto& node, const std::string& name, const std::string& value)
{
    ::onnx::AttributeProto& made = *node.add_attribute();
    made.set_name(name);
    made.set_type(::onnx::AttributeProto::STRING);
    made.set_s(value);
}

void writeFile(const std::filesystem::path& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

ModelBuilder smallClassifier()
{
    ModelBuilder b;
    b.input("image", {-1, 3, 8, 8}).weight("w", {4, 3, 3, 3}).weight("gamma", {4}).weight("beta", {4});
    b.weight("mean", {4})
        .weight("fc", {4, 16})
        .weight("bias", {4})
        .numbers("tail", {-1})
        .numbers("zero", {0});
    setInts(b.node("Conv", {"image", "w"}, {"c"}, "conv"), "pads", {1, 1, 1, 1});
    b.node("Abs", {"gamma"}, {"var"});
    b.node("BatchNormalization", {"c", "gamma", "beta", "mean", "var"}, {"n"}, "norm");
    b.node("Relu", {"n"}, {"r"});
    auto& pool = b.node("MaxPool", {"r"}, {"p"});
    setInts(pool, "kernel_shape", {3, 3});
    setInts(pool, "strides", {4, 4});
    setText(pool, "auto_pad", "SAME_UPPER");
    b.node("Shape", {"p"}, {"shape"});
    b.node("Gather", {"shape", "zero"}, {"count"});
    setInt(b.node("Concat", {"count", "tail"}, {"flat"}), "axis", 0);
    b.node("Reshape", {"p", "flat"}, {"f"});
    setInt(b.node("Gemm", {"f", "fc", "bias"}, {"logits"}, "head"), "transB", 1);
    b.output("logits");
    return b;
}

ModelBuilder smallTransformer()
{
    ModelBuilder b(13);
    b.input("image", {-1, 3, 8, 8})
        .numbers("starts", {1, 1})
        .numbers("ends", {7, 100})
        .numbers("axes", {2, 3});
    b.numbers("rows", {0, 3, -1}).weight("q", {3, 8}).weight("fc", {8, 4});
    b.numbers("sizes", {1, 1, 4, 4}).numbers("pads", {0, 0, 1, 0, 0, 0, 0, 1}).numbers("last", {-1});
    b.node("Slice", {"image", "starts", "ends", "axes"}, {"s"});
    setText(b.node("Pad", {"s", "pads"}, {"padded"}), "mode", "reflect");
    setInts(b.node("Transpose", {"padded"}, {"t"}), "perm", {0, 2, 3, 1});
    b.numbers("tokens", {0, -1, 3});
    b.node("Reshape", {"t", "tokens"}, {"x"});
    b.node("MatMul", {"x", "q"}, {"k"});
    setInts(b.node("Transpose", {"k"}, {"kt"}), "perm", {0, 2, 1});
    b.node("MatMul", {"k", "kt"}, {"scores"});
    setInt(b.node("Softmax", {"scores"}, {"attention"}), "axis", -1);
    b.node("MatMul", {"attention", "k"}, {"y"});
    setInt(b.node("Gather", {"y", "rows"}, {"chosen"}), "axis", 1);
    auto& mean = b.node("ReduceMean", {"chosen"}, {"pooled"});
    setInts(mean, "axes", {1});
    setInt(mean, "keepdims", 0);
    b.node("Erf", {"pooled"}, {"e"});
    b.node("MatMul", {"e", "fc"}, {"logits"});
    b.output("logits");
    return b;
}

} // namespace assay::tests
