#include "backend/calibration/density/dac_objective.h"
#include "backend/calibration/density/density_aware_scaling.h"
#include "backend/calibration/temperature.h"
#include "backend/models/parallel.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::test;
using calibration::DacFit;
using calibration::DacObjective;
using calibration::DensityAwareScaling;
using calibration::FitSet;
using calibration::Loss;

namespace {

/// Samples whose labels are drawn from softmax(z / S) with S = w_0 + s.w: what a fit must find again.
struct Drawn
{
    torch::Tensor logits;
    torch::Tensor labels;
    torch::Tensor scores;

    Drawn(std::int64_t n, std::int64_t classes, const std::vector<double>& weights, double bias,
          std::uint64_t seed)
    {
        auto generator = at::detail::createCPUGenerator(seed);
        const auto layers = static_cast<std::int64_t>(weights.size());
        const auto real = torch::TensorOptions(torch::kFloat64);
        scores = torch::empty({n, layers}, real).uniform_(0, 1, generator);
        const torch::Tensor s = scores.mv(torch::tensor(weights, real)) + bias;
        logits = torch::empty({n, classes}, real).normal_(0, 2, generator) * s.unsqueeze(1);
        const torch::Tensor draws = torch::empty({n, 1}, real).uniform_(0, 1, generator);
        labels = (logits / s.unsqueeze(1)).softmax(1).cumsum(1).lt(draws).sum(1).clamp_max(classes - 1);
    }
    FitSet set() const { return {logits, labels}; }
};

/// The loss in another way: by torch, in one go.
double lossByTorch(const Drawn& data, const std::vector<double>& weights, Loss loss)
{
    const torch::Tensor w = torch::tensor(weights, torch::kFloat64);
    const auto layers = data.scores.size(1);
    const torch::Tensor s = (data.scores.mv(w.slice(0, 0, layers)) + w[layers]).clamp_min(1e-20);
    const torch::Tensor p = (data.logits / s.unsqueeze(1)).softmax(1);
    if (loss == Loss::Mse)
        return (p - torch::one_hot(data.labels, data.logits.size(1))).square().mean().item<double>();
    return -p.gather(1, data.labels.unsqueeze(1)).add(1e-12).log().mean().item<double>();
}

/// Classes of each row by ascending logit, equal ones by their number.
torch::Tensor orderOf(const torch::Tensor& logits)
{
    return std::get<1>(logits.sort(/*stable=*/true, /*dim=*/1, /*descending=*/false));
}

void checkGradient(const Drawn& data, const std::vector<double>& weights, Loss loss)
{
    const DacObjective objective(data.set(), data.scores, loss);
    std::vector<double> gradient(weights.size());
    const double value = objective.value(weights, gradient);
    QVERIFY(std::abs(value - lossByTorch(data, weights, loss)) < 1e-12 * std::max(1.0, value));
    for (std::size_t i = 0; i < weights.size(); ++i) {
        constexpr double kStep = 1e-5;
        std::vector<double> above = weights;
        std::vector<double> below = weights;
        above[i] += kStep;
        below[i] -= kStep;
        const double slope = (lossByTorch(data, above, loss) - lossByTorch(data, below, loss)) / (2 * kStep);
        QVERIFY2(std::abs(gradient[i] - slope) < 1e-8 + 1e-6 * std::abs(slope),
                 (std::to_string(gradient[i]) + " against " + std::to_string(slope)).c_str());
    }
}

} // namespace

class TestDensityAwareScaling : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void losses_data()
    {
        QTest::addColumn<int>("loss");
        QTest::newRow("mse") << static_cast<int>(Loss::Mse);
        QTest::newRow("nll") << static_cast<int>(Loss::Nll);
    }

    void gradientIsThatOfDifferences_data() { losses_data(); }
    void gradientIsThatOfDifferences()
    {
        QFETCH(const int, loss);
        const Drawn data(200, 5, {1.5, .5, 0}, .7, 4);
        checkGradient(data, {1, 1, 1, 1}, static_cast<Loss>(loss));
        checkGradient(data, {.2, 3, 0, .4}, static_cast<Loss>(loss));
    }

    /// Samples below the least temperature are certain of their class and have no gradient.
    void clippedSamplesCountButDoNotPull()
    {
        const Drawn data(200, 5, {1.5, .5}, .7, 5);
        const std::vector<double> weights = {2, 0, -1}; // S <= 0 for scores up to one half
        const DacObjective objective(data.set(), data.scores, Loss::Mse);
        std::vector<double> gradient(3);
        const double value = objective.value(weights, gradient);
        QVERIFY(std::abs(value - lossByTorch(data, weights, Loss::Mse)) < 1e-12);
        const torch::Tensor clipped = data.scores.select(1, 0).le(.5);
        QCOMPARE(objective.clippedFraction(weights), clipped.to(torch::kFloat64).mean().item<double>());
        const torch::Tensor kept = clipped.logical_not().nonzero().squeeze(1);
        const Drawn rest = [&] {
            Drawn part = data;
            part.logits = data.logits.index_select(0, kept);
            part.labels = data.labels.index_select(0, kept);
            part.scores = data.scores.index_select(0, kept);
            return part;
        }();
        std::vector<double> ofRest(3);
        DacObjective(rest.set(), rest.scores, Loss::Mse).value(weights, ofRest);
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY(std::abs(gradient[i] * 200 - ofRest[i] * static_cast<double>(kept.size(0))) < 1e-10);
    }

    void findsTheWeightsThatDrewTheLabels_data() { losses_data(); }
    void findsTheWeightsThatDrewTheLabels()
    {
        QFETCH(const int, loss);
        const Drawn data(20000, 6, {2, 0, .8}, .6, 6);
        const DacFit fit =
            calibration::fitDensityAwareScaling(data.set(), data.scores, static_cast<Loss>(loss));
        const std::vector<double> found = {fit.scaling.weights()[0], fit.scaling.weights()[1],
                                           fit.scaling.weights()[2], fit.scaling.bias()};
        const std::vector<double> truth = {2, 0, .8, .6};
        for (std::size_t i = 0; i < 4; ++i)
            QVERIFY2(std::abs(found[i] - truth[i]) < .1, std::to_string(found[i]).c_str());
        QCOMPARE(fit.clippedFraction, 0.0);
        QCOMPARE(fit.startLosses.size(), std::size_t(5));
        QCOMPARE(fit.loss, *std::ranges::min_element(fit.startLosses));
        QVERIFY(fit.loss <= lossByTorch(data, {2, 0, .8, .6}, static_cast<Loss>(loss)));
        // The spread of uniform scores is sqrt(1/12).
        QVERIFY(std::abs(fit.effects[0] - found[0] * std::sqrt(1.0 / 12)) < .01);
        const DacFit again =
            calibration::fitDensityAwareScaling(data.set(), data.scores, static_cast<Loss>(loss));
        QCOMPARE(again.scaling.weights(), fit.scaling.weights());
    }

    /// Scores of very different sizes, as layers have them, must not keep the minimiser from the minimum.
    void scalesOfScoresDoNotMatter()
    {
        Drawn data(5000, 4, {2, 1}, .5, 7);
        const DacFit plain = calibration::fitDensityAwareScaling(data.set(), data.scores);
        const torch::Tensor scaled = data.scores * torch::tensor({1e-3, 1.0}, torch::kFloat64);
        const DacFit small = calibration::fitDensityAwareScaling(data.set(), scaled);
        QVERIFY(std::abs(small.loss - plain.loss) < 1e-10);
        QVERIFY(std::abs(small.scaling.weights()[0] / plain.scaling.weights()[0] - 1e3) < 1e-2 * 1e3);
    }

    void withoutLayersItIsTemperatureScaling_data() { losses_data(); }
    void withoutLayersItIsTemperatureScaling()
    {
        QFETCH(const int, loss);
        const Drawn data(3000, 10, {1.5}, 1, 8);
        const DacFit fit = calibration::fitDensityAwareScaling(
            data.set(), torch::zeros({3000, 0}, torch::kFloat64), static_cast<Loss>(loss));
        const double temperature = calibration::fitTemperature(data.set(), static_cast<Loss>(loss));
        QVERIFY(fit.scaling.weights().empty());
        QVERIFY2(std::abs(fit.scaling.bias() - temperature) < 1e-5,
                 std::to_string(fit.scaling.bias()).c_str());
        // From all ones, as published, it comes to the same.
        QVERIFY(std::abs(fit.startLosses[0] - fit.startLosses[1]) < 1e-9);
    }

    void lossIsNeverAboveThatOfOneTemperature()
    {
        Drawn data(500, 5, {1.0}, 1, 9);
        data.scores =
            torch::empty({500, 3}, torch::kFloat64).uniform_(0, 1e-3, at::detail::createCPUGenerator(10));
        for (const Loss loss : {Loss::Mse, Loss::Nll}) {
            const DacFit fit = calibration::fitDensityAwareScaling(data.set(), data.scores, loss);
            const DacFit plain = calibration::fitDensityAwareScaling(
                data.set(), torch::zeros({500, 0}, torch::kFloat64), loss);
            QVERIFY(fit.loss <= plain.loss + 1e-12);
            for (const double weight : fit.scaling.weights())
                QVERIFY(weight >= 0 && weight <= 1e4 * (1 + 1e-12));
        }
    }

    /// Also of logits that are as near as float32 allows, and of equal ones.
    void orderOfClassesStaysExactly()
    {
        torch::Tensor logits = torch::empty({4000, 10}).normal_(0, 3, at::detail::createCPUGenerator(11));
        const torch::Tensor top = std::get<0>(logits.max(1));
        logits.select(1, 3).copy_(torch::nextafter(top, torch::full_like(top, 1e9)));
        logits.select(1, 7).copy_(top);
        const torch::Tensor scores = torch::rand({4000, 2}, torch::kFloat64);
        const DensityAwareScaling scaling({1.7, 31.0}, -.4);
        const torch::Tensor rescaled = scaling.rescaled(logits, scores);
        QVERIFY(torch::equal(rescaled.argmax(1), logits.argmax(1)));
        QVERIFY(torch::equal(orderOf(rescaled), orderOf(logits)));
        QVERIFY(torch::allclose(rescaled * scaling.temperatures(scores).unsqueeze(1),
                                logits.to(torch::kFloat64)));
        const torch::Tensor none = torch::zeros({1, 2}, torch::kFloat64);
        QCOMPARE(scaling.temperatures(none).item<double>(), 1e-20);
    }

    void threadsDoNotMatter()
    {
        const Drawn data(3000, 200, {2, 1}, .5, 12); // more than one chunk
        const DacObjective objective(data.set(), data.scores, Loss::Mse);
        const std::vector<double> weights = {1, 1, 1};
        std::vector<double> one(3);
        std::vector<double> three(3);
        models::setWorkerThreads(1);
        const double value = objective.value(weights, one);
        models::setWorkerThreads(3);
        QCOMPARE(objective.value(weights, three), value);
        models::setWorkerThreads(0);
        QCOMPARE(three, one);
    }

    void parametersGiveItBack()
    {
        const DensityAwareScaling scaling({.1, 1.0 / 3}, -2.0 / 3);
        const Json written = Json::parse(scaling.parameters().dump());
        const DensityAwareScaling read = DensityAwareScaling::fromParameters(written);
        QCOMPARE(read.weights(), scaling.weights());
        QCOMPARE(read.bias(), scaling.bias());
    }

    void refusals()
    {
        const Drawn data(20, 3, {1.0}, 1, 13);
        QCOMPARE(sentenceOf([] { DensityAwareScaling({-.1}, 1); }),
                 QString("weights: weights of layers must be finite and not negative."));
        QCOMPARE(sentenceOf([] { DensityAwareScaling({}, std::nan("")); }),
                 QString("bias: the bias must be finite."));
        QCOMPARE(sentenceOf([] {
                     DensityAwareScaling({1, 2}, 1).temperatures(torch::zeros({3, 1}));
                 }),
                 QString("scores must be [N,2]: a column for each layer of the scaling."));
        QCOMPARE(
            sentenceOf([&] { calibration::fitDensityAwareScaling(data.set(), data.scores.slice(0, 1)); }),
            QString("there must be a row of scores [N,L] for each of the 20 samples."));
        QCOMPARE(sentenceOf([&] { calibration::fitDensityAwareScaling(data.set(), data.scores / 0); }),
                 QString("the scores hold values that are not finite."));
    }
};

QTEST_GUILESS_MAIN(TestDensityAwareScaling)
#include "tst_density_aware_scaling.moc"
