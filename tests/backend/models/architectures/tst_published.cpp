#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>

using namespace assay;
using namespace assay::models;

namespace {

InputSpec colour(std::int64_t side)
{
    return {
        .channels = 3, .height = side, .width = side, .mean = {0.5, 0.4, 0.3}, .stddev = {0.2, 0.25, 0.3}};
}

/// Options that make each architecture small; its structure stays.
const std::map<std::string, Json>& smallOptions()
{
    static const std::map<std::string, Json> table = {
        {"convmixer", Json::object()},
        {"convmixer_original", {{"width", 16}, {"depth", 2}, {"kernel", 5}, {"patch", 4}}},
        {"deit_small", {{"width", 24}, {"depth", 2}, {"heads", 3}, {"patch", 8}}},
        {"deit_tiny", {{"width", 24}, {"depth", 2}, {"heads", 2}, {"patch", 8}}},
        {"densenet121", {{"growth", 4}, {"stem", 8}, {"blocks", {2, 3, 2, 1}}}},
        {"mlp", Json::object()},
        {"mobilenet_v2", Json::object()},
        {"patch_transformer",
         {{"width", 24}, {"depth", 2}, {"heads", 3}, {"positions", 1}, {"reattention", 1}, {"stem", 20}}},
        {"resnet", Json::object()},
        {"resnet18", {{"width", 8}}},
        {"resnet18_cifar", {{"width", 8}}},
        {"resnet34", {{"width", 8}}},
        {"resnet50", {{"width", 8}}},
        {"small_cnn", Json::object()},
        {"vgg", Json::object()},
        {"vgg16", {{"hidden", 16}}},
        {"vgg16_bn", {{"hidden", 16}}},
        {"vit_small", {{"width", 24}, {"depth", 1}, {"heads", 3}, {"patch", 4}}},
        {"vit_tiny", {{"width", 24}, {"depth", 3}, {"heads", 1}, {"patch", 16}}},
        {"wide_resnet28_10", {{"depth", 10}, {"widen", 1}}},
    };
    return table;
}

std::shared_ptr<Network> seeded(const std::string& name, const InputSpec& input)
{
    auto network = makeNetwork(name, smallOptions().at(name), input, 5);
    auto generator = at::detail::createCPUGenerator(11);
    initialise(*network, generator);
    const torch::NoGradGuard off;
    for (auto& [key, tensor] : network->persistent()) {
        if (key.ends_with("running_mean") || key.ends_with("bias"))
            tensor.normal_(0, 0.2, generator);
        else if (tensor.dim() == 1)
            tensor.uniform_(0.7, 1.4, generator);
    }
    network->eval();
    return network;
}

torch::Tensor images(const InputSpec& input)
{
    return torch::empty({3, input.channels, input.height, input.width})
        .uniform_(0, 1, at::detail::createCPUGenerator(3));
}

Model modelOf(std::shared_ptr<Network> network)
{
    ModelCard card;
    card.name = "test";
    card.classes.resize(5);
    return {std::move(network), card};
}

bool close(const torch::Tensor& value, const torch::Tensor& expected)
{
    return ((value - expected).abs().max() / expected.abs().max()).item<double>() < 1e-4;
}

template <class Call>
QString sentenceOf(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestPublished : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parameterCounts_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("options");
        QTest::addColumn<int>("side");
        QTest::addColumn<int>("classes");
        QTest::addColumn<qint64>("count");
        const auto row = [](const char* architecture, const char* options, int side, int classes,
                            qint64 count) {
            QTest::addRow("%s %s", architecture, options)
                << QString(architecture) << QByteArray(options) << side << classes << count;
        };
        // torchvision's documentation (models, "num_params").
        row("resnet18", "{}", 224, 1000, 11689512);
        row("resnet34", "{}", 224, 1000, 21797672);
        row("resnet50", "{}", 224, 1000, 25557032);
        row("vgg16", "{}", 224, 1000, 138357544);
        row("vgg16_bn", "{}", 224, 1000, 138365992);
        row("mobilenet_v2", "{}", 224, 1000, 3504872);
        row("densenet121", "{}", 224, 1000, 7978856);
        row("densenet121", R"({"blocks": [6, 12, 32, 32]})", 224, 1000, 14149480); // DenseNet-169
        row("densenet121", R"({"blocks": [6, 12, 36, 24], "growth": 48, "stem": 96})", 224, 1000,
            28681000); // DenseNet-161
        // timm's model cards; ConvMixer: 51.6 M and 21.1 M in table 1 of Trockman and Kolter 2022.
        row("deit_tiny", "{}", 224, 1000, 5717416);
        row("vit_tiny", "{}", 224, 1000, 5717416);
        row("deit_small", "{}", 224, 1000, 22050664);
        row("vit_small", "{}", 224, 1000, 22050664);
        row("convmixer_original", "{}", 224, 1000, 51625960);
        row("convmixer_original", R"({"width": 768, "depth": 32, "kernel": 7, "relu": 1})", 224, 1000,
            21110248);
        // Zagoruyko and Komodakis 2016, table 4: 36.5 M and 11.0 M; pytorch-cifar's ResNet-18: 11.17 M.
        row("wide_resnet28_10", "{}", 32, 10, 36479194);
        row("wide_resnet28_10", R"({"depth": 16, "widen": 8})", 32, 10, 10961370);
        row("resnet18_cifar", "{}", 32, 10, 11173962);
    }

    void parameterCounts()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        QFETCH(int, side);
        QFETCH(int, classes);
        QFETCH(qint64, count);
        const auto network = makeNetwork(architecture.toStdString(), Json::parse(options.toStdString()),
                                         colour(side), classes);
        QCOMPARE(parameterCount(*network), count);
    }

    void everyArchitecture_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : architectureNames())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    /// The table of small options above must keep up with the registry.
    void everyArchitectureIsTested()
    {
        for (const std::string& name : architectureNames())
            QVERIFY2(smallOptions().contains(name), name.c_str());
        QCOMPARE(smallOptions().size(), architectureNames().size());
    }

    void foldingIsExactAndGradientsReachTheInputOnly_data() { everyArchitecture_data(); }

    void foldingIsExactAndGradientsReachTheInputOnly()
    {
        QFETCH(QString, name);
        const InputSpec input = colour(32);
        const auto network = seeded(name.toStdString(), input);
        const torch::Tensor x = images(input);
        torch::Tensor plain;
        {
            const torch::NoGradGuard off;
            plain = network->forward(x);
        }
        QVERIFY(plain.std().item<double>() > 1e-3); // otherwise the comparison says nothing
        const Model model = modelOf(network);
        const torch::Tensor leaf = x.clone().requires_grad_(true);
        const torch::Tensor logits = model.logits(leaf);
        QVERIFY(close(logits.detach(), plain));
        const torch::Tensor gradient = torch::autograd::grad({logits.sum()}, {leaf})[0];
        QVERIFY(torch::isfinite(gradient).all().item<bool>());
        QVERIFY(gradient.abs().max().item<double>() > 0);
        for (const torch::Tensor& parameter : network->parameters())
            QVERIFY(!parameter.requires_grad());
        QVERIFY(!model.logits(x).requires_grad());
    }

    void tapsComeInOrderAndStayAsTheyWere_data() { everyArchitecture_data(); }

    /// An operation in place behind a tap would change what was reported.
    void tapsComeInOrderAndStayAsTheyWere()
    {
        QFETCH(QString, name);
        const Model model = modelOf(seeded(name.toStdString(), colour(32)));
        std::vector<std::string> seen;
        std::vector<std::pair<torch::Tensor, torch::Tensor>> values;
        const TapSink sink = [&](const std::string& tap, const torch::Tensor& value) {
            seen.push_back(tap);
            values.emplace_back(value, value.clone());
        };
        model.logits(images(colour(32)), sink);
        QCOMPARE(seen, model.taps());
        QCOMPARE(values.back().first.dim(), 2); // penultimate features
        for (std::size_t i = 0; i < values.size(); ++i)
            QVERIFY2(torch::equal(values[i].first, values[i].second), seen[i].c_str());
    }

    void copiesAnswerTheSame_data() { everyArchitecture_data(); }

    void copiesAnswerTheSame()
    {
        QFETCH(QString, name);
        const InputSpec input = colour(32);
        const auto network = seeded(name.toStdString(), input);
        const auto copy = network->copy();
        const torch::NoGradGuard off;
        QVERIFY(torch::equal(copy->forward(images(input)), network->forward(images(input))));
        QVERIFY(copy->persistent()[0].second.data_ptr() != network->persistent()[0].second.data_ptr());
    }

    void scaleAndChannelOrderAreInside_data() { everyArchitecture_data(); }

    /// A network of 0 .. 255 in the order blue, green, red is one of plain numbers behind the conversion.
    void scaleAndChannelOrderAreInside()
    {
        QFETCH(QString, name);
        InputSpec caffe = colour(32);
        caffe.mean = {103.939, 116.779, 123.68};
        caffe.stddev = {57.375, 57.12, 58.395};
        caffe.scale = 255;
        caffe.bgr = true;
        InputSpec bare = colour(32);
        bare.mean = {0, 0, 0};
        bare.stddev = {1, 1, 1};
        const torch::NoGradGuard off;
        const torch::Tensor x = images(caffe);
        const torch::Tensor reversed = torch::stack({x.select(1, 2), x.select(1, 1), x.select(1, 0)}, 1);
        const torch::Tensor mean = torch::tensor(caffe.mean).to(torch::kFloat32).view({1, 3, 1, 1});
        const torch::Tensor deviation = torch::tensor(caffe.stddev).to(torch::kFloat32).view({1, 3, 1, 1});
        const torch::Tensor expected =
            seeded(name.toStdString(), bare)->forward((reversed * 255 - mean) / deviation);
        QVERIFY(close(seeded(name.toStdString(), caffe)->forward(x), expected));
        InputSpec rgb = caffe;
        rgb.bgr = false;
        QVERIFY(!close(seeded(name.toStdString(), rgb)->forward(x), expected));
    }

    /// One channel takes another way through normalise().
    void scaleOfOneChannel()
    {
        const InputSpec grey = {.mean = {33}, .stddev = {78}, .scale = 255};
        const InputSpec bare;
        const torch::NoGradGuard off;
        const torch::Tensor x = images(grey);
        QVERIFY(close(seeded("mlp", grey)->forward(x), seeded("mlp", bare)->forward((x * 255 - 33) / 78)));
        const InputSpec scaled = {.scale = 255};
        QVERIFY(close(seeded("mlp", scaled)->forward(x), seeded("mlp", bare)->forward(x * 255)));
    }

    void otherSizesAndChannelsWork_data() { everyArchitecture_data(); }

    void otherSizesAndChannelsWork()
    {
        QFETCH(QString, name);
        const InputSpec wide = {.channels = 1, .height = 32, .width = 48, .mean = {0.3}, .stddev = {0.4}};
        const Model model = modelOf(seeded(name.toStdString(), wide));
        const torch::Tensor logits = model.logits(images(wide));
        QCOMPARE(logits.sizes(), torch::IntArrayRef({3, 5}));
        QVERIFY(torch::isfinite(logits).all().item<bool>());
    }

    void requestsAreStrict_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("options");
        QTest::addColumn<int>("side");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("no options") << "mobilenet_v2" << QByteArray(R"({"width": 2})") << 32
                                    << "mobilenet_v2: has no option 'width'. It takes none.";
        QTest::newRow("unknown option") << "resnet18" << QByteArray(R"({"depth": 3})") << 32
                                        << "resnet18: has no option 'depth'. Known options: width.";
        QTest::newRow("wide residual depth")
            << "wide_resnet28_10" << QByteArray(R"({"depth": 30})") << 32
            << "wide_resnet28_10: option 'depth' is 30; it must be 6 n + 4, such as 16, 22, 28 or 34.";
        QTest::newRow("heads") << "vit_tiny" << QByteArray(R"({"heads": 5})") << 32
                               << "vit_tiny: option 'heads' is 5; it must divide the width, 192.";
        QTest::newRow("heads of a small one")
            << "patch_transformer" << QByteArray(R"({"heads": 5})") << 32
            << "patch_transformer: option 'heads' is 5; it must divide the width, 96.";
        QTest::newRow("patches")
            << "deit_small" << QByteArray("{}") << 40
            << "deit_small: cuts images into patches of 16 x 16 pixels, which do not fill "
               "the input of 40 x 40. Choose another size of input or another 'patch'.";
        QTest::newRow("even kernel") << "convmixer_original" << QByteArray(R"({"kernel": 8})") << 32
                                     << "convmixer_original: option 'kernel' is 8; it must be odd.";
        QTest::newRow("relu")
            << "convmixer_original" << QByteArray(R"({"relu": true})") << 32
            << "convmixer_original: option 'relu' is true; it must be an integer from 0 to 1.";
        QTest::newRow("blocks") << "densenet121" << QByteArray(R"({"blocks": [1]})") << 32
                                << "densenet121: option 'blocks' must be a list of 4 integers.";
        QTest::newRow("small for densenet")
            << "densenet121" << QByteArray("{}") << 28
            << "densenet121: needs images of at least 29 x 29 pixels; the input is 28 x 28.";
        QTest::newRow("small for vgg")
            << "vgg16" << QByteArray("{}") << 31
            << "vgg16: needs images of at least 32 x 32 pixels; the input is 31 x 31.";
        QTest::newRow("hidden") << "vgg16_bn" << QByteArray(R"({"hidden": 0})") << 32
                                << "vgg16_bn: option 'hidden' is 0; it must be an integer from 1 to 16384.";
    }

    void requestsAreStrict()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        QFETCH(int, side);
        QFETCH(QString, sentence);
        const Json json = Json::parse(options.toStdString());
        QCOMPARE(sentenceOf([&] { makeNetwork(architecture.toStdString(), json, colour(side), 10); }),
                 sentence);
    }

    /// The least sizes that are allowed do work.
    void leastSizes()
    {
        for (const auto& [name, side] : std::map<std::string, std::int64_t>{
                 {"densenet121", 29}, {"vgg16", 32}, {"mobilenet_v2", 1}, {"resnet50", 1}}) {
            const torch::NoGradGuard off;
            const torch::Tensor logits = seeded(name, colour(side))->forward(images(colour(side)));
            QVERIFY2(torch::isfinite(logits).all().item<bool>(), name.c_str());
        }
    }

    void inputsAreChecked()
    {
        InputSpec dark = colour(32);
        dark.scale = 0;
        QCOMPARE(sentenceOf([&] { makeNetwork("mlp", {}, dark, 10); }), "scale must be greater than 0.");
        const InputSpec grey = {.bgr = true};
        QCOMPARE(
            sentenceOf([&] { makeNetwork("mlp", {}, grey, 10); }),
            "an input of 1 channels has no order blue, green, red. Only inputs of 3 channels can be 'bgr'.");
    }
};

QTEST_GUILESS_MAIN(TestPublished)
#include "tst_published.moc"
