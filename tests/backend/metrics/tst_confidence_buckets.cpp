#include "backend/metrics/confidence_buckets.h"
#include "backend/protocol/error.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace assay;
using namespace assay::metrics;

/// Bins without sorting are those of the sorted confidences.
class TestConfidenceBuckets : public QObject
{
    Q_OBJECT

    /// Confidences as models give them, and as they would be hardest for buckets.
    static test::MadeConfidences made(const QString& kind, std::int64_t n)
    {
        test::MadeConfidences result = test::madeConfidences(n, kind == "many equal" ? 20 : 1000000, 11);
        const std::function<double(double)> change =
            kind == "crowded at 1"        ? [](double c) { return 1 - std::pow(c, 40); }
            : kind == "almost equal"      ? [](double c) { return 0.1 + 1e-13 * c; }
            : kind == "equal but for one" ? [](double c) { return c < 1 ? 0.5 + 1e-12 * c : 1; }
            : kind == "all equal"         ? [](double) { return 0.3; }
            : kind == "sure or not"       ? [](double c) { return c < 0.5 ? 0.0 : 1.0; }
                                          : [](double c) { return c; };
        std::ranges::transform(result.confidence, result.confidence.begin(), change);
        return result;
    }

private Q_SLOTS:
    void areThoseOfTheSorted_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("n");
        for (const char* kind : {"many equal", "few equal", "crowded at 1", "almost equal",
                                 "equal but for one", "all equal", "sure or not"}) {
            for (const int n : {1, 7, 3000, 50000})
                QTest::addRow("%s, %d", kind, n) << QString(kind) << n;
        }
    }

    void areThoseOfTheSorted()
    {
        QFETCH(QString, kind);
        QFETCH(int, n);
        const test::MadeConfidences at = made(kind, n);
        const SortedConfidences sorted(at.confidence, at.correct);
        const ConfidenceBuckets buckets(at.confidence, at.correct);
        QCOMPARE(buckets.totalCorrect(), sorted.totalCorrect());
        QVERIFY(std::abs(buckets.meanConfidence() - sorted.meanConfidence()) < 1e-9);
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
            for (const int bins : {1, 2, 10, 15, 137, 10000}) {
                const auto found = buckets.bins(binning, bins), expected = sorted.bins(binning, bins);
                QCOMPARE(found.size(), expected.size());
                for (std::size_t b = 0; b < found.size(); ++b) {
                    QVERIFY(found[b].lower == expected[b].lower);
                    QVERIFY(found[b].upper == expected[b].upper);
                    QCOMPARE(found[b].first, expected[b].first);
                    QCOMPARE(found[b].count, expected[b].count);
                    QCOMPARE(found[b].accuracy.count, expected[b].accuracy.count);
                    QCOMPARE(found[b].empty(), expected[b].empty());
                    QVERIFY(found[b].empty() ||
                            (std::abs(found[b].confidence - expected[b].confidence) < 1e-9 &&
                             found[b].accuracy.low == expected[b].accuracy.low));
                }
            }
        }
    }

    /// Confidences on the borders, one step of a double below them and one above.
    void bordersFallTheSameWay()
    {
        test::MadeConfidences at;
        for (int bins = 1; bins <= 40; ++bins) {
            for (int k = 0; k <= bins; ++k) {
                const double border = static_cast<double>(k) / bins;
                for (const double c : {border, std::nextafter(border, 0), std::nextafter(border, 1)}) {
                    at.confidence.push_back(c);
                    at.correct.push_back(k % 2);
                }
            }
        }
        const SortedConfidences sorted(at.confidence, at.correct);
        const ConfidenceBuckets buckets(at.confidence, at.correct);
        for (int bins = 1; bins <= 40; ++bins) {
            for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
                const auto found = buckets.bins(binning, bins), expected = sorted.bins(binning, bins);
                for (std::size_t b = 0; b < found.size(); ++b) {
                    QCOMPARE(found[b].count, expected[b].count);
                    QCOMPARE(found[b].accuracy.count, expected[b].accuracy.count);
                }
            }
        }
    }

    void refusesWhatTheSortedRefuse()
    {
        using Reals = std::vector<double>;
        using Outcomes = std::vector<std::uint8_t>;
        const auto sentence = [](const Reals& at, const Outcomes& outcomes) {
            return test::sentenceOf([&] { ConfidenceBuckets(at, outcomes); });
        };
        QCOMPARE(sentence({}, {}), "calibration is asked of no samples; it needs at least one.");
        QCOMPARE(sentence({0.5}, {1, 0}), "1 confidences have 2 outcomes.");
        QCOMPARE(sentence({0.5, 1.5}, {1, 0}),
                 "a confidence must be from 0 to 1; that of sample 1 is 1.500000.");
        QCOMPARE(sentence({0.5}, {2}), "an outcome must be 0 or 1; that of sample 0 is 2.");
        const Reals at = {0.5};
        const Outcomes one = {1};
        QCOMPARE(test::sentenceOf([&] { ConfidenceBuckets(at, one).bins(Binning::EqualWidth, 0); }),
                 "a diagram of 0 bins is asked for; it must have 1 to 10000.");
    }
};

QTEST_GUILESS_MAIN(TestConfidenceBuckets)
#include "tst_confidence_buckets.moc"
