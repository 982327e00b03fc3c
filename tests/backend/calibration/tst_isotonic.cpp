#include "backend/calibration/isotonic.h"
#include "backend/metrics/draws.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::calibration;

using Points = std::vector<double>;

class TestIsotonic : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// By hand: 3, 2 pool to 2.5; 1 pulls all to 2; 4 stays.
    void poolsViolators()
    {
        const IsotonicFunction f = fitIsotonic(Points{1, 2, 3, 4}, Points{3, 2, 1, 4});
        QCOMPARE(f.x, (Points{1, 3, 4}));
        QCOMPARE(f.y, (Points{2, 2, 4}));
        QCOMPARE(f.at(0), 2.0);
        QCOMPARE(f.at(3.5), 3.0);
        QCOMPARE(f.at(9), 4.0);
    }

    void equalPlacesAreOnePoint()
    {
        const IsotonicFunction f = fitIsotonic(Points{2, 1, 2, 1}, Points{1, 0, 0, 1});
        QCOMPARE(f.x, (Points{1, 2}));
        QCOMPARE(f.y, (Points{0.5, 0.5}));
    }

    /// The min-max formula (Robertson et al. 1988): f(x_i) is the largest over a <= i of the
    /// least over b >= i of the mean of y_a .. y_b. Cubic in N, no pooling.
    void agreesWithTheMinMaxFormula()
    {
        metrics::Draws draws(3);
        for (int trial = 0; trial < 20; ++trial) {
            Points x, y;
            for (int i = 0; i < 60; ++i) {
                x.push_back(i);
                y.push_back(static_cast<double>(draws.below(3)) + i * 0.03);
            }
            const IsotonicFunction f = fitIsotonic(x, y);
            for (std::size_t i = 0; i < x.size(); ++i) {
                double best = -std::numeric_limits<double>::infinity();
                for (std::size_t a = 0; a <= i; ++a) {
                    double least = std::numeric_limits<double>::infinity(), sum = 0;
                    for (std::size_t b = a; b < x.size(); ++b) {
                        sum += y[b];
                        if (b >= i)
                            least = std::min(least, sum / static_cast<double>(b - a + 1));
                    }
                    best = std::max(best, least);
                }
                QVERIFY(std::abs(f.at(x[i]) - best) < 1e-12);
            }
        }
    }

    void neverFalls()
    {
        metrics::Draws draws(5);
        Points x, y;
        for (int i = 0; i < 500; ++i) {
            x.push_back(static_cast<double>(draws.below(1000)) / 999);
            y.push_back(static_cast<double>(draws.below(2)));
        }
        const IsotonicFunction f = fitIsotonic(x, y);
        double last = f.at(-1);
        for (int i = 0; i <= 100000; ++i) {
            const double value = f.at(i / 100000.0);
            QVERIFY(value >= last);
            last = value;
        }
    }

    void nothingToFitIsRefused()
    {
        QCOMPARE(test::sentenceOf([] { fitIsotonic({}, {}); }),
                 "an isotonic fit needs pairs; given were 0 and 0 values.");
    }
};

QTEST_GUILESS_MAIN(TestIsotonic)
#include "tst_isotonic.moc"
