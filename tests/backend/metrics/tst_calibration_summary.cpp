#include "backend/metrics/calibration_summary.h"
#include "backend/metrics/draws.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

using Metric = CalibrationMetric;

class TestCalibrationSummary : public QObject
{
    Q_OBJECT

    static constexpr Metric kAll[] = {Metric::Accuracy,     Metric::Nll,          Metric::Brier, Metric::Ece,
                                      Metric::EceEqualMass, Metric::EceClasswise, Metric::Mce,   Metric::Ks,
                                      Metric::SmoothEce,    Metric::Auroc,        Metric::Aurc};

    static torch::Tensor logits(std::int64_t n)
    {
        return (torch::arange(3 * n, torch::kFloat64).view({n, 3}) * 1.7).sin() * 3;
    }
    static torch::Tensor labels(std::int64_t n) { return (torch::arange(n) * 7) % 3; }

private Q_SLOTS:
    /// A resample's numbers are those of its samples taken out and measured anew.
    void resamplesAreMeasuredAnew()
    {
        constexpr std::int64_t kSamples = 157;
        const torch::Tensor z = logits(kSamples), y = labels(kSamples);
        const torch::Tensor drawn = resampledCalibration(LabelledProbabilities::fromLogits(z, y), kAll, 9,
                                                         {.resamples = 5, .seed = 11});
        Draws draws(11);
        for (std::int64_t row = 0; row < 5; ++row) {
            std::vector<std::int64_t> picks;
            for (std::int64_t i = 0; i < kSamples; ++i)
                picks.push_back(draws.below(kSamples));
            const torch::Tensor index = torch::tensor(picks);
            const auto again =
                LabelledProbabilities::fromLogits(z.index_select(0, index), y.index_select(0, index));
            const std::vector<double> expected = calibrationMetrics(again, kAll, 9);
            for (std::size_t k = 0; k < expected.size(); ++k) {
                const double found = drawn[row][static_cast<std::int64_t>(k)].item<double>();
                QVERIFY2(std::abs(found - expected[k]) < 1e-12, std::to_string(k).c_str());
            }
        }
    }

    /// The draws are those of resampledMeans(), so that intervals of differences may mix both.
    void drawsArePairedWithMeans()
    {
        const torch::Tensor z = logits(90), y = labels(90);
        const auto predictions = LabelledProbabilities::fromLogits(z, y);
        const BootstrapSpec spec{.resamples = 40, .seed = 5};
        const Metric accuracy[] = {Metric::Accuracy};
        const torch::Tensor right = (z.argmax(1) == y).to(torch::kFloat64).unsqueeze(1);
        QVERIFY(torch::allclose(resampledCalibration(predictions, accuracy, 15, spec),
                                resampledMeans(right, spec)));
    }

    /// An ECE's resamples lie above it; the basic interval reflects them back below. By hand on made numbers.
    void basicIntervalReflects()
    {
        const torch::Tensor values = torch::arange(101, torch::kFloat64) / 100; // quantiles 0.05 and 0.95
        const Interval interval = basicInterval(values, 0.6, 0.9);
        QVERIFY(std::abs(interval.low - 0.25) < 1e-12);
        QVERIFY(std::abs(interval.high - 1.15) < 1e-12);
        QCOMPARE(basicInterval(values, 0.3, 0.9).low, 0.0);
        const auto predictions = LabelledProbabilities::fromLogits(logits(300), labels(300));
        const Metric ece[] = {Metric::Ece};
        const double found = calibrationMetrics(predictions, ece)[0];
        const torch::Tensor drawn = resampledCalibration(predictions, ece, 15, {.resamples = 300});
        QVERIFY(drawn.mean().item<double>() > found);
    }

    void refusesNumbersOutOfRange()
    {
        const auto predictions = LabelledProbabilities::fromLogits(logits(9), labels(9));
        QCOMPARE(test::sentenceOf([&] { resampledCalibration(predictions, kAll, 15, {.resamples = 0}); }),
                 "a bootstrap of 0 resamples is asked for; it must be 1 to 1000000.");
        QCOMPARE(test::sentenceOf([&] { calibrationMetrics(predictions, kAll, -1); }),
                 "a diagram of -1 bins is asked for; it must have 1 to 10000.");
    }
};

QTEST_GUILESS_MAIN(TestCalibrationSummary)
#include "tst_calibration_summary.moc"
