#include "backend/metrics/rates.h"
#include "backend/protocol/error.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

class TestRates : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Newcombe 1998 (Stat. Med. 17, 857-872), table I, method 3, gives the first four to four digits; the
    /// last two follow from the formula by hand: at count 0 the upper end is z^2 / (n + z^2).
    void agreesWithPublishedIntervals_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("n");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("81 of 263") << 81 << 263 << 0.2553 << 0.3662;
        QTest::newRow("15 of 148") << 15 << 148 << 0.0624 << 0.1605;
        QTest::newRow("0 of 20") << 0 << 20 << 0.0 << 0.1611;
        QTest::newRow("1 of 29") << 1 << 29 << 0.0061 << 0.1718;
        QTest::newRow("10 of 100") << 10 << 100 << 0.0552 << 0.1744;
        QTest::newRow("20 of 20") << 20 << 20 << 0.8389 << 1.0;
    }

    void agreesWithPublishedIntervals()
    {
        QFETCH(int, count);
        QFETCH(int, n);
        QFETCH(double, low);
        QFETCH(double, high);
        const Rate rate = wilson(count, n);
        QVERIFY(std::abs(rate.low - low) < 5.1e-5); // half a unit of the last printed digit
        QVERIFY(std::abs(rate.high - high) < 5.1e-5);
        QCOMPARE(rate.value, double(count) / n);
        QCOMPARE(rate.count, count);
        QCOMPARE(rate.n, n);
    }

    void intervalHoldsTheValue()
    {
        for (int n = 1; n <= 60; ++n) {
            for (int count = 0; count <= n; ++count) {
                const Rate rate = wilson(count, n);
                QVERIFY(rate.low <= rate.value && rate.value <= rate.high);
                QVERIFY(rate.low >= 0 && rate.high <= 1);
                const Rate mirrored = wilson(n - count, n);
                QVERIFY(std::abs(mirrored.low - (1 - rate.high)) < 1e-12);
            }
        }
    }

    void nothingMeasuredHasNoRate()
    {
        const Rate rate = wilson(0, 0);
        QVERIFY(std::isnan(rate.value) && std::isnan(rate.low) && std::isnan(rate.high));
    }

    void refusesImpossibleCounts()
    {
        QVERIFY_EXCEPTION_THROWN(wilson(5, 4), Error);
        QVERIFY_EXCEPTION_THROWN(wilson(-1, 4), Error);
        try {
            wilson(5, 4);
        } catch (const Error& error) {
            QCOMPARE(error.what(), "a rate of 5 out of 4 is impossible.");
        }
    }
};

QTEST_GUILESS_MAIN(TestRates)
#include "tst_rates.moc"
