#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

using Values = std::vector<double>;

class TestStatistics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void meanOfNothingIsNaN()
    {
        QVERIFY(std::isnan(mean(Values{})));
        QCOMPARE(mean(Values{1, 2, 6}), 3.0);
    }

    /// R: quantile(c(1, 2, 4, 8), c(0, .25, .5, .75, 1)) gives 1, 1.75, 3, 5, 8 (type 7, R's default).
    void quantilesAreTypeSeven()
    {
        const Values values = {8, 1, 4, 2};
        QCOMPARE(quantile(values, 0), 1.0);
        QCOMPARE(quantile(values, 0.25), 1.75);
        QCOMPARE(quantile(values, 0.5), 3.0);
        QCOMPARE(quantile(values, 0.75), 5.0);
        QCOMPARE(quantile(values, 1), 8.0);
        QCOMPARE(quantile(Values{7}, 0.3), 7.0);
        QVERIFY(std::isnan(quantile(Values{}, 0.5)));
        QVERIFY_EXCEPTION_THROWN(quantile(values, 1.5), Error);
        QVERIFY_EXCEPTION_THROWN(quantile(values, std::nan("")), Error);
    }

    void tiesShareTheirRanks()
    {
        QCOMPARE(ranks(Values{10, 20, 10, 5}), (Values{2.5, 4, 2.5, 1}));
        QCOMPARE(ranks(Values{3, 3, 3}), (Values{2, 2, 2}));
        QVERIFY(ranks(Values{}).empty());
    }

    /// The example of hours of television against IQ that textbooks and Wikipedia give: rho = -29/165.
    void spearmanOfTheTextbookExample()
    {
        const Values iq = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
        const Values hours = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
        QVERIFY(std::abs(spearman(iq, hours) + 29.0 / 165.0) < 1e-12);
    }

    /// By hand: ranks (1, 2.5, 2.5, 4) and (1, 3, 2, 4): covariance 4.5, variances 4.5 and 5,
    /// so 4.5/sqrt(22.5).
    void spearmanWithTies()
    {
        QVERIFY(std::abs(spearman(Values{1, 2, 2, 3}, Values{1, 3, 2, 4}) - 4.5 / std::sqrt(22.5)) < 1e-12);
    }

    void monotoneGivesOne()
    {
        QCOMPARE(spearman(Values{1, 2, 3, 4}, Values{1, 10, 100, 1e9}), 1.0);
        QCOMPARE(spearman(Values{1, 2, 3, 4}, Values{4, 3, 2, 1}), -1.0);
        QVERIFY(pearson(Values{1, 2, 3, 4}, Values{1, 10, 100, 1e9}) < 0.9);
    }

    void degenerateCorrelationsAreNaN()
    {
        QVERIFY(std::isnan(spearman(Values{1}, Values{2})));
        QVERIFY(std::isnan(spearman(Values{1, 1, 1}, Values{1, 2, 3})));
        QVERIFY_EXCEPTION_THROWN(spearman(Values{1, 2}, Values{1}), Error);
    }
};

QTEST_GUILESS_MAIN(TestStatistics)
#include "tst_statistics.moc"
