#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/densenet.h"
#include "backend/models/architectures/guess.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::models;

namespace {

constexpr std::int64_t kClasses = 6;

InputSpec colourInput(std::int64_t side)
{
    return {.channels = 3, .height = side, .width = side, .mean = {0, 0, 0}, .stddev = {1, 1, 1}};
}

/// "NAME [sizes]", one a line.
std::string listing(const Network& network)
{
    std::string text;
    for (const auto& [name, tensor] : network.persistent()) {
        text += name;
        for (const std::int64_t size : tensor.sizes())
            text += " " + std::to_string(size);
        text += "\n";
    }
    return text;
}

NamedTensors without(NamedTensors tensors, const std::string& name)
{
    std::erase_if(tensors, [&](const auto& entry) { return entry.first == name; });
    return tensors;
}

} // namespace

class TestGuessPublished : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void recognised_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("options");
        QTest::addColumn<int>("side");
        const auto row = [](const char* architecture, const char* options, int side) {
            QTest::addRow("%s %s", architecture, options)
                << QString(architecture) << QByteArray(options) << side;
        };
        row("resnet18", "{}", 224);
        row("resnet18", R"({"width":8})", 224);
        row("resnet34", R"({"width":8})", 224);
        row("resnet50", R"({"width":8})", 224);
        row("resnet18_cifar", "{}", 32);
        row("resnet18_cifar", R"({"width":8})", 32);
        row("vgg16", R"({"hidden":16})", 224);
        row("vgg16_bn", R"({"hidden":16})", 224);
        row("mobilenet_v2", "{}", 224);
        row("densenet121", "{}", 224);
        row("densenet121", R"({"growth":4,"stem":8,"blocks":[1,2,3,1]})", 224);
        row("wide_resnet28_10", R"({"depth":16,"widen":2})", 32);
        row("vit_tiny", "{}", 64);
        row("vit_tiny", R"({"patch":8,"depth":2})", 32);
        row("vit_small", R"({"width":128,"depth":1,"heads":2})", 48);
        row("convmixer_original", R"({"width":16,"depth":3,"kernel":5,"patch":7})", 224);
        row("convmixer_original", R"({"width":16,"depth":3,"kernel":5,"patch":2})", 32);
    }

    void recognised()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        QFETCH(int, side);
        const Json wanted = Json::parse(options.toStdString());
        const auto network = makeNetwork(architecture.toStdString(), wanted, colourInput(side), kClasses);
        const auto guesses = guessArchitectures(network->persistent());
        QVERIFY(!guesses.empty());
        const ArchitectureGuess& guess = guesses.front();
        QCOMPARE(QString::fromStdString(guess.architecture), architecture);
        // Defaults are not said: published networks have no options.
        for (const auto& [key, value] : guess.options.items())
            QVERIFY2(value == wanted.value(key, Json()), key.c_str());
        QCOMPARE(guess.channels, 3);
        QCOMPARE(guess.classes, kClasses);
        QCOMPARE(guess.height > 0 ? guess.height : guess.usualSide, side);
        const auto again = makeNetwork(guess.architecture, guess.options, colourInput(side), guess.classes);
        QCOMPARE(listing(*again), listing(*network));
    }

    void deitIsTheVitOfItsSize()
    {
        const auto network = makeNetwork("deit_small", {{"depth", 1}}, colourInput(32), kClasses);
        QCOMPARE(guessArchitectures(network->persistent()).front().architecture, "vit_small");
    }

    /// The faults of such a file can then be listed.
    void aMissingTensorDoesNotHideTheArchitecture()
    {
        const NamedTensors tensors =
            makeNetwork("resnet18", {{"width", 8}}, colourInput(32), kClasses)->persistent();
        const auto guesses = guessArchitectures(without(tensors, "layer3.1.bn2.running_var"));
        QCOMPARE(guesses.size(), 1u);
        QCOMPARE(guesses.front().architecture, "resnet18");
    }

    /// A small file must not make a large network.
    void aFewTensorsDoNotMakeANetworkOfHundredMillions()
    {
        const NamedTensors vgg = {{"features.17.weight", torch::empty({512, 256, 3, 3})},
                                  {"features.24.weight", torch::empty({512, 512, 3, 3})},
                                  {"classifier.0.weight", torch::empty({4096, 7})}};
        QVERIFY(guessArchitectures(vgg).empty());
        const NamedTensors wide = {{"conv1.weight", torch::empty({16, 3, 3, 3})},
                                   {"block1.layer.0.conv1.weight", torch::empty({320, 1})},
                                   {"block1.layer.0.conv2.weight", torch::empty({320, 1})}};
        QVERIFY(guessArchitectures(wide).empty());
    }

    void olderNamesOfDensenet()
    {
        QCOMPARE(densenetName("features.denseblock1.denselayer2.norm.1.running_mean"),
                 "features.denseblock1.denselayer2.norm1.running_mean");
        QCOMPARE(densenetName("features.denseblock4.denselayer16.conv.2.weight"),
                 "features.denseblock4.denselayer16.conv2.weight");
        for (const char* name : {"features.denseblock1.denselayer2.norm1.weight", "features.conv0.weight",
                                 "features.transition1.conv.weight", "classifier.bias"})
            QCOMPARE(densenetName(name), name);
    }

    void olderFilesOfDensenetAreRecognised()
    {
        NamedTensors tensors =
            makeNetwork("densenet121", {{"growth", 4}}, colourInput(32), kClasses)->persistent();
        for (auto& [name, tensor] : tensors) {
            const std::size_t layer = name.find(".denselayer");
            for (const char* kind : {".norm", ".conv"}) {
                const std::size_t at = layer == std::string::npos ? layer : name.find(kind, layer);
                if (at != std::string::npos)
                    name.insert(at + 5, ".");
            }
        }
        const auto guesses = guessArchitectures(tensors);
        QCOMPARE(guesses.size(), 1u);
        QCOMPARE(guesses.front().architecture, "densenet121");
        QVERIFY(guesses.front().options == Json({{"growth", 4}}));
    }
};

QTEST_GUILESS_MAIN(TestGuessPublished)
#include "tst_guess_published.moc"
