#include "backend/metrics/bootstrap.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

class TestBootstrap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void constantsHaveNoSpread()
    {
        const torch::Tensor means = resampledMeans(torch::full({7, 2}, 3.0), {.resamples = 50});
        QCOMPARE(means.size(0), 50);
        QVERIFY(torch::equal(means, torch::full({50, 2}, 3.0, torch::kFloat64)));
    }

    /// The variance of a resampled mean is the (biased) sample variance over n, whatever the distribution.
    void spreadIsThatOfTheMean()
    {
        const torch::Tensor values =
            torch::tensor({0., 1., 2., 5., 9., 4., 4., 1.}, torch::kFloat64).view({8, 1});
        const torch::Tensor means = resampledMeans(values, {.resamples = 40000, .seed = 3});
        const double expected = values.var(false).item<double>() / 8;
        // The variance of 40000 draws has a relative error of about sqrt(2 / 40000) = 0.7 %; four of those.
        QVERIFY(std::abs(means.var(false).item<double>() / expected - 1) < 0.03);
        QVERIFY(std::abs(means.mean().item<double>() - values.mean().item<double>()) < 0.02);
    }

    void columnsShareTheDraws()
    {
        const torch::Tensor a = torch::arange(30, torch::kFloat64);
        const torch::Tensor means =
            resampledMeans(torch::stack({a, 2 * a + 1}, 1), {.resamples = 100, .seed = 5});
        QVERIFY(torch::allclose(means.select(1, 1), 2 * means.select(1, 0) + 1));
        const torch::Tensor alone = resampledMeans(a.unsqueeze(1), {.resamples = 100, .seed = 5});
        QVERIFY(torch::allclose(alone.squeeze(1), means.select(1, 0)));
    }

    void theSeedDecides()
    {
        const torch::Tensor a = torch::arange(30, torch::kFloat64).unsqueeze(1);
        QVERIFY(torch::equal(resampledMeans(a, {.seed = 1}), resampledMeans(a, {.seed = 1})));
        QVERIFY(!torch::equal(resampledMeans(a, {.seed = 1}), resampledMeans(a, {.seed = 2})));
        // Blocks of many resamples must not change what is drawn: 40 columns or one, the same first column.
        const torch::Tensor large = torch::arange(70000, torch::kFloat64).unsqueeze(1);
        const torch::Tensor few = resampledMeans(large, {.resamples = 40});
        QVERIFY(torch::equal(resampledMeans(large, {.resamples = 90}).narrow(0, 0, 40), few));
    }

    /// For a rate the percentile interval agrees with the binomial's quantiles: 0.5 of 400 has +-0.049.
    void rateIntervalIsBinomial()
    {
        torch::Tensor half = torch::zeros({400, 1}, torch::kFloat64);
        half.narrow(0, 0, 200).fill_(1);
        const Interval interval = percentileInterval(resampledMeans(half, {.resamples = 20000}));
        QVERIFY(std::abs(interval.low - 0.451) < 0.004);
        QVERIFY(std::abs(interval.high - 0.549) < 0.004);
    }

    void percentilesAreQuantiles()
    {
        const torch::Tensor values = torch::arange(101, torch::kFloat64).flip(0);
        const Interval interval = percentileInterval(values, 0.9);
        QCOMPARE(interval.low, 5.0);
        QCOMPARE(interval.high, 95.0);
        const double nan = std::nan("");
        const Interval without = percentileInterval(torch::tensor({nan, 1., 1.}, torch::kFloat64));
        QCOMPARE(without.low, 1.0);
        QVERIFY(std::isnan(percentileInterval(torch::tensor({nan}, torch::kFloat64)).low));
    }

    void nothingHasNoMean()
    {
        QVERIFY(resampledMeans(torch::zeros({0, 1}), {.resamples = 3}).isnan().all().item<bool>());
    }

    void refusesWhatIsOutOfRange()
    {
        QVERIFY_EXCEPTION_THROWN(resampledMeans(torch::zeros({3}), {}), Error);
        QVERIFY_EXCEPTION_THROWN(percentileInterval(torch::zeros({3}), 1), Error);
        try {
            resampledMeans(torch::zeros({3, 1}), {.resamples = 0});
            QFAIL("0 resamples were accepted");
        } catch (const Error& error) {
            QCOMPARE(error.what(), "a bootstrap of 0 resamples is asked for; it must be 1 to 1000000.");
        }
    }
};

QTEST_GUILESS_MAIN(TestBootstrap)
#include "tst_bootstrap.moc"
