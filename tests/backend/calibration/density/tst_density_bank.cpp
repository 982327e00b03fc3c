#include "backend/calibration/density/density_bank.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/model.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

using namespace assay;
using namespace assay::test;
using calibration::DensityBank;
using calibration::LayerFeatures;

namespace {

torch::Tensor randomImages(std::int64_t n, std::uint64_t seed)
{
    return torch::empty({n, 1, 16, 16}).uniform_(0, 1, at::detail::createCPUGenerator(seed));
}

models::Model randomModel(const char* architecture)
{
    models::ModelCard card;
    card.name = architecture;
    card.architecture = architecture;
    card.input = {.channels = 1, .height = 16, .width = 16};
    card.classes.resize(5);
    const auto network = models::makeNetwork(architecture, {}, card.input, 5);
    models::initialise(*network, at::detail::createCPUGenerator(21));
    return {network, card};
}

/// Each tap of all images at once, as the model gives it.
std::map<std::string, torch::Tensor> rawTaps(const models::Model& model, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    std::map<std::string, torch::Tensor> taps;
    taps["logits"] =
        model.logits(x, [&](const std::string& name, const torch::Tensor& value) { taps[name] = value; });
    return taps;
}

} // namespace

class TestDensityBank : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void vectorsAreMeansOfUnitLength()
    {
        const torch::Tensor map = torch::rand({3, 4, 5, 6});
        const torch::Tensor pooled = map.flatten(2).sum(2) / 30;
        QVERIFY(torch::allclose(calibration::unitVectors(map), pooled / pooled.square().sum(1, true).sqrt()));
        const torch::Tensor tokens = torch::rand({3, 7, 4});
        const torch::Tensor mean = tokens.sum(1) / 7;
        QVERIFY(torch::allclose(calibration::unitVectors(tokens), mean / mean.square().sum(1, true).sqrt()));
        const torch::Tensor flat = torch::tensor({{3.f, 4.f}, {0.f, 0.f}});
        QVERIFY(torch::allclose(calibration::unitVectors(flat), torch::tensor({{.6f, .8f}, {0.f, 0.f}})));
        QCOMPARE(
            sentenceOf([] {
                calibration::unitVectors(torch::zeros({2, 3, 4, 5, 6}));
            }),
            QString(
                "layers: a layer with 5 dimensions gives no feature vectors; it must have 2, 3 or 4. Choose "
                "another layer."));
    }

    void featuresAreThoseOfTheTaps_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::newRow("maps") << "small_cnn";
        QTest::newRow("tokens") << "vit_tiny";
    }

    void featuresAreThoseOfTheTaps()
    {
        QFETCH(const QString, architecture);
        const models::Model model = randomModel(qPrintable(architecture));
        const torch::Tensor x = randomImages(120, 3); // three chunks
        const std::vector<std::string> layers = calibration::densityLayers(model);
        QCOMPARE(layers.back(), std::string("logits"));
        const LayerFeatures features = calibration::layerFeatures(model, x, layers);
        const auto taps = rawTaps(model, x);
        QVERIFY(torch::allclose(features.logits, taps.at("logits"), 1e-4, 1e-5));
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const torch::Tensor expected = calibration::unitVectors(taps.at(layers[i]));
            QVERIFY2(torch::allclose(features.vectors[i], expected, 1e-4, 1e-5), layers[i].c_str());
            QVERIFY(!features.vectors[i].requires_grad());
        }
        // Some layers in another order are the same vectors.
        const LayerFeatures two = calibration::layerFeatures(model, x, {"logits", layers[0]});
        QVERIFY(torch::equal(two.vectors[0], features.vectors.back()));
        QVERIFY(torch::equal(two.vectors[1], features.vectors[0]));
    }

    void scoresAreDistancesOfTheKthNeighbour()
    {
        const models::Model model = randomModel("small_cnn");
        const auto layers = calibration::densityLayers(model);
        const LayerFeatures training = calibration::layerFeatures(model, randomImages(200, 4), layers);
        const LayerFeatures other = calibration::layerFeatures(model, randomImages(30, 5), layers);
        const DensityBank bank(training);
        QCOMPARE(bank.size(), 200);
        const torch::Tensor scores = bank.scores(other, {.k = 7});
        const torch::Tensor roots = bank.scores(other, {.k = 7, .squared = false});
        const torch::Tensor nearest = bank.scores(other, {.k = 1});
        QCOMPARE(scores.sizes(), torch::IntArrayRef({30, std::int64_t(layers.size())}));
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const torch::Tensor distance = torch::cdist(other.vectors[l].to(torch::kFloat64),
                                                        training.vectors[l].to(torch::kFloat64), 2.0, 2);
            const torch::Tensor kth = std::get<0>(distance.kthvalue(7, 1));
            const auto column = static_cast<std::int64_t>(l);
            QVERIFY(torch::allclose(scores.select(1, column), kth.square(), 0, 2e-6));
            QVERIFY(torch::allclose(roots.select(1, column).square(), scores.select(1, column)));
            QVERIFY(
                torch::allclose(nearest.select(1, column), std::get<0>(distance.min(1)).square(), 0, 2e-6));
            QVERIFY(torch::equal(bank.neighbours(other, l, 1).indices.squeeze(1), distance.argmin(1)));
        }
        // Of the training set itself, each sample is its own nearest neighbour unless it is skipped.
        const torch::Tensor own = torch::arange(200);
        QVERIFY(bank.scores(training, {.k = 1}).max().item<double>() < 2e-6);
        QVERIFY(
            torch::allclose(bank.scores(training, {.k = 1}, own), bank.scores(training, {.k = 2}), 0, 2e-6));
    }

    void refusals()
    {
        const models::Model model = randomModel("small_cnn");
        const torch::Tensor x = randomImages(3, 6);
        QCOMPARE(
            sentenceOf([&] { calibration::layerFeatures(model, x, {"block9"}); }),
            QString("layers: the model has no layer 'block9'. Choose from block1, block2, block3, features, "
                    "logits."));
        QCOMPARE(sentenceOf([&] {
                     calibration::layerFeatures(model, x, {"logits", "logits"});
                 }),
                 QString("layers: the layer 'logits' is named twice. Name it once."));
        QCOMPARE(sentenceOf([&] { calibration::layerFeatures(model, x, {}); }),
                 QString("layers: no layers are chosen to take features from. Choose at least one."));
        QCOMPARE(sentenceOf([&] { calibration::layerFeatures(model, x.slice(0, 0, 0), {"logits"}); }),
                 QString("there are no images to take features of."));
        const models::Model answers({.logits = torch::zeros({2, 3})}, {.name = "answers"});
        QCOMPARE(
            sentenceOf([&] { calibration::layerFeatures(answers, x, {"logits"}); }),
            QString(
                "answers: has predictions only and no network, but measuring densities needs the network's "
                "layers. Import the network itself, or leave this model out."));
        const DensityBank bank(calibration::layerFeatures(model, x, {"logits"}));
        QCOMPARE(
            sentenceOf([&] { bank.scores(calibration::layerFeatures(model, x, {"block1"}), {.k = 1}); }),
            QString(
                "layers: the features are of other layers than the bank's. Take them from the same layers in "
                "the same order."));
        QCOMPARE(sentenceOf([&] { bank.scores(calibration::layerFeatures(model, x, {"logits"}), {}); }),
                 QString("k: k is 50, but the bank has 3 vectors; k must be from 1 to 3. Choose a smaller k "
                         "or a larger "
                         "bank."));
    }
};

QTEST_GUILESS_MAIN(TestDensityBank)
#include "tst_density_bank.moc"
