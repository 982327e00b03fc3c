#include "backend/metrics/roc.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::metrics;

class TestRoc : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Every pair of a positive and a negative sample, a tie as one half.
    void aurocIsItsDefinition()
    {
        for (const int steps : {6, 100000}) {
            const test::MadeConfidences made = test::madeConfidences(300, steps, 11);
            double won = 0, pairs = 0;
            for (std::size_t i = 0; i < made.correct.size(); ++i) {
                for (std::size_t j = 0; j < made.correct.size(); ++j) {
                    if (!made.correct[i] || made.correct[j])
                        continue;
                    ++pairs;
                    const double more = made.confidence[i] - made.confidence[j];
                    won += more > 0 ? 1 : more == 0 ? 0.5 : 0;
                }
            }
            QVERIFY(std::abs(auroc(SortedScores(made.confidence, made.correct)) - won / pairs) < 1e-12);
        }
    }

    /// By hand: 9 +, 7 -, 5 + and -, -2 -. Pairs won: 3 of 3, and of the second + one tie and one win: 4.5
    /// / 6.
    void curveByHand()
    {
        const SortedScores sorted(std::vector<double>{5, 9, -2, 7, 5},
                                  std::vector<std::uint8_t>{1, 1, 0, 0, 0});
        QCOMPARE(sorted.positives(), 2);
        QCOMPARE(sorted.negatives(), 3);
        QCOMPARE(auroc(sorted), 4.5 / 6);
        const std::vector<RocPoint> curve = rocCurve(sorted);
        QCOMPARE(curve.size(), std::size_t(5));
        QVERIFY(std::isinf(curve[0].threshold) && curve[0].tpr == 0 && curve[0].fpr == 0);
        const std::vector<std::array<double, 3>> expected = {
            {9, 0.5, 0}, {7, 0.5, 1.0 / 3}, {5, 1, 2.0 / 3}, {-2, 1, 1}};
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE(curve[i + 1].threshold, expected[i][0]);
            QCOMPARE(curve[i + 1].tpr, expected[i][1]);
            QCOMPARE(curve[i + 1].fpr, expected[i][2]);
        }
        QCOMPARE(tprAtFpr(curve, 0.05), 0.5);
        QCOMPARE(tprAtFpr(curve, 0.66), 0.5);
        QCOMPARE(tprAtFpr(curve, 0.67), 1.0);
        // F1: 2/3 at 9, 2/4 at 7, 4/6 at 5, 4/7 at -2. Of equals the highest threshold.
        QCOMPARE(f1Score(curve[2], 2), 0.5);
        QCOMPARE(bestF1(curve, 2).threshold, 9.0);
    }

    void oneKindHasNoNumber()
    {
        for (const std::uint8_t kind : {0, 1}) {
            const SortedScores sorted(std::vector<double>{1, 2}, std::vector<std::uint8_t>{kind, kind});
            QVERIFY(std::isnan(auroc(sorted)));
            QVERIFY(std::isnan(aurocInterval(sorted).low));
            QVERIFY(std::isnan(tprAtFpr(rocCurve(sorted), 0.05)));
        }
        QVERIFY(std::isnan(auroc(SortedScores({}, {}))));
    }

    /// Scores that do not overlap leave nothing to chance; others give an interval about the value.
    void intervals()
    {
        const SortedScores apart(std::vector<double>{1, 2, 3, 4}, std::vector<std::uint8_t>{0, 0, 1, 1});
        QCOMPARE(aurocInterval(apart).low, 1.0);
        QCOMPARE(aurocInterval(apart).high, 1.0);
        const test::MadeConfidences made = test::madeConfidences(200, 1000, 3);
        const SortedScores sorted(made.confidence, made.correct);
        const Interval interval = aurocInterval(sorted, {.resamples = 500, .seed = 4});
        const double value = auroc(sorted);
        QVERIFY(interval.low < value && value < interval.high);
        // Hanley and McNeil 1982: the standard error of an AUROC.
        const double q1 = value / (2 - value), q2 = 2 * value * value / (1 + value);
        const auto p = static_cast<double>(sorted.positives()), n = static_cast<double>(sorted.negatives());
        const double variance =
            (value * (1 - value) + (p - 1) * (q1 - value * value) + (n - 1) * (q2 - value * value)) / (p * n);
        const double width = (interval.high - interval.low) / (2 * 1.96 * std::sqrt(variance));
        QVERIFY2(width > 0.8 && width < 1.25, std::to_string(width).c_str());
        QCOMPARE(aurocInterval(sorted, {.resamples = 500, .seed = 4}).low, interval.low);
    }

    void refusals()
    {
        QCOMPARE(test::sentenceOf([] { SortedScores(std::vector<double>{1}, {}); }),
                 QStringLiteral("1 scores do not go with 0 outcomes."));
        QCOMPARE(test::sentenceOf([] {
                     SortedScores(std::vector<double>{std::numeric_limits<double>::quiet_NaN()},
                                  std::vector<std::uint8_t>{1});
                 }),
                 QStringLiteral("a score is not a number."));
    }
};

QTEST_GUILESS_MAIN(TestRoc)
#include "tst_roc.moc"
