#include "plugins/backdoor/audit_statistics.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::backdoor;

namespace {

bool near(double a, double b, double tolerance)
{
    return std::abs(a - b) <= tolerance;
}

} // namespace

class TestAuditStatistics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// I_x(2, 3) is the polynomial 6 x^2 - 8 x^3 + 3 x^4, I_x(1/2, 1/2) is 2/pi arcsin sqrt x, I_x(1, b) is
    /// 1 - (1-x)^b.
    void theBetaFunctionInClosedForms()
    {
        for (const double x : {0.01, 0.3, 0.5, 0.77, 0.999}) {
            QVERIFY(near(regularisedBeta(2, 3, x), 6 * x * x - 8 * x * x * x + 3 * x * x * x * x, 1e-13));
            QVERIFY(near(regularisedBeta(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-13));
            QVERIFY(near(regularisedBeta(1, 7, x), 1 - std::pow(1 - x, 7), 1e-13));
        }
        QCOMPARE(regularisedBeta(2, 3, 0), 0.0);
        QCOMPARE(regularisedBeta(2, 3, 1), 1.0);
        QVERIFY(near(regularisedBeta(400, 300, 0.55) + regularisedBeta(300, 400, 0.45), 1, 1e-12));
    }

    void quantilesOfThePublishedTables_data()
    {
        QTest::addColumn<double>("p");
        QTest::addColumn<double>("dof");
        QTest::addColumn<double>("quantile");
        // Three digits after the point: the tables of any textbook.
        QTest::newRow("0.95, 1") << 0.95 << 1.0 << 6.314;
        QTest::newRow("0.95, 4") << 0.95 << 4.0 << 2.132;
        QTest::newRow("0.95, 9") << 0.95 << 9.0 << 1.833;
        QTest::newRow("0.95, 29") << 0.95 << 29.0 << 1.699;
        QTest::newRow("0.975, 2") << 0.975 << 2.0 << 4.303;
        QTest::newRow("0.99, 9") << 0.99 << 9.0 << 2.821;
        QTest::newRow("0.95, infinite") << 0.95 << 1e7 << 1.645;
        QTest::newRow("0.05, 4") << 0.05 << 4.0 << -2.132;
    }
    void quantilesOfThePublishedTables()
    {
        QFETCH(double, p);
        QFETCH(double, dof);
        QFETCH(double, quantile);
        QVERIFY(near(studentQuantile(p, dof), quantile, 0.0006));
        // The logarithms of the gamma function lose digits as the degrees of freedom grow.
        QVERIFY(near(studentProbability(studentQuantile(p, dof), dof), p, dof < 1000 ? 1e-12 : 1e-7));
    }

    /// With one degree of freedom it is Cauchy's, tan(pi (p - 1/2)); with two t = (2p-1) / sqrt(2 p (1-p)).
    void quantilesInClosedForms()
    {
        for (const double p : {0.6, 0.9, 0.999}) {
            QVERIFY(near(studentQuantile(p, 1) / std::tan(M_PI * (p - 0.5)), 1, 1e-11));
            QVERIFY(near(studentQuantile(p, 2) / ((2 * p - 1) / std::sqrt(2 * p * (1 - p))), 1, 1e-11));
        }
        QCOMPARE(test::sentenceOf([] { studentQuantile(1, 5); }),
                 QStringLiteral("a quantile of Student's distribution is asked for at 1.000000 with 5.000000 "
                                "degrees of freedom."));
    }

    void binomialTailsByHand()
    {
        QVERIFY(near(binomialTail(1, 10, 0.1), 1 - std::pow(0.9, 10), 1e-13));
        // 20 choose 2 and so on: P(X >= 19) of 20 at 1/2 is (20 + 1) / 2^20.
        QVERIFY(near(binomialTail(19, 20, 0.5), 21 / 1048576.0, 1e-15));
        double sum = 0;
        for (int k = 0; k <= 2; ++k)
            sum += (k == 0 ? 1 : k == 1 ? 50 : 1225) * std::pow(0.06, k) * std::pow(0.94, 50 - k);
        QVERIFY(near(binomialTail(3, 50, 0.06), 1 - sum, 1e-12));
        QCOMPARE(binomialTail(0, 10, 0.3), 1.0);
        QCOMPARE(binomialTail(11, 10, 0.3), 0.0);
    }

    /// 10 of 50, beta 0.1: sqrt(49) (0.2 - 0.1) / sqrt(0.16) = 1.75, the quantile of 49 degrees is 1.677.
    void theTestByHand()
    {
        const AuditDecision d = decideAudit(10, 50, 0.1, 0.95);
        QVERIFY(near(d.statistic, 1.75, 1e-12));
        QVERIFY(near(d.quantile, 1.677, 0.0006));
        QVERIFY(d.rejected);
        QVERIFY(d.p < 0.05 && d.p > 0.04);
        QVERIFY(near(d.binomialP, 0.0245, 0.0001)); // sum of the tail by hand
        QVERIFY(d.binomialRejected);
        // sqrt(n-1) / 4 > t(n-1): 46 gives 1.677 < 1.679, 47 gives 1.696 > 1.679.
        QCOMPARE(d.fewest.value(), std::int64_t(47));
        QVERIFY(!decideAudit(9, 50, 0.1, 0.95).rejected);
        QVERIFY(!decideAudit(5, 50, 0.1, 0.95).fewest);
    }

    void ratesWithoutVariance()
    {
        const AuditDecision none = decideAudit(0, 30, 0.02, 0.95);
        QVERIFY(!none.rejected);
        QCOMPARE(none.p, 1.0);
        const AuditDecision all = decideAudit(30, 30, 0.02, 0.95);
        QVERIFY(all.rejected);
        QCOMPARE(all.p, 0.0);
        QCOMPARE(all.fewest.value(), std::int64_t(2));
        // Two of two at a rate of a half prove nothing, whatever the t test says.
        QVERIFY(!decideAudit(2, 2, 0.5, 0.95).binomialRejected);
        QCOMPARE(
            test::sentenceOf([] { decideAudit(1, 1, 0.1, 0.95); }),
            QStringLiteral("a test of 1 hits in 1 queries is asked for; at least 2 queries are needed."));
    }

    void betaOfReferences()
    {
        const std::vector<double> rates = {0.02, 0.03, 0.04};
        QVERIFY(near(referenceBeta(rates, 3, 500), 0.03 + 3 * 0.01, 1e-12));
        const std::vector<double> never = {0, 0, 0};
        QCOMPARE(referenceBeta(never, 3, 200), 0.005);
        const std::vector<double> one = {0.1};
        QVERIFY_EXCEPTION_THROWN(referenceBeta(one, 3, 200), Error);
    }

    void curvesOfHandMadeScores()
    {
        const std::vector<double> marked = {3, 2, 2}, innocent = {2, 1};
        const AuditRoc roc = auditRoc(marked, innocent);
        QCOMPARE(roc.falseRate, (std::vector<double>{0, 0, 0.5, 1}));
        QCOMPARE(roc.trueRate, (std::vector<double>{0, 1.0 / 3, 1, 1}));
        QVERIFY(near(roc.area, (2 * 0.5 + 1 + 1 + 1 + 1) / 6, 1e-12)); // of six pairs two are ties
        QVERIFY_EXCEPTION_THROWN(auditRoc({}, innocent), Error);
    }
};

QTEST_GUILESS_MAIN(TestAuditStatistics)
#include "tst_audit_statistics.moc"
