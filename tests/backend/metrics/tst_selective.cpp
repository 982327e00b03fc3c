#include "backend/metrics/selective.h"
#include "tests/backend/metrics/made_confidences.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace assay;
using namespace assay::metrics;

class TestSelective : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Every pair of a right and a wrong sample, a tie as one half.
    void aurocCountsPairs()
    {
        for (const int steps : {10, 100000}) {
            const test::MadeConfidences made = test::madeConfidences(400, steps, 5);
            double won = 0, pairs = 0;
            for (std::size_t i = 0; i < 400; ++i) {
                for (std::size_t j = 0; j < 400; ++j) {
                    if (!made.correct[i] || made.correct[j])
                        continue;
                    ++pairs;
                    won += made.confidence[i] > made.confidence[j]    ? 1
                           : made.confidence[i] == made.confidence[j] ? 0.5
                                                                      : 0;
                }
            }
            QVERIFY(std::abs(confidenceAuroc({made.confidence, made.correct}) - won / pairs) < 1e-12);
        }
    }

    void aurocOfOneOutcomeIsNaN()
    {
        const std::vector<double> at = {0.2, 0.8};
        QVERIFY(std::isnan(confidenceAuroc({at, std::vector<std::uint8_t>{1, 1}})));
        QVERIFY(std::isnan(confidenceAuroc({at, std::vector<std::uint8_t>{0, 0}})));
        QCOMPARE(confidenceAuroc({at, std::vector<std::uint8_t>{0, 1}}), 1.0);
        QCOMPARE(confidenceAuroc({at, std::vector<std::uint8_t>{1, 0}}), 0.0);
    }

    /// By hand: 0.9 right; 0.5 right and wrong; 0.1 wrong.
    void curveByHand()
    {
        const SortedConfidences sorted(std::vector<double>{0.5, 0.9, 0.1, 0.5},
                                       std::vector<std::uint8_t>{1, 1, 0, 0});
        const std::vector<RiskPoint> points = riskCoverage(sorted);
        QCOMPARE(points.size(), std::size_t(3));
        QCOMPARE(points[0].coverage, 0.25);
        QCOMPARE(points[0].risk, 0.0);
        QCOMPARE(points[1].threshold, 0.5);
        QCOMPARE(points[1].coverage, 0.75);
        QCOMPARE(points[1].risk, 1.0 / 3);
        QCOMPARE(points[2].coverage, 1.0);
        QCOMPARE(points[2].risk, 0.5);
        // Risks of the first 1, 2, 3, 4: 0, (1/2)/2, 1/3, 2/4. Best: 0, 0, 1/3, 2/4.
        QVERIFY(std::abs(aurc(sorted) - (0.25 + 1.0 / 3 + 0.5) / 4) < 1e-15);
        QVERIFY(std::abs(excessAurc(sorted) - 0.25 / 4) < 1e-15);
    }

    /// The mean over all orders of the samples that keep confidences falling, one by one.
    void tiesAreAveragedOverOrders()
    {
        const std::vector<double> at = {0.3, 0.3, 0.3, 0.3, 0.8, 0.8, 0.8};
        const std::vector<std::uint8_t> right = {1, 0, 0, 1, 1, 0, 1};
        std::vector<std::size_t> order(at.size());
        std::iota(order.begin(), order.end(), std::size_t(0));
        double sum = 0;
        int orders = 0;
        do {
            const bool falling =
                std::ranges::is_sorted(order, std::ranges::greater{}, [&](std::size_t i) { return at[i]; });
            if (!falling)
                continue;
            double wrong = 0, area = 0;
            for (std::size_t k = 0; k < order.size(); ++k) {
                wrong += !right[order[k]];
                area += wrong / static_cast<double>(k + 1) / 7;
            }
            sum += area;
            ++orders;
        } while (std::ranges::next_permutation(order).found);
        QCOMPARE(orders, 24 * 6);
        QVERIFY(std::abs(aurc({at, right}) - sum / orders) < 1e-12);
    }

    void countsAreRepetitions()
    {
        const test::MadeConfidences made = test::madeConfidences(80, 9, 7);
        const SortedConfidences sorted(made.confidence, made.correct);
        std::vector<std::uint32_t> counts;
        test::MadeConfidences repeated;
        for (std::size_t i = 0; i < 80; ++i) {
            counts.push_back(i % 3 == 0 ? 0 : static_cast<std::uint32_t>(i % 4));
            for (std::uint32_t k = 0; k < counts.back(); ++k) {
                repeated.confidence.push_back(sorted.confidence()[i]);
                repeated.correct.push_back(sorted.correct()[i]);
            }
        }
        const SortedConfidences again(repeated.confidence, repeated.correct);
        QVERIFY(std::abs(aurc(sorted, counts) - aurc(again)) < 1e-12);
        QVERIFY(std::abs(confidenceAuroc(sorted, counts) - confidenceAuroc(again)) < 1e-12);
    }

    void perfectOrderHasNoExcess()
    {
        const SortedConfidences sorted(std::vector<double>{0.1, 0.2, 0.3, 0.4},
                                       std::vector<std::uint8_t>{0, 0, 1, 1});
        QVERIFY(excessAurc(sorted) < 1e-15);
        QVERIFY(std::abs(aurc(sorted) - (1.0 / 3 + 0.5) / 4) < 1e-15);
        const SortedConfidences wrong(std::vector<double>{0.1, 0.2}, std::vector<std::uint8_t>{0, 0});
        QCOMPARE(aurc(wrong), 1.0);
        QCOMPARE(excessAurc(wrong), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestSelective)
#include "tst_selective.moc"
