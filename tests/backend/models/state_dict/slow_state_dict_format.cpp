#include "backend/models/architectures/architectures.h"
#include "backend/models/files/safetensors.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/state_dict/state_dict_format.h"
#include "backend/protocol/error.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <fstream>

using namespace assay;
using namespace assay::models;

/// Weights that PyTorch and torchvision wrote (make_weights.py): recognised, completed by the user's words,
/// and loaded to give the same answers.
class TestStateDictFormat : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path path(const QString& name) const
    {
        return std::filesystem::path(m_dir.filePath(name).toStdString());
    }

    QByteArray bytesOf(const QString& name) const
    {
        QFile file(m_dir.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    static QStringList texts(const ModelImport& import)
    {
        QStringList list;
        for (const auto& finding : import.findings)
            list.append(QString::fromStdString(finding.text));
        return list;
    }

    static QString problems(const ModelImport& import)
    {
        QStringList list;
        for (const auto& finding : import.findings) {
            if (finding.level == protocol::Finding::Level::Problem)
                list.append(QString::fromStdString(finding.text));
        }
        return list.join(' ');
    }

    static QStringList asks(const ModelImport& import)
    {
        QStringList list;
        for (const auto& field : import.asks)
            list.append(QString::fromStdString(field));
        return list;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QProcess python;
        python.setProcessChannelMode(QProcess::MergedChannels);
        python.start(
            "/usr/bin/python3",
            {ASSAY_TEST_SOURCE_DIR "/tests/backend/models/state_dict/make_weights.py", m_dir.path()});
        QVERIFY(python.waitForFinished(180'000));
        QVERIFY2(python.exitCode() == 0, python.readAll().constData());
    }

    void givesTheSameAnswers_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("options");
        QTest::addColumn<QStringList>("asked");
        QTest::addColumn<QString>("finding");
        const QStringList sides = {"height", "width"};
        const QString any;
        QTest::newRow("resnet18") << "resnet18"
                                  << "{}" << sides << any;
        QTest::newRow("wrapped") << "small_cnn"
                                 << R"({"widths":[8,12,20]})" << sides
                                 << "The prefix 'module.' of all names was left out.";
        QTest::newRow("old_form") << "small_cnn"
                                  << R"({"widths":[8,12,20]})" << sides << any;
        QTest::newRow("mobilenet_v2")
            << "mobilenet_v2"
            << "{}" << sides
            << "With 1000 classes it is taken to be a network for ImageNet: mean [0.485, "
               "0.456, 0.406], stddev [0.229, 0.224, 0.225]. Set mean and stddev if it was "
               "trained with others.";
        QTest::newRow("densenet_old_names")
            << "densenet121"
            << "{}" << sides
            << "The names are those of torchvision's older DenseNet files (norm.1 for norm1).";
        QTest::newRow("vit_torchvision")
            << "vit_tiny"
            << R"({"patch":8,"depth":3})" << QStringList()
            << "The names are those of torchvision's vision transformer; they were mapped to timm's.";
        QTest::newRow("small_cnn") << "small_cnn"
                                   << R"({"widths":[8,12,20]})" << sides << any;
        QTest::newRow("half") << "small_cnn"
                              << R"({"widths":[8,12,20]})" << sides << any;
        QTest::newRow("mlp") << "mlp"
                             << R"({"widths":[9,5]})" << QStringList({"height", "width"})
                             << "The weights are those under 'model' of the file.";
    }

    void givesTheSameAnswers()
    {
        QFETCH(QString, architecture);
        QFETCH(QString, options);
        QFETCH(QStringList, asked);
        QFETCH(QString, finding);
        const QString name = QTest::currentDataTag();
        const auto file = path(name + ".pth");
        const ModelFormat* format = recogniseModel(file);
        QVERIFY(format == &kStateDictFormat);
        const Json shapes = Json::parse(bytesOf(name + ".json").toStdString());
        const auto imageShape = shapes["images"].get<std::vector<std::int64_t>>();
        const auto logitShape = shapes["logits"].get<std::vector<std::int64_t>>();

        const ModelImport first = format->inspect(file, {});
        QCOMPARE(QString::fromStdString(first.card.architecture), architecture);
        QCOMPARE(QString::fromStdString(first.card.options.dump()), options);
        QCOMPARE(first.card.input.channels, imageShape[1]);
        QCOMPARE(static_cast<std::int64_t>(first.card.classes.size()), logitShape[1]);
        QCOMPARE(asks(first), asked);
        QCOMPARE(problems(first), QString());
        QVERIFY2(finding.isEmpty() || texts(first).contains(finding), qPrintable(texts(first).join('\n')));

        ModelCorrections corrections{.height = imageShape[2], .width = imageShape[3]};
        if (name == "small_cnn") {
            corrections.mean = {{0.2860}};
            corrections.stddev = {{0.3530}};
        }
        const ModelImport import = format->inspect(file, corrections);
        QCOMPARE(asks(import), QStringList());
        QCOMPARE(problems(import), QString());
        const Model model(format->load(import.card, file), import.card);
        QByteArray raw = bytesOf(name + ".bin");
        auto* numbers = reinterpret_cast<float*>(raw.data());
        const torch::Tensor x = torch::from_blob(numbers, imageShape);
        const torch::Tensor expected = torch::from_blob(numbers + x.numel(), logitShape);
        const torch::NoGradGuard off;
        const torch::Tensor found = model.logits(x);
        const double difference = (found - expected).abs().max().item<double>();
        // Float32 through up to 121 layers, folded here and not there.
        QVERIFY2(difference < 1e-4 * std::max(1.0, expected.abs().max().item<double>()),
                 qPrintable(QString::number(difference)));
    }

    void faultsAreListed()
    {
        const ModelImport import = kStateDictFormat.inspect(path("broken.pth"), {});
        QCOMPARE(problems(import), "The weights do not fit resnet18: missing layer1.0.bn1.bias; of another "
                                   "shape layer3.1.bn2.weight "
                                   "[255] instead of [256]; unexpected extra.weight. Choose another "
                                   "architecture or other options, or "
                                   "save the whole state_dict.");
        QCOMPARE(import.details["missing"].dump(), R"(["layer1.0.bn1.bias"])");
        QCOMPARE(import.details["misshaped"].dump(),
                 R"([{"name":"layer3.1.bn2.weight","found":"[255]","expected":"[256]"}])");
        QCOMPARE(import.details["unexpected"].dump(), R"(["extra.weight"])");
    }

    void classesAreAskedForWithoutAHead()
    {
        const ModelImport import = kStateDictFormat.inspect(path("headless.pth"), {});
        QVERIFY(asks(import).contains("classes"));
        QVERIFY2(problems(import).startsWith("The weights do not fit resnet18: missing fc.weight, fc.bias."),
                 qPrintable(problems(import)));
    }

    void weightsThatAreNoNumbersAreNamed()
    {
        const ModelImport import = kStateDictFormat.inspect(path("spoilt.pth"), {});
        QVERIFY2(
            problems(import).startsWith("The weights contain NaN in layer1.0.conv1.weight; take a checkpoint "
                                        "from before the training diverged."),
            qPrintable(problems(import)));
        QVERIFY(
            texts(import).contains("The weights contain infinite values in bn1.bias; unless they are masks, "
                                   "take a checkpoint from before the training diverged."));
    }

    void unknownTensorsAskForTheArchitecture()
    {
        const ModelImport import = kStateDictFormat.inspect(path("foreign.pth"), {});
        QCOMPARE(asks(import), QStringList({"architecture"}));
        QVERIFY(problems(import).startsWith(
            "The names of the tensors ('encoder.a', 'encoder.b', 'c', ...) are not "
            "those of any known architecture; set architecture to one of convmixer"));
    }

    void theUsersWordsCount()
    {
        const ModelCorrections corrections{
            .name = "mine", .architecture = "resnet34", .classes = {{"a", "b"}}, .dataset = "cats"};
        const ModelImport import = kStateDictFormat.inspect(path("resnet18.pth"), corrections);
        QCOMPARE(import.card.name, "mine");
        QCOMPARE(import.card.dataset, "cats");
        QCOMPARE(import.card.architecture, "resnet34");
        QVERIFY2(
            problems(import).startsWith("The last layer has 7 classes, but 2 names were given; give one name "
                                        "for each class. The weights do not fit resnet34: missing "),
            qPrintable(problems(import)));
    }

    void safetensorsWithoutACard()
    {
        const auto network = makeNetwork(
            "convmixer", {{"width", 6}, {"depth", 2}, {"kernel", 3}, {"patch", 4}},
            {.channels = 3, .height = 16, .width = 16, .mean = {0, 0, 0}, .stddev = {1, 1, 1}}, 4);
        const auto file = path("bare.weights");
        writeSafetensors(file, network->persistent());
        QVERIFY(recogniseModel(file) == &kStateDictFormat);
        const ModelImport import = kStateDictFormat.inspect(file, {.height = 16, .width = 16});
        QCOMPARE(problems(import), QString());
        QCOMPARE(import.card.options.dump(), R"({"width":6,"depth":2,"kernel":3,"patch":4})");
        const Model model(kStateDictFormat.load(import.card, file), import.card);
        network->eval();
        const torch::NoGradGuard off;
        const torch::Tensor x = torch::rand({2, 3, 16, 16});
        QVERIFY(torch::allclose(model.logits(x), network->forward(x), 1e-4, 1e-5));
    }

    /// A file of another kind under our endings is recognised by it, so that its fault is told.
    void mislabelledFilesSaySo()
    {
        for (const char* name : {"a.pth", "a.pt", "a.safetensors"}) {
            std::ofstream(path(name), std::ios::binary) << "GIF89a, not a file of weights";
            QVERIFY(recogniseModel(path(name)) == &kStateDictFormat);
            QVERIFY_EXCEPTION_THROWN(kStateDictFormat.inspect(path(name), {}), Error);
        }
        std::ofstream(path("a.gif"), std::ios::binary) << "GIF89a";
        QVERIFY(recogniseModel(path("a.gif")) != &kStateDictFormat);
    }
};

QTEST_GUILESS_MAIN(TestStateDictFormat)
#include "slow_state_dict_format.moc"
