#include "backend/models/onnx/onnx_format.h"

#include "backend/models/graph/graph_import.h"
#include "backend/models/onnx/dialect.h"
#include "backend/models/onnx/graph_reader.h"

#include <algorithm>
#include <optional>

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

const std::string kHalfText = "the weights are in half precision; they are computed with in float32.";

Json describe(const onnx::OnnxModel& model)
{
    Json details = {
        {"opset", model.graph.version}, {"ir_version", model.irVersion}, {"producer", model.producer}};
    details.update(graph::describeGraph(model.graph));
    return details;
}

ModelImport inspect(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    ModelImport import;
    import.card = graph::importedCard(kOnnxFormat, "ONNX graph", file, corrections);
    onnx::OnnxModel model = onnx::readOnnx(file);
    import.details = describe(model);
    if (model.halfPrecision)
        import.findings.push_back({Level::Info, kHalfText});
    graph::importGraph(std::move(model.graph), onnx::onnxDialect(), corrections, import);
    return import;
}

std::shared_ptr<Network> load(const ModelCard& card, const std::filesystem::path& file)
{
    return std::make_shared<graph::GraphNetwork>(onnx::readOnnx(file).graph, onnx::onnxDialect(),
                                                 graph::readGraphOptions(card, file.string()));
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
