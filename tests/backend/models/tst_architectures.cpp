#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/seeded_network.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::models;
using assay::test::sentenceOf;

namespace {

const InputSpec kGrey = {.channels = 1, .height = 28, .width = 28, .mean = {0.3}, .stddev = {0.4}};
const InputSpec kColour = {
    .channels = 3, .height = 32, .width = 32, .mean = {0.5, 0.4, 0.3}, .stddev = {0.2, 0.25, 0.3}};

torch::Tensor inputs(const InputSpec& input)
{
    return torch::empty({6, input.channels, input.height, input.width})
        .uniform_(0, 1, at::detail::createCPUGenerator(3));
}

} // namespace

class TestArchitectures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Those of our own zoo, at their full size; architectures/tst_published has the others.
    void everyArchitecture_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"convmixer", "mlp", "resnet", "small_cnn", "vgg"})
            QTest::newRow(name) << QString(name);
    }

    void everyArchitecture()
    {
        QFETCH(QString, name);
        for (const InputSpec& input : {kGrey, kColour}) {
            const auto network = test::seededNetwork(name.toStdString(), input);
            ModelCard card;
            card.name = "test";
            card.classes.resize(10);
            const torch::Tensor x = inputs(input);
            torch::Tensor plain;
            {
                const torch::NoGradGuard off;
                plain = network->forward(x);
            }
            const Model model(network, card);

            // Folding is exact up to rounding.
            const torch::Tensor folded = model.logits(x);
            QCOMPARE(folded.sizes(), torch::IntArrayRef({6, 10}));
            QVERIFY(torch::allclose(folded, plain, 1e-4, 1e-4));
            QVERIFY(plain.std().item<double>() > 1e-3); // otherwise the comparison says nothing

            // Gradients flow to the input only.
            const torch::Tensor leaf = x.clone().requires_grad_(true);
            const auto gradient = torch::autograd::grad({model.logits(leaf).sum()}, {leaf})[0];
            QVERIFY(gradient.abs().sum().item<double>() > 0);
            for (const auto& entry : model.namedParameters())
                QVERIFY(!entry.second.requires_grad());

            // A clone computes the same and shares nothing.
            const auto clone = model.cloneNetwork();
            QVERIFY(torch::allclose(clone->forward(x), plain, 1e-5, 1e-5));
            for (auto& entry : clone->persistent())
                entry.second.zero_();
            QVERIFY(torch::equal(model.logits(x), folded));
        }
    }

    void tapsComeInOrder_data() { everyArchitecture_data(); }

    void tapsComeInOrder()
    {
        QFETCH(QString, name);
        ModelCard card;
        card.classes.resize(10);
        const Model model(test::seededNetwork(name.toStdString(), kGrey), card);
        std::vector<std::string> seen;
        torch::Tensor last;
        const TapSink sink = [&](const std::string& tap, const torch::Tensor& value) {
            seen.push_back(tap);
            last = value;
        };
        model.logits(inputs(kGrey), sink);
        QCOMPARE(seen, model.taps());
        QCOMPARE(last.dim(), 2); // penultimate features
    }

    /// Normalisation happens inside: a network with mean m and deviation s equals the one without, fed
    /// (x-m)/s.
    void normalisesInside()
    {
        const auto with = test::seededNetwork("mlp", kColour);
        InputSpec bare = kColour;
        bare.mean = {0, 0, 0};
        bare.stddev = {1, 1, 1};
        const auto without = test::seededNetwork("mlp", bare);
        const torch::NoGradGuard off;
        const torch::Tensor x = inputs(kColour);
        const torch::Tensor mean = torch::tensor(kColour.mean).to(torch::kFloat32).view({1, 3, 1, 1});
        const torch::Tensor deviation = torch::tensor(kColour.stddev).to(torch::kFloat32).view({1, 3, 1, 1});
        QVERIFY(torch::allclose(with->forward(x), without->forward((x - mean) / deviation), 1e-4, 1e-4));
    }

    void sameSeedSameWeights()
    {
        torch::manual_seed(1); // must not matter
        const auto first = test::seededNetwork("small_cnn", kGrey);
        torch::manual_seed(2);
        const auto second = test::seededNetwork("small_cnn", kGrey);
        const auto a = first->persistent();
        const auto b = second->persistent();
        QCOMPARE(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY(torch::equal(a[i].second, b[i].second));
    }

    void initialWeightsAreKaimingUniform()
    {
        const auto network = makeNetwork("mlp", Json::object(), kGrey, 10);
        initialise(*network, at::detail::createCPUGenerator(5));
        const torch::Tensor weight = network->named_parameters()["fc1.weight"];
        const double bound = std::sqrt(6.0 / 784);
        QVERIFY(weight.abs().max().item<double>() <= bound);
        QVERIFY(std::abs(weight.std().item<double>() - bound / std::sqrt(3.0)) < 0.01 * bound);
        QCOMPARE(network->named_parameters()["fc1.bias"].abs().max().item<double>(), 0.0);
    }

    void resnetHasTorchvisionsNames()
    {
        std::vector<std::string> names;
        const auto network = makeNetwork("resnet", {{"widths", {4, 8}}}, kGrey, 10);
        for (const auto& entry : network->persistent())
            names.push_back(entry.first);
        for (const char* name :
             {"conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer1.0.bn2.bias",
              "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_var", "fc.bias"})
            QVERIFY2(std::find(names.begin(), names.end(), name) != names.end(), name);
        QCOMPARE(names.front(), "conv1.weight");
    }

    void optionsAreStrict_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("options");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("unknown architecture")
            << "lenet" << QByteArray("{}")
            << "there is no architecture 'lenet'. Known architectures: "
               "convmixer, convmixer_original, deit_small, deit_tiny, densenet121, "
               "mlp, mobilenet_v2, patch_transformer, resnet, resnet18, resnet18_cifar, resnet34, "
               "resnet50, small_cnn, vgg, vgg16, vgg16_bn, vit_small, vit_tiny, "
               "wide_resnet28_10, grid-detector.";
        QTest::newRow("unknown option")
            << "mlp" << QByteArray(R"({"depth": 3})") << "mlp: has no option 'depth'. Known options: widths.";
        QTest::newRow("huge width")
            << "convmixer" << QByteArray(R"({"width": 1000000000000})")
            << "convmixer: option 'width' is 1000000000000; it must be an integer from 1 to "
               "4096.";
        QTest::newRow("text for a number")
            << "vgg" << QByteArray(R"({"hidden": "many"})")
            << "vgg: option 'hidden' is \"many\"; it must be an integer from 1 to 16384.";
        QTest::newRow("short list") << "small_cnn" << QByteArray(R"({"widths": [1, 2]})")
                                    << "small_cnn: option 'widths' must be a list of 3 integers.";
        QTest::newRow("even kernel") << "convmixer" << QByteArray(R"({"kernel": 4})")
                                     << "convmixer: option 'kernel' is 4; it must be odd.";
        QTest::newRow("lengths") << "resnet" << QByteArray(R"({"widths": [4, 8], "blocks": [1]})")
                                 << "resnet: options 'widths' and 'blocks' differ in length: 2 and 1.";
        QTest::newRow("no object") << "mlp" << QByteArray("[]") << "mlp: options must be a JSON object.";
    }

    void optionsAreStrict()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        QFETCH(QString, sentence);
        const Json json = Json::parse(options.toStdString());
        QCOMPARE(sentenceOf([&] { makeNetwork(architecture.toStdString(), json, kGrey, 10); }), sentence);
    }

    void inputsAreChecked()
    {
        InputSpec small = kGrey;
        small.height = 4;
        QCOMPARE(sentenceOf([&] { makeNetwork("small_cnn", {}, small, 10); }),
                 "small_cnn: needs images of at least 8 x 8 pixels; the input is 4 x 28.");
        InputSpec still = kGrey;
        still.stddev = {0};
        QVERIFY(sentenceOf([&] { makeNetwork("mlp", {}, still, 10); }).contains("greater than 0"));
        QVERIFY(sentenceOf([&] { makeNetwork("mlp", {}, kGrey, 1); }).contains("1 classes"));
    }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
