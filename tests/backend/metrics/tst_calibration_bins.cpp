#include "backend/metrics/calibration_bins.h"
#include "backend/protocol/error.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace assay;
using namespace assay::metrics;

using Reals = std::vector<double>;
using Outcomes = std::vector<std::uint8_t>;

class TestCalibrationBins : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Bins are (b/B, (b+1)/B], the first also holds 0, and the last 1.
    void widthBordersBelongToTheBinBelow()
    {
        const Reals at = {0, 0.2, 0.200000001, 0.4, 0.6, 0.8, 1};
        const SortedConfidences sorted(at, Outcomes{0, 1, 0, 1, 1, 0, 1});
        const auto bins = sorted.bins(Binning::EqualWidth, 5);
        Reals counts;
        for (const ReliabilityBin& bin : bins)
            counts.push_back(static_cast<double>(bin.count));
        QCOMPARE(counts, (Reals{2, 2, 1, 1, 1}));
        QCOMPARE(bins[0].lower, 0.0);
        QCOMPARE(bins[0].upper, 0.2);
        QCOMPARE(bins[0].confidence, 0.1);
        QCOMPARE(bins[0].accuracy.value, 0.5);
        QCOMPARE(bins[4].upper, 1.0);
        for (const double p : at) {
            const std::int64_t b = equalWidthBin(p, 5);
            QVERIFY(p <= bins[b].upper && (p > bins[b].lower || b == 0));
        }
    }

    /// k / B for every B: the borders themselves, where a rounded product could go either way.
    void bothWaysToABinAgree()
    {
        for (int bins = 1; bins <= 100; ++bins) {
            for (int k = 0; k <= bins; ++k) {
                const double border = static_cast<double>(k) / bins;
                QCOMPARE(equalWidthBin(border, bins), std::max(0, k - 1));
                if (k < bins)
                    QCOMPARE(equalWidthBin(std::nextafter(border, 2), bins), std::int64_t(k));
            }
        }
    }

    void emptyBinsSaySo()
    {
        const auto bins = SortedConfidences(Reals{0.9, 0.95}, Outcomes{1, 0}).bins(Binning::EqualWidth, 10);
        QCOMPARE(std::ranges::count_if(bins, &ReliabilityBin::empty), 8);
        QVERIFY(bins[3].empty());
        QVERIFY(std::isnan(bins[3].confidence) && std::isnan(bins[3].accuracy.value) &&
                std::isnan(bins[3].gap()));
        QCOMPARE(bins[8].count, 1);
        QCOMPARE(bins[9].accuracy.n, 1);
    }

    /// 10 different ones in 3 bins: cuts after ceil(10/3) = 4, ceil(20/3) = 7 and 10.
    void massBinsAreCutByCount()
    {
        Reals at;
        for (int i = 10; i > 0; --i)
            at.push_back(i / 20.0);
        const auto bins = SortedConfidences(at, Outcomes(10, 1)).bins(Binning::EqualMass, 3);
        QCOMPARE(bins[0].count, 4);
        QCOMPARE(bins[1].count, 3);
        QCOMPARE(bins[2].count, 3);
        QCOMPARE(bins[0].lower, 0.05);
        QCOMPARE(bins[0].upper, 0.2);
        QCOMPARE(bins[2].upper, 0.5);
    }

    /// Six of eight are equal: the first bin takes them all, the two it emptied have no width.
    void equalOnesShareABin()
    {
        const Reals at = {0.5, 0.7, 0.5, 0.5, 0.5, 0.5, 0.9, 0.5};
        const SortedConfidences sorted(at, Outcomes{1, 1, 0, 0, 1, 0, 1, 0});
        const auto bins = sorted.bins(Binning::EqualMass, 4);
        QCOMPARE(bins[0].count, 6);
        QVERIFY(bins[1].empty() && bins[2].empty());
        QCOMPARE(bins[1].lower, bins[1].upper);
        QCOMPARE(bins[3].count, 2);
        QCOMPARE(bins[3].first, 6);
        // Positions lead back to the samples: those of 0.5, in their order.
        const auto order = sorted.order();
        QCOMPARE(std::vector<std::int64_t>(order.begin(), order.begin() + 6),
                 (std::vector<std::int64_t>{0, 2, 3, 4, 5, 7}));
    }

    void fewerSamplesThanBins()
    {
        const auto bins = SortedConfidences(Reals{0.3, 0.6}, Outcomes{0, 1}).bins(Binning::EqualMass, 5);
        std::int64_t sum = 0;
        for (const ReliabilityBin& bin : bins)
            sum += bin.count;
        QCOMPARE(sum, 2);
        QCOMPARE(std::ranges::count_if(bins, &ReliabilityBin::empty), 3);
    }

    void agreesWithCounting_data()
    {
        QTest::addColumn<int>("bins");
        QTest::addColumn<int>("steps");
        for (const int bins : {1, 2, 7, 15, 100}) {
            QTest::addRow("%d bins, many equal", bins) << bins << 20;
            QTest::addRow("%d bins, few equal", bins) << bins << 1000000;
        }
    }

    /// Against sums taken sample by sample over the bin that the definition names.
    void agreesWithCounting()
    {
        QFETCH(int, bins);
        QFETCH(int, steps);
        const test::MadeConfidences made = test::madeConfidences(5000, steps);
        const SortedConfidences sorted(made.confidence, made.correct);
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
            const auto result = sorted.bins(binning, bins);
            QCOMPARE(result.size(), std::size_t(bins));
            std::int64_t total = 0;
            for (const ReliabilityBin& bin : result) {
                double sum = 0;
                std::int64_t count = 0, right = 0;
                for (std::size_t i = 0; i < made.confidence.size(); ++i) {
                    const double c = made.confidence[i];
                    const bool first = &bin == &result.front() && c == bin.lower;
                    if ((c > bin.lower || first) && c <= bin.upper) {
                        sum += c;
                        ++count;
                        right += made.correct[i];
                    }
                }
                QCOMPARE(bin.count, count);
                QCOMPARE(bin.accuracy.count, right);
                QCOMPARE(bin.first, total);
                total += count;
                if (count > 0) {
                    QVERIFY(std::abs(bin.confidence - sum / static_cast<double>(count)) < 1e-12);
                    QCOMPARE(bin.accuracy.low, wilson(right, count).low);
                }
            }
            QCOMPARE(total, sorted.size());
        }
    }

    /// Running sums over a million confidences keep the mean of a bin of a few.
    void sumsKeepTheirDigits()
    {
        const test::MadeConfidences made = test::madeConfidences(1000000, 1000000);
        const SortedConfidences sorted(made.confidence, made.correct);
        for (const ReliabilityBin& bin : sorted.bins(Binning::EqualWidth, 10000)) {
            if (bin.empty())
                continue;
            long double sum = 0;
            for (std::int64_t i = bin.first; i < bin.first + bin.count; ++i)
                sum += sorted.confidence()[static_cast<std::size_t>(i)];
            QVERIFY(std::abs(bin.confidence - static_cast<double>(sum / bin.count)) < 1e-10);
        }
    }

    void orderOfSamplesHasNoEffect()
    {
        test::MadeConfidences made = test::madeConfidences(999, 30);
        const SortedConfidences one(made.confidence, made.correct);
        std::ranges::reverse(made.confidence);
        std::ranges::reverse(made.correct);
        const SortedConfidences other(made.confidence, made.correct);
        const auto a = one.bins(Binning::EqualMass, 15), b = other.bins(Binning::EqualMass, 15);
        for (std::size_t i = 0; i < a.size(); ++i) {
            QCOMPARE(a[i].count, b[i].count);
            QCOMPARE(a[i].accuracy.count, b[i].accuracy.count);
        }
    }

    void refusesWhatIsNoConfidence()
    {
        const auto made = [](Reals at, Outcomes outcomes) {
            return test::sentenceOf([&] { SortedConfidences(at, outcomes); });
        };
        QCOMPARE(made({}, {}), "calibration is asked of no samples; it needs at least one.");
        QCOMPARE(made({0.5}, {1, 0}), "1 confidences have 2 outcomes.");
        QCOMPARE(made({0.5, 1.5}, {1, 0}), "a confidence must be from 0 to 1; that of sample 1 is 1.500000.");
        QCOMPARE(made({std::nan("")}, {1}), "a confidence must be from 0 to 1; that of sample 0 is nan.");
        QCOMPARE(made({0.5}, {2}), "an outcome must be 0 or 1; that of sample 0 is 2.");
        const SortedConfidences sorted(Reals{0.5}, Outcomes{1});
        QCOMPARE(test::sentenceOf([&] { sorted.bins(Binning::EqualMass, 0); }),
                 "a diagram of 0 bins is asked for; it must have 1 to 10000.");
    }
};

QTEST_GUILESS_MAIN(TestCalibrationBins)
#include "tst_calibration_bins.moc"
