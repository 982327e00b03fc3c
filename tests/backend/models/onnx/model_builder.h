#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>
#include <vector>

namespace assay::tests {

/// Makes small ONNX models for tests of the reader.
class ModelBuilder
{
public:
    explicit ModelBuilder(int opset = 13);

    ::onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                            const std::vector<std::string>& outputs, const std::string& name = {});
    /// Floats counting up from -1 in steps that end at 1.
    ModelBuilder& weight(const std::string& name, const std::vector<std::int64_t>& shape);
    ModelBuilder& numbers(const std::string& name, const std::vector<std::int64_t>& values);
    ModelBuilder& input(const std::string& name, const std::vector<std::int64_t>& shape);
    ModelBuilder& output(const std::string& name);

    ::onnx::ModelProto& proto() { return m_proto; }
    std::string bytes() const { return m_proto.SerializeAsString(); }

private:
    ::onnx::ModelProto m_proto;
};

void setInts(::onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values);
void setInt(::onnx::NodeProto& node, const std::string& name, std::int64_t value);
void setText(::onnx::NodeProto& node, const std::string& name, const std::string& value);

void writeFile(const std::filesystem::path& file, const std::string& bytes);

/// Classifies images [n,3,8,8] into four: a convolution, batch normalisation, pooling and what exports add to
/// compute shapes.
ModelBuilder smallClassifier();
/// Attention, resizing, slicing, suppression: operators that small classifiers have not.
ModelBuilder smallTransformer();

} // namespace assay::tests
