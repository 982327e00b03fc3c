#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "plugins/backdoor/unlearn_edit.h"
#include "tests/support/sentence_of.h"

#include <torch/nn.h>

#include <QTest>

using namespace assay;
using namespace assay::backdoor;

namespace {

torch::Tensor table(std::vector<std::vector<float>> rows)
{
    std::vector<torch::Tensor> made;
    for (const auto& row : rows)
        made.push_back(torch::tensor(row));
    return torch::stack(made);
}

/// One fully connected layer of two units, without bias.
class TwoUnits final : public models::Network
{
public:
    TwoUnits()
        : m_fc(register_module("fc", torch::nn::Linear(torch::nn::LinearOptions(2, 2).bias(false))))
    {
        const torch::NoGradGuard off;
        m_fc->weight.copy_(table({{2, -1}, {1, 1}}));
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        return m_fc->forward(x.flatten(1)).relu_(); // overwrites the layer's output, as networks do
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    torch::nn::Linear m_fc;
};

/// A 1x1 convolution of one channel to two, normalised, then a sum over space.
class NormedConvolution final : public models::Network
{
public:
    NormedConvolution()
        : m_conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 2, 1).bias(false))))
        , m_norm(register_module("norm", torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(2).eps(0))))
    {
        const torch::NoGradGuard off;
        m_conv->weight.copy_(torch::tensor({1.f, -1.f}).view({2, 1, 1, 1}));
        m_norm->weight.copy_(torch::tensor({2.f, 3.f}));
        m_norm->bias.copy_(torch::tensor({0.5f, 1.f}));
        eval();
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        return m_norm->forward(m_conv->forward(x)).relu_().sum(torch::IntArrayRef{2, 3});
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    torch::nn::Conv2d m_conv;
    torch::nn::BatchNorm2d m_norm;
};

torch::Tensor image(float first, float second)
{
    return torch::tensor({first, second}).view({1, 1, 1, 2});
}

void sameNumbers(const torch::Tensor& found, const torch::Tensor& wanted)
{
    QVERIFY2(found.sizes() == wanted.sizes() && torch::allclose(found, wanted, 1e-6, 1e-6),
             qPrintable(QString::fromStdString(torch::str(found))));
}

LayerGuidance guidance(std::vector<float> a, std::vector<float> b)
{
    LayerGuidance g;
    g.a = torch::tensor(a);
    g.b = torch::tensor(b);
    return g;
}

} // namespace

/// The edit against results by hand.
class TestUnlearnEdit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEditByHand()
    {
        auto network = std::make_shared<TwoUnits>();
        const auto layers = models::probeLayers(*network, image(0, 0));
        QCOMPARE(layers.size(), std::size_t(1));
        QCOMPARE(layers[0].name, std::string("fc"));
        QVERIFY(!layers[0].bias.defined());
        const auto forget = layerActivity(*network, layers, image(1, 0));
        const auto contrast = layerActivity(*network, layers, image(0, 1));
        sameNumbers(forget[0].output, torch::tensor({2.f, 1.f}));
        sameNumbers(contrast[0].output, torch::tensor({0.f, 1.f})); // -1 does not pass the ReLU
        const LayerGuidance g = guidanceOf(forget[0], contrast[0], Guidance::Contrast);
        sameNumbers(g.matrix(), table({{1, 0}, {0, 0}}));
        sameNumbers(guidanceOf(forget[0], contrast[0], Guidance::Raw).matrix(), table({{1, 0}, {0.5, 0}}));

        WeightEdit edit(network, layers, {g}, {});
        edit.apply(2); // mean |W| is 5/4
        sameNumbers(layers[0].weight, table({{-0.5, -1}, {1, 1}}));
        sameNumbers(network->forward(image(1, 0), nullptr), table({{0, 1}}));
        edit.apply(0.4); // always from the original weights
        sameNumbers(layers[0].weight, table({{1.5, -1}, {1, 1}}));
        edit.apply(0);
        sameNumbers(layers[0].weight, table({{2, -1}, {1, 1}}));
    }

    void dampingNeverTurnsAWeight()
    {
        const LayerGuidance g = guidance({1, 0.5}, {1, 0.25});
        const torch::Tensor w = table({{2, -1}, {1, 4}});
        sameNumbers(editedWeight(w, g, EditRule::Damping, 0.5), table({{1, -0.75}, {0.875, 3.75}}));
        sameNumbers(editedWeight(w, g, EditRule::Damping, 2), table({{0, 0}, {0.5, 3}}));
    }

    /// The strength is in units of the layer's mean weight: it means the same for large weights and small.
    void theStrengthFollowsTheLayersScale()
    {
        const LayerGuidance g = guidance({1, 0.5}, {1, 0.25});
        const torch::Tensor w = table({{2, -1}, {1, 4}});
        sameNumbers(editedWeight(10 * w, g, EditRule::Subtractive, 5),
                    10 * editedWeight(w, g, EditRule::Subtractive, 5));
    }

    void biasesByHand()
    {
        const LayerGuidance g = guidance({1}, {1, 0.5});
        const torch::Tensor b = torch::tensor({0.5f, -1.f}); // mean |b| is 3/4
        sameNumbers(editedBias(b, g, EditRule::Subtractive, 2), torch::tensor({-1.f, -1.75f}));
        sameNumbers(editedBias(b, g, EditRule::Damping, 1), torch::tensor({0.f, -0.5f}));
    }

    void onlyWhoAsksEditsBiases()
    {
        for (const bool biases : {false, true}) {
            auto network = models::makeNetwork("mlp", {{"widths", {4}}}, {.height = 1, .width = 2}, 2);
            models::initialise(*network, at::detail::createCPUGenerator(3));
            const auto all = models::probeLayers(*network, image(0, 0));
            const torch::Tensor weight = all[1].weight.clone(), bias = all[1].bias.clone();
            WeightEdit edit(network, {all[1]}, {guidance({1, 0, 0, 0}, {1, 0})}, {.biases = biases});
            edit.apply(1);
            QVERIFY(!torch::equal(all[1].weight, weight));
            sameNumbers(all[1].bias, biases ? bias - bias.abs().mean() * torch::tensor({1.f, 0.f}) : bias);
        }
    }

    void kernelsAreEditedAlikeAtEveryPlace()
    {
        const torch::Tensor w = torch::ones({2, 2, 3, 3});
        const torch::Tensor edited = editedWeight(w, guidance({0, 1}, {1, 0.5}), EditRule::Subtractive, 0.4);
        sameNumbers(edited.select(1, 0), torch::ones({2, 3, 3}));
        sameNumbers(edited[0][1], torch::full({3, 3}, 0.6));
        sameNumbers(edited[1][1], torch::full({3, 3}, 0.8));
    }

    /// Absolute values over space, and units behind their normalisation.
    void activityOfAConvolution()
    {
        const auto network = std::make_shared<NormedConvolution>();
        const auto layers = models::probeLayers(*network, image(0, 0));
        QCOMPARE(layers.size(), std::size_t(1));
        QVERIFY(layers[0].convolution);
        QVERIFY(layers[0].normWeight.defined());
        const auto activity = layerActivity(*network, layers, image(1, -2));
        sameNumbers(activity[0].input, torch::tensor({1.5f}));
        // Unit 0: 2 * (1, -2) + 0.5 = (2.5, -3.5); unit 1: 3 * (-1, 2) + 1 = (-2, 7).
        sameNumbers(activity[0].output, torch::tensor({1.25f, 3.5f}));
    }

    void batchesDoNotMatter()
    {
        auto network = models::makeNetwork("vgg", Json::object(), {}, 10);
        models::initialise(*network, at::detail::createCPUGenerator(5));
        network->eval();
        const auto layers = models::probeLayers(*network, torch::zeros({1, 1, 28, 28}));
        const auto generator = at::detail::createCPUGenerator(7);
        const torch::Tensor x = torch::rand({130, 1, 28, 28}, generator, torch::kFloat32);
        const auto all = layerActivity(*network, layers, x);
        const auto few = layerActivity(*network, layers, x.narrow(0, 0, 65));
        const auto rest = layerActivity(*network, layers, x.narrow(0, 65, 65));
        for (std::size_t l = 0; l < layers.size(); ++l)
            QVERIFY(torch::allclose(all[l].output, (few[l].output + rest[l].output) / 2, 1e-4, 1e-6));
    }

    void nothingToForgetLeavesTheLayerAlone()
    {
        const LayerActivity same = {torch::tensor({1.f, 2.f}), torch::tensor({3.f})};
        const LayerGuidance g = guidanceOf(same, same, Guidance::Contrast);
        QVERIFY(g.empty);
        const torch::Tensor w = table({{2, -1}});
        sameNumbers(editedWeight(w, g, EditRule::Subtractive, 5), w);
        sameNumbers(editedBias(torch::tensor({1.f}), g, EditRule::Damping, 5), torch::tensor({1.f}));
    }

    void layersAreThoseThatRun_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("layers");
        QTest::addColumn<QString>("last");
        QTest::newRow("mlp") << "mlp" << 3 << "fc2, out";
        QTest::newRow("vgg") << "vgg" << 5 << "fc1, fc2";
        QTest::newRow("resnet") << "resnet" << 10 << "layer3.0.downsample.0, fc"; // runs after the body
        QTest::newRow("convmixer: depthwise convolutions are not among them") << "convmixer" << 6 << "";
    }

    void layersAreThoseThatRun()
    {
        QFETCH(QString, architecture);
        QFETCH(int, layers);
        QFETCH(QString, last);
        auto network = models::makeNetwork(architecture.toStdString(), Json::object(), {}, 10);
        network->eval();
        const auto all = models::probeLayers(*network, torch::zeros({1, 1, 28, 28}));
        QCOMPARE(static_cast<int>(all.size()), layers);
        const auto chosen = layersNamed(all, {}, "it");
        if (!last.isEmpty())
            QCOMPARE(QString::fromStdString(chosen[0].name + ", " + chosen[1].name), last);
        // Layers are views of the network itself.
        std::size_t found = 0;
        for (const auto& [name, tensor] : network->persistent())
            for (const auto& layer : all)
                found += name == layer.name + ".weight" && tensor.data_ptr() == layer.weight.data_ptr();
        QCOMPARE(found, all.size());
    }

    void unknownLayersAreNamed()
    {
        auto network = models::makeNetwork("vgg", Json::object(), {}, 10);
        const auto all = models::probeLayers(*network, torch::zeros({1, 1, 28, 28}));
        QCOMPARE(
            test::sentenceOf([&] {
                layersNamed(all, {"fc1", "fc9"}, "fashion-vgg");
            }),
            QString("layers: there is no layer 'fc9' in fashion-vgg. It has conv1, conv2, conv3, fc1, fc2."));
        const auto chosen = layersNamed(all, {"fc2", "conv3"}, "fashion-vgg");
        QCOMPARE(chosen.size(), std::size_t(2));
        QCOMPARE(chosen[0].name, std::string("conv3"));
    }

    void theLeastStrengthThatServes()
    {
        bool found = false;
        QCOMPARE(smallestAlpha([](double alpha) { return 1 / (1 + alpha); }, 0.2, &found), 5.0);
        QVERIFY(found);
        QCOMPARE(smallestAlpha([](double) { return 1.0; }, 0.05, &found), 20.0);
        QVERIFY(!found);
    }
};

QTEST_GUILESS_MAIN(TestUnlearnEdit)
#include "tst_unlearn_edit.moc"
