#include "model_builder.h"

#include "backend/models/onnx/dialect.h"
#include "backend/models/onnx/graph_reader.h"
#include "backend/models/onnx/onnx_format.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <random>

// Any bytes may be called an ONNX file. They may be refused with an Error and nothing else; what is not
// refused is run. Inputs are mutations of two valid models from a fixed seed: of their bytes, and of their
// fields, which get further into the program.

using namespace assay;
using namespace assay::models;
using namespace assay::tests;

namespace {

constexpr int kByteRounds = 6000;
constexpr int kFieldRounds = 6000;

struct Counts
{
    int refused = 0;
    int ran = 0;
};

void openAnything(const std::string& bytes, Counts& counts)
{
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    kOnnxFormat.recognises("m.bin", {first, bytes.size()});
    try {
        models::onnx::ReadOptions options;
        options.limits.elements = 1 << 20; // so that a round is fast, not for safety
        auto model = models::onnx::readOnnx(bytes, "m.onnx", options);
        graph::GraphNetwork network(std::move(model.graph), models::onnx::onnxDialect(),
                                    {.input = {.channels = 3}});
        network.forward(torch::full({2, 3, 8, 8}, 0.5));
        const auto folded = network.copy();
        folded->fold();
        folded->forward(torch::full({1, 3, 8, 8}, 0.25));
        ++counts.ran;
    } catch (const Error&) {
        ++counts.refused;
    }
}

std::string mutated(std::string bytes, std::mt19937& random)
{
    for (std::uint32_t i = 0; i <= random() % 3 && !bytes.empty(); ++i) {
        const std::size_t at = random() % bytes.size();
        switch (random() % 5) {
        case 0:
            bytes[at] = static_cast<char>(random());
            break;
        case 1:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
            break;
        case 2:
            bytes.resize(at);
            break;
        case 3:
            bytes.insert(at, bytes.substr(at, random() % 24));
            break;
        default:
            bytes.erase(at, random() % 8);
            break;
        }
    }
    return bytes;
}

std::int64_t nastyNumber(std::mt19937& random)
{
    constexpr std::int64_t kNumbers[] = {-1,  0,  1,    2,     3,         7,         8,
                                         100, -2, -100, 65537, INT32_MAX, INT64_MAX, INT64_MIN};
    return kNumbers[random() % std::size(kNumbers)];
}

/// Changes one number, name or operator of a well-formed model.
void mutateField(::onnx::GraphProto& graph, std::mt19937& random)
{
    constexpr const char* kOperators[] = {"Relu",
                                          "Conv",
                                          "Gemm",
                                          "MatMul",
                                          "Reshape",
                                          "Gather",
                                          "Slice",
                                          "Pad",
                                          "Concat",
                                          "Transpose",
                                          "Squeeze",
                                          "Resize",
                                          "TopK",
                                          "Split",
                                          "ReduceSum",
                                          "MaxPool",
                                          "AveragePool",
                                          "ConvTranspose",
                                          "Expand",
                                          "Tile",
                                          "ScatterND",
                                          "GatherND",
                                          "NonMaxSuppression",
                                          "DepthToSpace",
                                          "LRN",
                                          "ConstantOfShape",
                                          "Range",
                                          "OneHot",
                                          "CumSum",
                                          "Einsum"};
    ::onnx::NodeProto& node =
        *graph.mutable_node(static_cast<int>(random() % std::uint32_t(graph.node_size())));
    const auto anyName = [&]() -> std::string {
        const auto& from = graph.node(static_cast<int>(random() % std::uint32_t(graph.node_size())));
        return random() % 2 && from.output_size() > 0
                   ? from.output(0)
                   : graph.initializer(static_cast<int>(random() % std::uint32_t(graph.initializer_size())))
                         .name();
    };
    switch (random() % 6) {
    case 0:
        node.set_op_type(kOperators[random() % std::size(kOperators)]);
        break;
    case 1:
        if (node.input_size() > 0)
            node.set_input(static_cast<int>(random() % std::uint32_t(node.input_size())), anyName());
        break;
    case 2:
        node.add_input(anyName());
        break;
    case 3:
        for (auto& attribute : *node.mutable_attribute()) {
            attribute.set_i(nastyNumber(random));
            for (auto& value : *attribute.mutable_ints()) {
                if (random() % 2)
                    value = nastyNumber(random);
            }
        }
        break;
    case 4: {
        auto& tensor =
            *graph.mutable_initializer(static_cast<int>(random() % std::uint32_t(graph.initializer_size())));
        for (auto& value : *tensor.mutable_int64_data()) {
            if (random() % 2)
                value = nastyNumber(random);
        }
        break;
    }
    default: {
        auto& tensor =
            *graph.mutable_initializer(static_cast<int>(random() % std::uint32_t(graph.initializer_size())));
        if (random() % 2)
            std::swap(*tensor.mutable_dims()->begin(), *(tensor.mutable_dims()->end() - 1));
        else
            tensor.add_dims(1);
        break;
    }
    }
}

} // namespace

class FuzzOnnx : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { at::set_num_threads(1); }

    void mutatedBytesAreSurvived()
    {
        std::mt19937 random(20261122);
        const std::string models[] = {smallClassifier().bytes(), smallTransformer().bytes()};
        Counts counts;
        for (int round = 0; round < kByteRounds; ++round)
            openAnything(mutated(models[round % 2], random), counts);
        qInfo("%d executions: %d refused, %d run", kByteRounds, counts.refused, counts.ran);
        QVERIFY(counts.refused > kByteRounds / 10 && counts.ran > kByteRounds / 100);
    }

    void mutatedFieldsAreSurvived()
    {
        std::mt19937 random(42);
        Counts counts;
        for (int round = 0; round < kFieldRounds; ++round) {
            ModelBuilder builder = round % 2 ? smallTransformer() : smallClassifier();
            for (std::uint32_t i = 0; i <= random() % 3; ++i)
                mutateField(*builder.proto().mutable_graph(), random);
            openAnything(builder.bytes(), counts);
        }
        qInfo("%d executions: %d refused, %d run", kFieldRounds, counts.refused, counts.ran);
        QVERIFY(counts.refused > kFieldRounds / 10 && counts.ran > kFieldRounds / 100);
    }
};

QTEST_GUILESS_MAIN(FuzzOnnx)
#include "fuzz_onnx.moc"
