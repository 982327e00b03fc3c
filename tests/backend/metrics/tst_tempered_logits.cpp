#include "backend/metrics/calibration_error.h"
#include "backend/metrics/confidence_buckets.h"
#include "backend/metrics/proper_scores.h"
#include "backend/metrics/tempered_logits.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::metrics;

class TestTemperedLogits : public QObject
{
    Q_OBJECT

    /// Rows of all kinds: sharp, flat, with equal largest ones, and with gaps of hundreds.
    static torch::Tensor logits(std::int64_t n, std::int64_t classes)
    {
        torch::Tensor z = ((torch::arange(n * classes, torch::kFloat64) * 0.7).sin() * 6).view({n, classes});
        z = z.to(torch::kFloat32);
        z[0].fill_(1.5);
        z[1][classes - 1] = 900;
        z[2][0] = z[2][1] = 20;
        return z;
    }
    static torch::Tensor labels(std::int64_t n, std::int64_t classes)
    {
        return (torch::arange(n) * 5) % classes;
    }

private Q_SLOTS:
    void agreesWithProbabilities_data()
    {
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("classes");
        QTest::addColumn<double>("temperature");
        for (const double temperature : {0.05, 1.0, 1.7, 20.0}) {
            QTest::addRow("one block and a bit at %g", temperature) << 130 << 10 << temperature;
            QTest::addRow("two classes at %g", temperature) << 1000 << 2 << temperature;
            QTest::addRow("many classes at %g", temperature) << 256 << 300 << temperature;
            QTest::addRow("few samples at %g", temperature) << 3 << 4 << temperature;
        }
    }

    /// Against softmax by tensor functions, with every kernel of this computer.
    void agreesWithProbabilities()
    {
        QFETCH(int, n);
        QFETCH(int, classes);
        QFETCH(double, temperature);
        const torch::Tensor z = logits(n, classes), y = labels(n, classes);
        const auto expected = LabelledProbabilities::fromLogits(z.to(torch::kFloat64) / temperature, y);
        const TemperedLogits tempered(z, y);
        QVERIFY(std::ranges::equal(tempered.correct(), expected.top().correct));
        const double nll = negativeLogLikelihood(expected), brier = brierScore(expected);
        for (const TemperedKernel& kernel : runnableTemperedKernels()) {
            const TemperedConfidences found = tempered.at(temperature, kernel);
            QCOMPARE(found.confidence.size(), std::size_t(n));
            double off = 0;
            for (std::size_t i = 0; i < found.confidence.size(); ++i)
                off = std::max(off, std::abs(found.confidence[i] - expected.top().confidence[i]));
            QVERIFY2(off < 1e-13, (std::string(kernel.name) + ": " + QByteArray::number(off).data()).c_str());
            QVERIFY2(std::abs(found.nll - nll) < 1e-12 * std::max(1.0, nll), kernel.name);
            QVERIFY2(std::abs(found.brier - brier) < 1e-12, kernel.name);
        }
    }

    /// The frame of a slider is the diagram of the sorted probabilities, bin by bin.
    void aFrameIsTheDiagram()
    {
        const torch::Tensor z = logits(20000, 10), y = labels(20000, 10);
        const TemperedLogits tempered(z, y);
        for (const double temperature : {0.3, 1.0, 4.0}) {
            const TemperedConfidences live = tempered.at(temperature);
            const ConfidenceBuckets buckets(live.confidence, tempered.correct());
            const auto p = LabelledProbabilities::fromLogits(z.to(torch::kFloat64) / temperature, y);
            const SortedConfidences sorted(p.top().confidence, p.top().correct);
            for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
                const auto fast = buckets.bins(binning, 15), slow = sorted.bins(binning, 15);
                for (std::size_t b = 0; b < slow.size(); ++b) {
                    QCOMPARE(fast[b].count, slow[b].count);
                    QCOMPARE(fast[b].accuracy.count, slow[b].accuracy.count);
                }
                QVERIFY(std::abs(expectedCalibrationError(fast) - expectedCalibrationError(slow)) < 1e-9);
            }
        }
    }

    /// A thousand sums of 300 classes each would overflow, multiplied.
    void likelihoodOfManyClassesIsFinite()
    {
        const torch::Tensor z = torch::zeros({1000, 300}), y = labels(1000, 300);
        const TemperedConfidences found = TemperedLogits(z, y).at(2);
        QVERIFY(std::abs(found.nll - std::log(300.0)) < 1e-12);
        QVERIFY(std::abs(found.brier - (1 - 1.0 / 300)) < 1e-12);
        QVERIFY(
            std::ranges::all_of(found.confidence, [](double c) { return std::abs(c - 1.0 / 300) < 1e-15; }));
    }

    /// What is in a buffer that is used again, and how long it is, changes nothing.
    void buffersAreUsedAgain()
    {
        const TemperedLogits tempered(logits(1000, 5), labels(1000, 5));
        const std::vector<double> expected = tempered.at(3).confidence;
        for (const std::size_t length : {0, 10, 1000, 5000})
            QVERIFY(tempered.at(3, std::vector<double>(length, 7.0)).confidence == expected);
    }

    void refusesWhatItCannotTell()
    {
        const TemperedLogits tempered(torch::zeros({2, 2}), torch::tensor({0, 1}));
        QCOMPARE(test::sentenceOf([&] { tempered.at(0); }),
                 "a temperature must be a number greater than 0; given was 0.000000.");
        QCOMPARE(test::sentenceOf([&] { tempered.at(std::numeric_limits<double>::infinity()); }),
                 "a temperature must be a number greater than 0; given was inf.");
        QCOMPARE(test::sentenceOf([] {
                     TemperedLogits(torch::zeros({0, 2}), torch::zeros({0}, torch::kInt64));
                 }),
                 "calibration is asked of no samples; it needs at least one.");
        QCOMPARE(test::sentenceOf([] {
                     TemperedLogits(torch::zeros({1, 2}), torch::tensor({2}));
                 }),
                 "label 2 is outside 0 to 1.");
    }
};

QTEST_GUILESS_MAIN(TestTemperedLogits)
#include "tst_tempered_logits.moc"
