#include "backend/metrics/proper_scores.h"
#include "backend/protocol/error.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QTest>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::metrics;

class TestProperScores : public QObject
{
    Q_OBJECT

    static torch::Tensor logits()
    {
        return (torch::arange(2000, torch::kFloat64).view({500, 4}) * 1.3).cos() * 4;
    }
    static torch::Tensor labels() { return torch::arange(500) % 4; }

private Q_SLOTS:
    void byHand()
    {
        const torch::Tensor p = torch::tensor({0.7, 0.2, 0.1, 0.1, 0.8, 0.1}, torch::kFloat64).view({2, 3});
        const auto predictions = LabelledProbabilities::fromProbabilities(p, torch::tensor({0, 2}));
        QVERIFY(std::abs(brierScore(predictions) - (0.09 + 0.04 + 0.01 + 0.01 + 0.64 + 0.81) / 2) < 1e-15);
        QVERIFY(std::abs(negativeLogLikelihood(predictions) + std::log(0.7 * 0.1) / 2) < 1e-15);
        QCOMPARE(predictions.top().predicted, (std::vector<std::int64_t>{0, 1}));
        QCOMPARE(predictions.top().correct, (std::vector<std::uint8_t>{1, 0}));
    }

    /// 1 - 2 p_label + sum p^2: another way to write the same score.
    void brierByItsOtherFormula()
    {
        const auto predictions = LabelledProbabilities::fromLogits(logits(), labels());
        const torch::Tensor& p = predictions.probabilities();
        const torch::Tensor other = 1 - 2 * p.gather(1, labels().unsqueeze(1)).squeeze(1) + p.square().sum(1);
        QVERIFY(std::abs(brierScore(predictions) - other.mean().item<double>()) < 1e-13);
    }

    void decompositionSumsExactly()
    {
        for (const int bins : {1, 3, 15, 200}) {
            const test::MadeConfidences made = test::madeConfidences(4000, 997, 2);
            const BrierDecomposition one = brierDecomposition(made.confidence, made.correct, bins);
            QVERIFY(std::abs(one.score - (one.reliability - one.resolution + one.uncertainty +
                                          one.withinBinVariance - one.withinBinCovariance)) < 1e-13);
            double direct = 0;
            for (std::size_t i = 0; i < made.confidence.size(); ++i)
                direct += std::pow(made.confidence[i] - made.correct[i], 2) / 4000;
            QVERIFY(std::abs(one.score - direct) < 1e-13);
            const auto predictions = LabelledProbabilities::fromLogits(logits(), labels());
            const BrierDecomposition all = brierDecomposition(predictions, bins);
            QVERIFY(std::abs(all.score - brierScore(predictions)) < 1e-13);
            QVERIFY(std::abs(all.score - (all.reliability - all.resolution + all.uncertainty +
                                          all.withinBinVariance - all.withinBinCovariance)) < 1e-13);
        }
    }

    /// Murphy's three parts alone where forecasts are equal within bins; by hand: 0.25 -> 1 of 2, 0.75 -> 3
    /// of 3.
    void murphysParts()
    {
        const std::vector<double> at = {0.25, 0.25, 0.75, 0.75, 0.75};
        const BrierDecomposition parts = brierDecomposition(at, std::vector<std::uint8_t>{0, 1, 1, 1, 1}, 2);
        QVERIFY(std::abs(parts.reliability - 0.0625) < 1e-15);
        QVERIFY(std::abs(parts.resolution - (0.4 * 0.09 + 0.6 * 0.04)) < 1e-15);
        QVERIFY(std::abs(parts.uncertainty - 0.16) < 1e-15);
        QVERIFY(parts.withinBinVariance < 1e-30 && std::abs(parts.withinBinCovariance) < 1e-15);
    }

    /// The two terms within bins, by hand: 0.1 -> 0 and 0.3 -> 1 share a bin, 0.8 -> 1 has its own. A bin
    /// that nothing falls in adds to no term.
    void withinBinTerms()
    {
        const std::vector<double> at = {0.1, 0.3, 0.8};
        for (const int bins : {2, 3}) {
            const BrierDecomposition parts = brierDecomposition(at, std::vector<std::uint8_t>{0, 1, 1}, bins);
            QVERIFY(std::abs(parts.withinBinVariance - 2 * 0.01 / 3) < 1e-15);
            QVERIFY(std::abs(parts.withinBinCovariance - 2 * 2 * 0.1 * 0.5 / 3) < 1e-15);
            QVERIFY(std::abs(parts.reliability - (2 * 0.09 + 0.04) / 3) < 1e-15);
        }
    }

    /// A likelihood that underflows is exact from logits and raised from probabilities.
    void smallLikelihoods()
    {
        const torch::Tensor z = torch::tensor({2000., 0.}, torch::kFloat64).view({1, 2});
        const auto exact = LabelledProbabilities::fromLogits(z, torch::tensor({1}));
        QCOMPARE(negativeLogLikelihood(exact), 2000.0);
        QCOMPARE(exact.raisedLikelihoods(), 0);
        const auto raised = LabelledProbabilities::fromProbabilities(z.softmax(1), torch::tensor({1}));
        QCOMPARE(raised.raisedLikelihoods(), 1);
        QVERIFY(std::abs(negativeLogLikelihood(raised) - 12 * std::log(10.0)) < 1e-12);
    }

    void float32IsTaken()
    {
        const auto wide = LabelledProbabilities::fromLogits(logits(), labels());
        const auto narrow = LabelledProbabilities::fromProbabilities(logits().to(torch::kFloat32).softmax(1),
                                                                     labels().to(torch::kInt32));
        QVERIFY(std::abs(brierScore(wide) - brierScore(narrow)) < 1e-6);
    }

    void refusesWhatAreNoProbabilities_data()
    {
        QTest::addColumn<QString>("which");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* which, const char* sentence) {
            QTest::newRow(which) << which << sentence;
        };
        row("nan", "probabilities must be finite; sample 1 has NaN or infinity.");
        row("above", "probabilities must be from 0 to 1; sample 0 has one outside.");
        row("sum", "probabilities of a sample must sum to 1; those of sample 1 sum to 0.500000.");
        row("none", "calibration is asked of no samples; it needs at least one.");
        row("one class", "probabilities need at least two classes; given was 1.");
        row("label", "label 2 is outside 0 to 1.");
        row("length", "2 samples have 1 labels.");
        row("real label", "labels must be one whole number per sample.");
    }

    void refusesWhatAreNoProbabilities()
    {
        QFETCH(QString, which);
        QFETCH(QString, sentence);
        torch::Tensor p = torch::full({2, 2}, 0.5, torch::kFloat64), y = torch::tensor({0, 1});
        if (which == "nan")
            p[1][0] = std::numeric_limits<double>::quiet_NaN();
        else if (which == "above")
            p[0] = torch::tensor({1.5, -0.5}, torch::kFloat64);
        else if (which == "sum")
            p[1] = torch::tensor({0.25, 0.25}, torch::kFloat64);
        else if (which == "none")
            p = p.narrow(0, 0, 0), y = y.narrow(0, 0, 0);
        else if (which == "one class")
            p = p.narrow(1, 0, 1);
        else if (which == "label")
            y[1] = 2;
        else if (which == "length")
            y = y.narrow(0, 0, 1);
        else if (which == "real label")
            y = y.to(torch::kFloat32);
        QCOMPARE(test::sentenceOf([&] { LabelledProbabilities::fromProbabilities(p, y); }), sentence);
    }
};

QTEST_GUILESS_MAIN(TestProperScores)
#include "tst_proper_scores.moc"
