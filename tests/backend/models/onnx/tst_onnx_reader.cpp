#include "exported.h"
#include "model_builder.h"

#include "backend/models/graph/program.h"
#include "backend/models/onnx/dialect.h"
#include "backend/models/onnx/graph_reader.h"
#include "backend/models/onnx/kernels.h"
#include "backend/models/onnx/onnx_format.h"
#include "backend/models/onnx/tensor_reader.h"
#include "backend/protocol/error.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <functional>
#include <sstream>

using namespace assay;
using namespace assay::models;
using namespace assay::tests;

namespace {

template <class Call>
std::string sentenceOf(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string readSentence(const std::string& bytes)
{
    return sentenceOf([&] {
        auto model = models::onnx::readOnnx(bytes, "m.onnx");
        graph::GraphNetwork network(std::move(model.graph), models::onnx::onnxDialect(),
                                    {.input = {.channels = 3}});
        network.forward(torch::rand({2, 3, 8, 8}));
    });
}

std::string edited(const std::function<void(ModelBuilder&)>& edit)
{
    ModelBuilder builder = smallClassifier();
    edit(builder);
    return builder.bytes();
}

::onnx::TensorProto tensorProto(int type, const std::vector<std::int64_t>& dims)
{
    ::onnx::TensorProto proto;
    proto.set_name("t");
    proto.set_data_type(type);
    for (const std::int64_t size : dims)
        proto.add_dims(size);
    return proto;
}

} // namespace

class TestOnnxReader : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path m_folder;

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1);
        m_folder = m_dir.path().toStdString();
    }

    void handmadeModelsRun()
    {
        QCOMPARE(readSentence(smallClassifier().bytes()), std::string("no error"));
        QCOMPARE(readSentence(smallTransformer().bytes()), std::string("no error"));
    }

    void damageGivesOneSentence_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("sentence");
        const auto row = [](const char* name, const std::string& bytes, const char* sentence) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(sentence);
        };
        const std::string damaged = "m.onnx: is no ONNX file, or a damaged one. Export the network again.";
        const std::string whole = smallClassifier().bytes();
        row("empty", "",
            "m.onnx: holds no network. The file is damaged or of another kind; export it again.");
        row("truncated", whole.substr(0, whole.size() / 2), damaged.c_str());
        row("picture", std::string("\x89PNG\r\n\x1a\n", 8) + std::string(64, '\0'), damaged.c_str());
        row("zeros", std::string(1000, '\0'), damaged.c_str());
        row("newer operator set", edited([](auto& b) { b.proto().mutable_opset_import(0)->set_version(18); }),
            "m.onnx: uses operator set 18; 9 to 17 are read. Export it again with opset_version=17.");
        row("unknown operator", edited([](auto& b) {
                b.node("Nonsense", {"logits"}, {"z"}, "n1");
                b.output("z");
            }),
            "m.onnx: the operator Nonsense of the node 'n1' (opset 13) cannot be computed. docs/models.md "
            "lists "
            "the operators that can.");
        row("operator of another domain", edited([](auto& b) {
                b.node("Gelu", {"logits"}, {"z"}, "g").set_domain("com.microsoft");
                b.output("z");
            }),
            "m.onnx: the operator com.microsoft.Gelu of the node 'g' (opset 13) cannot be computed. "
            "docs/models.md lists the operators that can.");
        row("operator of a later set", edited([](auto& b) {
                b.node("LayerNormalization", {"logits", "bias"}, {"z"}, "l");
                b.output("z");
            }),
            "m.onnx: the operator LayerNormalization of the node 'l' (opset 13) cannot be computed. "
            "docs/models.md lists the operators that can.");
        row("branches", edited([](auto& b) {
                auto& attribute = *b.node("If", {"logits"}, {"z"}, "if").add_attribute();
                attribute.set_name("then_branch");
                attribute.set_type(::onnx::AttributeProto::GRAPH);
                b.output("z");
            }),
            "m.onnx: the operator If of the node 'if' (opset 13) cannot be computed. docs/models.md lists "
            "the "
            "operators that can.");
        row("circle", edited([](auto& b) {
                b.node("Add", {"logits", "z"}, {"y"});
                b.node("Neg", {"y"}, {"z"});
                b.output("z");
            }),
            "m.onnx: the graph runs in a circle. Networks with loops cannot be run.");
        row("made twice", edited([](auto& b) { b.node("Neg", {"image"}, {"logits"}); }),
            "m.onnx: the value 'logits' is made twice.");
        row("never made", edited([](auto& b) { b.node("Neg", {"nowhere"}, {"z"}, "neg"); }),
            "m.onnx: the node 'neg' reads the value 'nowhere', which nothing makes. The file is damaged; "
            "export "
            "it again.");
        row("impossible shape", edited([](auto& b) {
                b.proto().mutable_graph()->mutable_initializer(0)->set_dims(0, std::int64_t(1) << 62);
            }),
            "m.onnx: the tensor 'w' has an impossible shape.");
        row("lying shape",
            edited([](auto& b) { b.proto().mutable_graph()->mutable_initializer(0)->set_dims(0, 5); }),
            "m.onnx: the tensor 'w' needs 135 bytes or numbers for its shape and has 108. The file is "
            "damaged; "
            "export it again.");
        row("texts", edited([](auto& b) {
                b.proto().mutable_graph()->mutable_initializer(0)->set_data_type(::onnx::TensorProto::STRING);
            }),
            "m.onnx: tensors of the type number 8 (texts, complex numbers) are not computed with.");
        row("wrong attribute", edited([](auto& b) {
                setInts(*b.proto().mutable_graph()->mutable_node(0), "strides", {0, 1});
            }),
            "m.onnx: the operator Conv of the node 'conv' (opset 13) cannot be computed: 'strides' has the "
            "value "
            "0; it must be within 1 and 2048.");
        row("huge result", edited([](auto& b) {
                b.numbers("big", {1 << 30, 1 << 30, 1, 1});
                b.node("Expand", {"logits", "big"}, {"z"}, "expand");
                b.proto().mutable_graph()->mutable_output(0)->set_name("z");
            }),
            "m.onnx: the operator Expand of the node 'expand' failed: a result would have more than "
            "268435456 "
            "elements or more than 12 axes.");
        row("too many inputs", edited([](auto& b) {
                b.node("Relu", {"logits", "image"}, {"z"}, "relu");
                b.output("z");
            }),
            "m.onnx: the operator Relu of the node 'relu' (opset 13) has 2 inputs.");
        row("own functions", edited([](auto& b) { b.proto().add_functions()->set_name("f"); }),
            "m.onnx: defines operators of its own, which are not run. Export it again with the functions "
            "inlined.");
        row("shapes that do not fit",
            edited([](auto& b) { b.proto().mutable_graph()->mutable_node(0)->set_input(0, "fc"); }),
            "m.onnx: the operator Conv of the node 'conv' failed: the input has 2 axes instead of 4.");
    }

    void damageGivesOneSentence()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, sentence);
        QCOMPARE(QByteArray::fromStdString(readSentence(bytes.toStdString())), sentence);
    }

    void typedFieldsAndBytesAgree()
    {
        const auto check = [](int type, const std::string& raw,
                              const std::function<void(::onnx::TensorProto&)>& fill,
                              const torch::Tensor& wanted) {
            ::onnx::TensorProto bytes = tensorProto(type, {2});
            bytes.set_raw_data(raw);
            ::onnx::TensorProto fields = tensorProto(type, {2});
            fill(fields);
            for (::onnx::TensorProto* proto : {&bytes, &fields}) {
                const torch::Tensor read = models::onnx::readTensor(*proto, ".", false);
                QCOMPARE(read.scalar_type(), wanted.scalar_type());
                QVERIFY(torch::equal(read, wanted));
            }
        };
        using T = ::onnx::TensorProto;
        const auto ints = [](auto& p) {
            p.add_int32_data(1);
            p.add_int32_data(2);
        };
        check(T::UINT8, {"\1\2", 2}, ints, torch::tensor({1, 2}, torch::kUInt8));
        check(T::INT8, {"\1\2", 2}, ints, torch::tensor({1, 2}, torch::kInt8));
        check(
            T::BOOL, {"\1\0", 2},
            [](auto& p) {
                p.add_int32_data(1);
                p.add_int32_data(0);
            },
            torch::tensor({true, false}));
        check(T::INT16, {"\1\0\2\0", 4}, ints, torch::tensor({1, 2}, torch::kInt16));
        check(T::UINT16, {"\1\0\2\0", 4}, ints, torch::tensor({1, 2}, torch::kInt32));
        check(T::INT32, {"\1\0\0\0\2\0\0\0", 8}, ints, torch::tensor({1, 2}, torch::kInt32));
        check(
            T::UINT32, {"\1\0\0\0\2\0\0\0", 8},
            [](auto& p) {
                p.add_uint64_data(1);
                p.add_uint64_data(2);
            },
            torch::tensor({1, 2}, torch::kInt64));
        check(
            T::INT64, {"\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16},
            [](auto& p) {
                p.add_int64_data(1);
                p.add_int64_data(2);
            },
            torch::tensor({1, 2}, torch::kInt64));
        check(
            T::FLOAT, {"\0\0\x80\x3f\0\0\0\x40", 8},
            [](auto& p) {
                p.add_float_data(1);
                p.add_float_data(2);
            },
            torch::tensor({1.0F, 2.0F}));
        check(
            T::DOUBLE, {"\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40", 16},
            [](auto& p) {
                p.add_double_data(1);
                p.add_double_data(2);
            },
            torch::tensor({1.0, 2.0}, torch::kFloat64));
        check(
            T::FLOAT16, {"\0\x3c\0\x40", 4},
            [](auto& p) {
                p.add_int32_data(0x3c00);
                p.add_int32_data(0x4000);
            },
            torch::tensor({1.0F, 2.0F}).to(torch::kFloat16));
        check(
            T::BFLOAT16, {"\x80\x3f\0\x40", 4},
            [](auto& p) {
                p.add_int32_data(0x3f80);
                p.add_int32_data(0x4000);
            },
            torch::tensor({1.0F, 2.0F}).to(torch::kBFloat16));
    }

    void weightsBesideTheModelAreReadFromItsFolderOnly()
    {
        const auto folder = m_folder / "external";
        std::filesystem::create_directories(folder);
        std::string bytes(4 + 108 * 4, '\0');
        writeFile(folder / "w.bin", bytes);
        writeFile(m_folder / "outside.bin", bytes);
        std::filesystem::create_symlink(m_folder / "outside.bin", folder / "link.bin");
        const auto sentence = [&](const std::string& location, const std::string& offset) {
            const std::string model = edited([&](auto& b) {
                ::onnx::TensorProto& w = *b.proto().mutable_graph()->mutable_initializer(0);
                w.clear_float_data();
                w.set_data_location(::onnx::TensorProto::EXTERNAL);
                auto& place = *w.add_external_data();
                place.set_key("location");
                place.set_value(location);
                auto& start = *w.add_external_data();
                start.set_key("offset");
                start.set_value(offset);
            });
            return sentenceOf([&] { models::onnx::readOnnx(model, folder / "m.onnx"); });
        };
        QCOMPARE(sentence("w.bin", "4"), std::string("no error"));
        const std::string where = (folder / "m.onnx").string();
        for (const std::string& location :
             {std::string("../outside.bin"), std::string("link.bin"), (m_folder / "outside.bin").string(),
              std::string("/etc/passwd"), std::string("missing.bin"), std::string("")})
            QCOMPARE(
                sentence(location, "4"),
                where + ": the tensor 'w' lies in the file '" + location +
                    "', which is not in the model's folder. Put the file beside the model, or export the "
                    "model as one file.");
        QCOMPARE(sentence("w.bin", "5"),
                 where + ": the tensor 'w' needs 432 bytes or numbers for its shape and has "
                         "431. The file is damaged; export it again.");
        QCOMPARE(sentence("w.bin", "-1"),
                 where + ": the tensor 'w' has a length or offset that is no number.");
        QCOMPARE(
            sentence("w.bin", "18446744073709551615"),
            where +
                ": the tensor 'w' needs 432 bytes or numbers for its shape and has 0. The file is damaged; "
                "export it again.");
    }

    void halfPrecisionIsComputedInSingle()
    {
        const std::string bytes = edited([](auto& b) {
            ::onnx::TensorProto& w = *b.proto().mutable_graph()->mutable_initializer(0);
            w.set_data_type(::onnx::TensorProto::FLOAT16);
            w.clear_float_data();
            for (int i = 0; i < 108; ++i)
                w.add_int32_data(0x3c00);
        });
        const auto model = models::onnx::readOnnx(bytes, "m.onnx");
        QVERIFY(model.halfPrecision);
        QCOMPARE(model.graph.value(model.graph.find("w")).constant.scalar_type(), torch::kFloat32);
        QCOMPARE(readSentence(bytes), std::string("no error"));
    }

    void recognisedByContentThenByName()
    {
        const auto recognised = [&](const std::string& name, const std::string& bytes) {
            writeFile(m_folder / name, bytes);
            const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
            return kOnnxFormat.recognises(m_folder / name,
                                          {first, std::min<std::size_t>(bytes.size(), 65536)});
        };
        QVERIFY(recognised("model.bin", smallClassifier().bytes()));
        QVERIFY(recognised("empty.onnx", ""));
        QVERIFY(!recognised("text.txt", "input,label\n1,2\n"));
        QVERIFY(!recognised("a.png", std::string("\x89PNG\r\n\x1a\n", 8)));
        QVERIFY(!recognised("a.zip", std::string("PK\3\4", 4) + std::string(40, '\0')));
        QVERIFY(!recognised("zeros", std::string(4000, '\0')));
        QCOMPARE(sentenceOf([&] { kOnnxFormat.inspect(m_folder / "missing.onnx", {}); }),
                 (m_folder / "missing.onnx").string() +
                     ": cannot be read. Check that the file exists and may be read.");
    }

    void theListInTheDocumentationIsComplete()
    {
        std::ifstream file(ASSAY_TEST_SOURCE_DIR "/docs/models.md");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const std::string begin = "<!-- ONNX operators -->\n";
        const std::size_t from = text.find(begin);
        QVERIFY(from != std::string::npos);
        const std::size_t start = from + begin.size();
        std::istringstream list(text.substr(start, text.find("<!-- end -->") - start));
        std::vector<std::string> documented;
        for (std::string word; list >> word;) {
            if (word.back() == ',' || word.back() == '.')
                word.pop_back();
            documented.push_back(word);
        }
        std::vector<std::string> supported = models::onnx::onnxKernels().names();
        supported.emplace_back("Constant"); // read as a value, not run
        std::sort(supported.begin(), supported.end());
        QVERIFY2(documented == supported,
                 [&] {
                     std::string all;
                     for (const std::string& name : supported)
                         all += name + ", ";
                     return all;
                 }()
                     .c_str());
    }
};

QTEST_GUILESS_MAIN(TestOnnxReader)
#include "tst_onnx_reader.moc"
