#include "plugins/backdoor/detect_clustering.h"
#include "plugins/backdoor/detect_psc.h"
#include "plugins/backdoor/detect_results.h"
#include "plugins/backdoor/detect_scale_up.h"
#include "plugins/backdoor/detect_spectral.h"
#include "plugins/backdoor/detect_strip.h"
#include "plugins/backdoor/detect_teco.h"
#include "tests/support/sentence_of.h"

#include "backend/engine/devices.h"

#include <QTest>
#include <torch/nn.h>

#include <cmath>

using namespace assay;
using namespace assay::backdoor;

// Every detector by numbers that can be found with pencil and paper.

namespace {

/// The mean pixel, through two layers that hand on what is not negative, against the logit 3 of class 1.
/// Layers are batch normalisations, or the convolutions that these fold into, or none at all.
class DetectHandNet final : public models::Network
{
public:
    enum Layers { Norms, Convolutions, None };
    explicit DetectHandNet(Layers layers)
        : m_layers(layers)
    {
        const torch::NoGradGuard off;
        for (const char* name : {"first", "second"}) {
            if (layers == Norms) {
                auto norm = register_module(name, torch::nn::BatchNorm2d(1));
                norm->running_var.fill_(1 - norm->options.eps()); // so that it divides by one
                m_norms.push_back(norm);
            } else if (layers == Convolutions) {
                auto conv = register_module(name, torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 1, 1)));
                conv->weight.fill_(1);
                conv->bias.zero_();
                m_convs.push_back(conv);
            }
        }
        m_kept = register_parameter("kept", torch::zeros({1}));
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink) override
    {
        torch::Tensor h = x * 10; // pixels of 0.1 .. 1
        for (auto& norm : m_norms)
            h = norm->forward(h).relu();
        for (auto& conv : m_convs)
            h = conv->forward(h).relu();
        h = h.mean({1, 2, 3}).unsqueeze(1);
        if (sink)
            (*sink)("features", h);
        return torch::cat({h, torch::full_like(h, 3) + m_kept}, 1);
    }
    std::vector<std::string> taps() const override { return {"features"}; }
    std::shared_ptr<models::Network> another() const override
    {
        return std::make_shared<DetectHandNet>(m_layers);
    }

private:
    Layers m_layers;
    std::vector<torch::nn::BatchNorm2d> m_norms;
    std::vector<torch::nn::Conv2d> m_convs;
    torch::Tensor m_kept;
};

models::Model handModel(DetectHandNet::Layers layers)
{
    auto network = std::make_shared<DetectHandNet>(layers);
    network->eval();
    models::ModelCard card;
    card.name = "by-hand";
    card.classes = {"bright", "dark"};
    card.input = {.channels = 1, .height = 8, .width = 8};
    return {network, card};
}

/// Even images of these values.
torch::Tensor evenImages(const std::vector<float>& values)
{
    return torch::tensor(values).view({-1, 1, 1, 1}).expand({-1, 1, 8, 8}).contiguous();
}

DetectQueries asked(const torch::Tensor& x, std::int64_t firstId = 0)
{
    return {x, torch::arange(firstId, firstId + x.size(0), torch::kInt64),
            torch::zeros({x.size(0)}, torch::kInt64)};
}

DetectReference darkReference()
{
    // h = 1, 1, 2, 1, all below 3: dark.
    const torch::Tensor x = evenImages({0.1f, 0.1f, 0.2f, 0.1f});
    return {x, torch::arange(4, torch::kInt64), torch::ones({4}, torch::kInt64)};
}

double value(const torch::Tensor& t, std::int64_t i)
{
    return t[i].item<double>();
}

double logistic(double z)
{
    return 1 / (1 + std::exp(-z));
}

} // namespace

class tst_DetectMethods : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pscSelectsTheFirstAboveXi()
    {
        QCOMPARE(pscSelection(2, {0.1, 0.6, 0.7, 0.5}, 0.6).k, 3); // above, not at
        QVERIFY(pscSelection(2, {0.1, 0.6, 0.7}, 0.6).crossed);
        QCOMPARE(pscSelection(2, {0.1, 0.6}, 0.6).k, 2);
        QVERIFY(!pscSelection(2, {0.1, 0.6}, 0.6).crossed);
    }

    void pscMembersEndAtTheFirstLayer()
    {
        using Members = std::vector<std::int64_t>;
        QCOMPARE(pscMembers(3, 10, {.members = 5}), (Members{3, 4, 5, 6, 7}));
        QCOMPARE(pscMembers(9, 10, {.members = 5}), (Members{9, 10}));
        QCOMPARE(pscMembers(10, 10, {.members = 5}), (Members{10}));
        QCOMPARE(pscMembers(3, 10, {.members = 3, .compat = true}), (Members{4, 5, 6}));
        QCOMPARE(pscMembers(9, 10, {.members = 3, .compat = true}), (Members{10, 10, 10}));
    }

    /// Amplified by 2, h doubles with each layer: errors 1/4 (the image with h = 2), then 1.
    void pscByHand_data()
    {
        QTest::addColumn<int>("layers");
        QTest::newRow("batch norms") << int(DetectHandNet::Norms);
        QTest::newRow("folded into convolutions") << int(DetectHandNet::Convolutions);
    }

    void pscByHand()
    {
        QFETCH(const int, layers);
        const models::Model model = handModel(static_cast<DetectHandNet::Layers>(layers));
        const DetectQueries queries = asked(evenImages({0.05f, 0.5f})); // h = 0.5 dark, 5 bright
        const auto none = [] {};
        PscDetector late(model, darkReference(), {.omegas = {1.2, 2}, .xi = 0.6}, none);
        QCOMPARE(late.layers(), 2);
        QCOMPARE(late.traces().size(), std::size_t(2)); // 1.2 makes no error: 1.44 * 2 < 3
        QCOMPARE(late.traces()[0].eta, (std::vector<double>{0, 0}));
        QVERIFY(!late.traces()[0].crossed);
        QCOMPARE(late.chosen().eta, (std::vector<double>{0.25, 1}));
        QCOMPARE(late.chosen().k, 2);
        const torch::Tensor two = late.scores(queries);
        QVERIFY(std::abs(value(two, 0) - logistic(3 - 2)) < 1e-5);
        QVERIFY(std::abs(value(two, 1) - logistic(20 - 3)) < 1e-5);

        PscDetector early(model, darkReference(), {.omegas = {2}, .xi = 0.2}, none);
        QCOMPARE(early.chosen().k, 1);
        QVERIFY(std::abs(value(early.scores(queries), 0) - (logistic(3 - 1) + logistic(3 - 2)) / 2) < 1e-5);
        const torch::Tensor depths = early.confidences(queries.x, none);
        QCOMPARE(depths.sizes(), (torch::IntArrayRef{2, 3}));
        for (const int i : {0, 1, 2})
            QVERIFY(std::abs(value(depths[0], i) - logistic(3 - 0.5 * (1 << i))) < 1e-5);

        PscDetector never(model, darkReference(), {.omegas = {1.2}, .xi = 0.6}, none);
        QVERIFY(never.nothingCrossed());
        QCOMPARE(never.chosen().k, 2);
        PscDetector compat(model, darkReference(), {.omegas = {2}, .xi = 0.2, .members = 2, .compat = true},
                           none);
        QCOMPARE(compat.chosen().eta.size(), std::size_t(1));
        QVERIFY(std::abs(value(compat.scores(queries), 0) - logistic(3 - 2)) < 1e-5); // twice both layers
        // The model itself is what it was.
        QVERIFY(std::abs(model.logits(queries.x)[0][0].item<double>() - 0.5) < 1e-5);
    }

    void pscNeedsLayers()
    {
        QCOMPARE(
            test::sentenceOf([] { AmplifiedNetwork network(handModel(DetectHandNet::None)); }),
            QStringLiteral("by-hand: the network has neither normalisations nor convolutions to amplify. "
                           "Leave the detector 'psc' out, or choose a convolutional network."));
    }

    void tecoSpreadIsOfThePopulation()
    {
        const torch::Tensor l = torch::tensor({{1, 1, 6}, {3, 3, 3}}, torch::kInt64);
        QVERIFY(std::abs(value(tecoSpread(l, "std"), 0) - std::sqrt(50.0 / 9)) < 1e-12);
        QCOMPARE(value(tecoSpread(l, "std"), 1), 0.0);
        QCOMPARE(value(tecoSpread(l, "mad"), 0), 0.0);
        QVERIFY(std::abs(value(tecoSpread(l, "mean"), 0) - 20.0 / 9) < 1e-12);
        QCOMPARE(value(tecoSpread(torch::tensor({{1, 6}}, torch::kInt64), "mad"), 0), 2.5);
    }

    /// Even images of 0.12 (h = 1.2, dark): brighter by 0.1, 0.2 (h above 3 from 0.3 on), never by contrast.
    void tecoHardnessByHand()
    {
        const models::Model model = handModel(DetectHandNet::None);
        const DetectQueries queries = asked(evenImages({0.12f, 0.02f}));
        TecoDetector teco(model, {.corruptions = {"brightness", "contrast"}}, 1, [] {});
        const torch::Tensor hardness = teco.hardness(queries);
        QVERIFY(torch::equal(hardness, torch::tensor({{2, 6}, {3, 6}}, torch::kInt64)));
        // Both at once, then of brightness 2 + 2 + 1 and of contrast 2 images a severity.
        QCOMPARE(teco.asked(), 2 + 5 + 10);
        QCOMPARE(value(teco.scores(queries), 0), 2.0);
        QCOMPARE(value(teco.scores(queries), 1), 1.5);

        // Added up 0.02 becomes 0.12, 0.32; what contrast then gets is bright from the start.
        TecoDetector sum(model, {.corruptions = {"brightness", "contrast"}, .cumulative = true}, 1, [] {});
        QVERIFY(torch::equal(sum.hardness(queries), torch::tensor({{2, 1}, {2, 1}}, torch::kInt64)));
    }

    void tecoTruncatesToBytes()
    {
        const torch::Tensor x = evenImages({0.3012f});
        const torch::Tensor y =
            tecoCorrupted({.corruptions = {}}, "contrast", x, 1, 0, torch::zeros({1}, torch::kInt64));
        QCOMPARE(std::round(y.max().item<double>() * 255), 76.0); // 76.8 would round to 77
    }

    /// An image's numbers are its own, whatever stands beside it.
    void tecoDrawsBelongToImages()
    {
        const models::Model model = handModel(DetectHandNet::None);
        const torch::Tensor x = evenImages({0.28f, 0.29f, 0.25f, 0.285f});
        TecoDetector teco(model, {.corruptions = {"gaussian_noise", "shot_noise", "snow", "fog"}}, 5, [] {});
        const torch::Tensor all = teco.hardness(asked(x));
        QVERIFY(torch::equal(teco.hardness(asked(x.slice(0, 2), 2)), all.slice(0, 2)));
        QVERIFY(!torch::equal(teco.hardness(asked(x.slice(0, 2), 7)), all.slice(0, 2)));
    }

    void tecoPresets()
    {
        const torch::Tensor x = torch::rand({2, 1, 28, 28}, engine::makeGenerator(torch::kCPU, 3, "x"));
        const torch::Tensor ids = torch::arange(2, torch::kInt64);
        const auto damage = [&](const char* preset) {
            return (tecoCorrupted({.corruptions = {}, .preset = preset}, "defocus_blur", x, 2, 0, ids) - x)
                .square()
                .mean()
                .item<double>();
        };
        QVERIFY(damage("paper") > damage("small-image") && damage("small-image") > damage("cifar"));
        QCOMPARE(tecoCorruptions().size(), std::size_t(15));
    }

    void stripEntropyByHand()
    {
        const torch::Tensor p = torch::tensor({{{0.5, 0.5}, {1.0, 0.0}}, {{0.25, 0.75}, {0.5, 0.5}}});
        const torch::Tensor bits = stripEntropy(p);
        QVERIFY(std::abs(value(bits, 0) - 0.5) < 1e-7);
        const double quarter = -(0.25 * std::log2(0.25) + 0.75 * std::log2(0.75));
        QVERIFY(std::abs(value(bits, 1) - (quarter + 1) / 2) < 1e-7);
    }

    /// h of an image of 0.2 with overlays of 0.1, 0.1, 0.2: added 3, 3, 4; averaged 1.5, 1.5, 2.
    void stripLaysOver()
    {
        const models::Model model = handModel(DetectHandNet::None);
        const auto entropy = [](double z) {
            const double p = logistic(z);
            return -(p * std::log2(p) + (1 - p) * std::log2(1 - p));
        };
        const DetectQueries queries = asked(evenImages({0.2f}));
        StripDetector added(model, darkReference(), {.overlays = 3}, [] {});
        QVERIFY(std::abs(value(added.scores(queries), 0) + (2 * entropy(0) + entropy(1)) / 3) < 1e-5);
        StripDetector mean(model, darkReference(), {.overlays = 3, .add = false}, [] {});
        QVERIFY(std::abs(value(mean.scores(queries), 0) + (2 * entropy(1.5) + entropy(1)) / 3) < 1e-5);
        QVERIFY(!added.ownThreshold());
    }

    void scaleUpCounts()
    {
        const torch::Tensor own = torch::tensor({0, 1}, torch::kInt64);
        const torch::Tensor classes = torch::tensor({{0, 1}, {0, 0}, {1, 0}, {0, 1}, {0, 0}}, torch::kInt64);
        QVERIFY(torch::equal(scaledConsistency(own, classes), torch::tensor({0.8, 0.4}, torch::kFloat64)));
        // 0.05 is dark at 3 and 5 times as much, 0.02 up to 11; what is bright stays so.
        const models::Model model = handModel(DetectHandNet::None);
        const DetectQueries queries = asked(evenImages({0.05f, 0.02f, 0.5f}));
        ScaleUpDetector plain(model, darkReference(), {});
        const torch::Tensor shares = plain.scores(queries);
        QCOMPARE(value(shares, 0), 0.4);
        QCOMPARE(value(shares, 1), 1.0);
        QCOMPARE(value(shares, 2), 1.0);
        // At 4 and 5 times as much 0.05 stays dark and no reference does: 1 less 0, over no deviation, for
        // which a thousandth is taken.
        ScaleUpDetector normalised(model, darkReference(), {.factors = {4, 5}, .normalise = true});
        QVERIFY(std::abs(value(normalised.scores(queries), 0) - 1000) < 1e-6);
    }

    void spectralScoresOfAKnownMatrix()
    {
        const torch::Tensor features = torch::tensor({{0.0, 5.0}, {2.0, 6.0}, {4.0, 5.0}, {2.0, 4.0}});
        const torch::Tensor scores = spectralScores(features); // less the mean (2, 5); direction (1, 0)
        for (const auto& [i, expected] : {std::pair{0, 4.0}, {1, 0.0}, {2, 4.0}, {3, 0.0}})
            QVERIFY(std::abs(value(scores, i) - expected) < 1e-9);
        QCOMPARE(value(spectralScores(features.narrow(0, 0, 1)), 0), 0.0);
        // One direction in sixty-four, against LibTorch's own decomposition.
        const torch::Tensor wide = torch::randn({20, 64}, engine::makeGenerator(torch::kCPU, 1, "m"));
        const torch::Tensor centred = (wide - wide.mean(0)).to(torch::kFloat64);
        const torch::Tensor v = std::get<2>(at::linalg_svd(centred, false))[0];
        QVERIFY(torch::allclose(spectralScores(wide), centred.matmul(v).square(), 1e-6, 1e-6));
    }

    void twoMeansFindsTheSmallerHeap()
    {
        const auto generator = [] { return engine::makeGenerator(torch::kCPU, 2, "k"); };
        const torch::Tensor points =
            torch::tensor({{5.0, 0.0}, {0.0, 0.1}, {0.1, 0.0}, {5.1, 0.2}, {0.2, 0.1}}, torch::kFloat64);
        QVERIFY(torch::equal(twoMeans(points, generator()), torch::tensor({1, 0, 0, 1, 0}, torch::kInt64)));
        QVERIFY(torch::equal(twoMeans(torch::ones({4, 2}, torch::kFloat64), generator()),
                             torch::zeros({4}, torch::kInt64)));
        QVERIFY(torch::equal(twoMeans(torch::tensor({{1.0}, {9.0}}, torch::kFloat64), generator()),
                             torch::tensor({0, 1}, torch::kInt64)));
        // The model's feature is h: of six images of one class two are far off, of another class all differ
        // in two halves.
        const models::Model model = handModel(DetectHandNet::None);
        DetectQueries queries = asked(evenImages({.1f, .11f, .12f, .1f, .9f, .92f, .3f, .31f, .8f, .81f}));
        queries.labels = torch::tensor({0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, torch::kInt64);
        ClusteringDetector detector(model, generator());
        const torch::Tensor scores = detector.scores(queries);
        QVERIFY(torch::allclose(
            scores, torch::tensor({1.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3, 2.0 / 3, 2.0 / 3, 0.5, 0.5, 0.5, 0.5},
                                  torch::kFloat64)));
    }

    void ratesAndMeansByHand()
    {
        DetectOutcome o;
        o.scores = torch::tensor({0.1, 0.9, 0.5, 0.95, 0.2}, torch::kFloat64);
        o.poisoned = torch::tensor({0, 0, 1, 1, 1}).to(torch::kBool);
        o.ids = torch::arange(5, torch::kInt64);
        o.reference = torch::tensor({0.0, 1.0}, torch::kFloat64);
        const DetectRates rates = detectRates(o, 0.5); // above, not at
        QCOMPARE(rates.tpr.count, 1);
        QCOMPARE(rates.tpr.n, 3);
        QCOMPARE(rates.fpr.count, 1);
        QCOMPARE(rates.f1, 2.0 / 5);
        QCOMPARE(rates.accuracy, 2.0 / 5);
        QCOMPARE(o.quantileThreshold(0.95), 0.95);
        QCOMPARE(o.usualThreshold(0.95), 0.95);
        QCOMPARE(metrics::auroc(o.sorted()), 4.0 / 6);

        const MeanOfRuns mean = meanOfRuns({0.6, 0.7, 0.8});
        QVERIFY(std::abs(mean.deviation - 0.1) < 1e-12);
        QVERIFY(std::abs(mean.low - (0.7 - 4.303 * 0.1 / std::sqrt(3.0))) < 1e-9);
        QVERIFY(std::isnan(meanOfRuns({0.5}).low));
        QCOMPARE(meanOfRuns({0.9, 1.0}).high, 1.0);
    }
};

QTEST_GUILESS_MAIN(tst_DetectMethods)
#include "tst_detect_methods.moc"
