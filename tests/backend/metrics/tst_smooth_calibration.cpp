#include "backend/metrics/smooth_calibration.h"
#include "backend/protocol/error.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace assay;
using namespace assay::metrics;

class TestSmoothCalibration : public QObject
{
    Q_OBJECT

    static SortedConfidences sorted(const test::MadeConfidences& made)
    {
        return {made.confidence, made.correct};
    }

    static double normal(double distance, double sigma)
    {
        return std::exp(-distance * distance / (2 * sigma * sigma)) /
               (sigma * std::sqrt(2 * std::numbers::pi));
    }

    /// From the definition, sample by sample: the kernel as a sum over the mirrored samples, no series and
    /// no grid for them; the integral by the trapezoidal rule on 8001 points, which errs by less than
    /// 1e-7 for widths of a hundredth or more.
    static double directError(const test::MadeConfidences& made, double sigma)
    {
        constexpr int kSteps = 8000;
        double sum = 0;
        for (int g = 0; g <= kSteps; ++g) {
            const double t = static_cast<double>(g) / kSteps;
            double residual = 0;
            for (std::size_t i = 0; i < made.confidence.size(); ++i) {
                const double f = made.confidence[i];
                double kernel = 0;
                for (int n = -2; n <= 2; ++n) {
                    for (const double distance : {t - f + 2 * n, t + f + 2 * n})
                        kernel += std::abs(distance) < 9 * sigma ? normal(distance, sigma) : 0;
                }
                residual += kernel * (made.correct[i] - f);
            }
            const double weight = g == 0 || g == kSteps ? 0.5 : 1;
            sum += weight * std::abs(residual / static_cast<double>(made.confidence.size())) / kSteps;
        }
        return sum;
    }

    /// Share of a Gaussian around 0 below @p x.
    static double below(double x, double sigma) { return std::erfc(-x / (sigma * std::sqrt(2.0))) / 2; }

private Q_SLOTS:
    void agreesWithTheDefinition_data()
    {
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("sigma");
        for (const double sigma : {0.01, 0.03, 0.1, 0.4}) {
            QTest::addRow("many equal, 0 and 1 among them, %g", sigma) << 10 << sigma;
            QTest::addRow("few equal, %g", sigma) << 1000000 << sigma;
        }
    }

    void agreesWithTheDefinition()
    {
        QFETCH(int, steps);
        QFETCH(double, sigma);
        const test::MadeConfidences made = test::madeConfidences(80, steps, 5);
        const double off = SmoothedResiduals(sorted(made)).error(sigma) - directError(made, sigma);
        QVERIFY2(std::abs(off) < 1e-6, QByteArray::number(off).constData());
    }

    /// sigma* from the definition by bisection, and the number reported there.
    void widthAndErrorBalance()
    {
        for (const std::uint64_t seed : {1, 2}) {
            const test::MadeConfidences made = test::madeConfidences(60, 1000, seed);
            double low = 0.01, high = 1;
            while (high - low > 1e-7) {
                const double middle = (low + high) / 2;
                (directError(made, middle) > middle ? low : high) = middle;
            }
            const SmoothedResiduals residuals(sorted(made));
            const double sigma = residuals.balancedSigma();
            QVERIFY(std::abs(residuals.error(sigma) - sigma) < 1e-9);
            QVERIFY2(std::abs(sigma - low) < 1e-6, QByteArray::number(sigma - low).constData());
            QVERIFY(std::abs(smoothCalibrationError(sorted(made)) - low) < 1e-6);
        }
    }

    /// The kernel keeps its mass: of samples of one confidence the error is the gap, at every width.
    void oneConfidenceHasItsGap()
    {
        for (const double at : {0.0, 0.3, 0.7, 1.0}) {
            const SmoothedResiduals residuals(
                {std::vector<double>(8, at), std::vector<std::uint8_t>{1, 0, 0, 0, 1, 0, 0, 0}});
            for (const double sigma : {1.0 / 1024, 0.02, 0.3, 1.0})
                QVERIFY(std::abs(residuals.error(sigma) - std::abs(0.25 - at)) < 1e-7);
            QVERIFY(std::abs(residuals.balancedSigma() - std::max(1.0 / 1024, std::abs(0.25 - at))) < 1e-8);
        }
    }

    /// Gaps of +1/4 at confidence 1/4 and -1/4 at 3/4 cancel at t = 1/2, by symmetry: the error is 1/4 of
    /// what the kernel at 1/4 has more below 1/2 than above it.
    void oppositeGapsCancelAsGaussiansDo()
    {
        const std::vector<double> at = {0.25, 0.25, 0.75, 0.75};
        const SmoothedResiduals residuals({at, std::vector<std::uint8_t>{1, 0, 1, 0}});
        for (const double sigma : {0.01, 0.1, 0.25, 0.5}) {
            double less = 0, more = 0;
            for (int n = -6; n <= 6; ++n) {
                for (const double centre : {0.25 + 2 * n, -0.25 + 2 * n}) {
                    less += below(0.5 - centre, sigma) - below(-centre, sigma);
                    more += below(1 - centre, sigma) - below(0.5 - centre, sigma);
                }
            }
            const double off = residuals.error(sigma) - (less - more) / 4;
            QVERIFY2(std::abs(off) < 1e-7, QByteArray::number(off).constData());
        }
    }

    /// Wider kernels see less, and nothing sees less than the mean gap.
    void fallsWithTheWidth()
    {
        const test::MadeConfidences made = test::madeConfidences(2000, 1000000, 3);
        const SortedConfidences all = sorted(made);
        const SmoothedResiduals residuals(all);
        double last = 1;
        for (double sigma = 1.0 / 1024; sigma <= 1; sigma *= 1.3) {
            const double error = residuals.error(sigma);
            QVERIFY(error <= last + 1e-9);
            last = error;
        }
        const double mean =
            static_cast<double>(all.totalCorrect()) / static_cast<double>(all.size()) - all.meanConfidence();
        QVERIFY(last >= std::abs(mean) - 1e-9);
    }

    /// All right and sure, or wrong and sure of it: nothing to smooth. Half right at one half: no gap either.
    void calibratedToTheLastSampleIsZero()
    {
        QCOMPARE(smoothCalibrationError({std::vector<double>(5, 1.0), std::vector<std::uint8_t>(5, 1)}), 0.0);
        const double half =
            smoothCalibrationError({std::vector<double>(4, 0.5), std::vector<std::uint8_t>{1, 0, 1, 0}});
        QVERIFY(half < 1e-12);
    }

    /// Outcomes drawn with their own confidence: the error of ever more samples goes to 0, as N^(-1/3).
    void calibratedInTheLimitIsZero()
    {
        double last = 1;
        for (const std::int64_t n : {1000, 30000, 1000000}) {
            Draws draws(4);
            test::MadeConfidences made;
            for (std::int64_t i = 0; i < n; ++i) {
                made.confidence.push_back(static_cast<double>(draws.below(1000001)) / 1e6);
                made.correct.push_back(static_cast<double>(draws.below(1000000)) / 1e6 <
                                       made.confidence.back());
            }
            const double error = smoothCalibrationError(sorted(made));
            QVERIFY2(error < last / 2, QByteArray::number(error).constData());
            last = error;
        }
        QVERIFY(last < 0.006);
    }

    void countsStandForRepetitions()
    {
        const test::MadeConfidences made = test::madeConfidences(200, 50, 8);
        const SortedConfidences all = sorted(made);
        std::vector<std::uint32_t> counts;
        test::MadeConfidences repeated;
        for (std::size_t i = 0; i < 200; ++i) {
            counts.push_back(static_cast<std::uint32_t>(i % 4));
            for (std::size_t k = 0; k < i % 4; ++k) {
                repeated.confidence.push_back(all.confidence()[i]);
                repeated.correct.push_back(all.correct()[i]);
            }
        }
        QVERIFY(std::abs(smoothCalibrationError(all, counts) - smoothCalibrationError(sorted(repeated))) <
                1e-12);
    }

    void otherWidthsAreRefused()
    {
        const SmoothedResiduals residuals({std::vector<double>{0.5}, std::vector<std::uint8_t>{1}});
        QCOMPARE(test::sentenceOf([&] { residuals.error(0.0001); }),
                 "a kernel of width 0.000100 is asked for; it must be from 0.000977 to 1.");
        QCOMPARE(test::sentenceOf([&] { residuals.error(1.5); }),
                 "a kernel of width 1.500000 is asked for; it must be from 0.000977 to 1.");
    }
};

QTEST_GUILESS_MAIN(TestSmoothCalibration)
#include "tst_smooth_calibration.moc"
