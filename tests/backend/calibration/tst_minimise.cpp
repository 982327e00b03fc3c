#include "backend/calibration/minimise.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::calibration;

class TestMinimise : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Rosenbrock's valley: not convex, its minimum is 0 at (1, 1).
    void followsRosenbrocksValley()
    {
        const Objective valley = [](std::span<const double> x, std::span<double> g) {
            const double a = 1 - x[0], b = x[1] - x[0] * x[0];
            g[0] = -2 * a - 400 * x[0] * b;
            g[1] = 200 * b;
            return a * a + 100 * b * b;
        };
        const Minimum minimum = minimise(valley, {-1.2, 1});
        QVERIFY(minimum.converged);
        QVERIFY(std::abs(minimum.x[0] - 1) < 1e-9);
        QVERIFY(std::abs(minimum.x[1] - 1) < 1e-9);
        QVERIFY2(minimum.evaluations < 100, std::to_string(minimum.evaluations).c_str());
    }

    /// f = 1/2 sum i (x_i - 1)^2 + 1/2 (sum x)^2 in 60 unknowns; level where i (x_i - 1) + s = 0, so that
    /// s = sum (1 - s / i) = n / (1 + sum 1/i).
    void solvesManyUnknowns()
    {
        constexpr int kUnknowns = 60;
        const Objective bowl = [](std::span<const double> x, std::span<double> g) {
            double sum = 0, value = 0;
            for (const double part : x)
                sum += part;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double weight = static_cast<double>(i + 1);
                value += weight * (x[i] - 1) * (x[i] - 1) / 2;
                g[i] = weight * (x[i] - 1) + sum;
            }
            return value + sum * sum / 2;
        };
        double harmonic = 0;
        for (int i = 1; i <= kUnknowns; ++i)
            harmonic += 1.0 / i;
        const double sum = kUnknowns / (1 + harmonic);
        const Minimum minimum = minimise(bowl, std::vector<double>(kUnknowns, 5.0));
        QVERIFY(minimum.converged);
        for (int i = 1; i <= kUnknowns; ++i)
            QVERIFY(std::abs(minimum.x[i - 1] - (1 - sum / i)) < 1e-9);
    }

    /// (x + 1)^2 + (y - 3)^2 + x y in [0, 2] x [0, 2]: both bounds hold, 0 and 2; with y free to 5 it is 3.
    void staysInTheBox()
    {
        const Objective bowl = [](std::span<const double> x, std::span<double> g) {
            g[0] = 2 * (x[0] + 1) + x[1];
            g[1] = 2 * (x[1] - 3) + x[0];
            return (x[0] + 1) * (x[0] + 1) + (x[1] - 3) * (x[1] - 3) + x[0] * x[1];
        };
        const Minimum corner = minimise(bowl, {1, 1}, {{0, 0}, {2, 2}});
        QVERIFY(corner.converged);
        QCOMPARE(corner.x, (std::vector<double>{0, 2}));
        const Minimum edge = minimise(bowl, {1, 1}, {{0, 0}, {2, 5}});
        QCOMPARE(edge.x[0], 0.0);
        QVERIFY(std::abs(edge.x[1] - 3) < 1e-9);
        // The start at a bound that is not to be kept.
        const Minimum away = minimise(bowl, {2, 0}, {{-10, 0}, {2, 5}});
        QVERIFY(std::abs(away.x[0] + 10.0 / 3) < 1e-8); // y = 3 - x/2, x = -1 - y/2: x = -10/3, y = 14/3
        QVERIFY(std::abs(away.x[1] - 14.0 / 3) < 1e-8);
    }

    void startsOutsideAreRefused()
    {
        const Objective flat = [](std::span<const double>, std::span<double>) { return 0.0; };
        QCOMPARE(test::sentenceOf([&] {
                     minimise(flat, {3}, {{0}, {2}});
                 }),
                 "a search starts outside its box, at number 0.");
        const Objective wild = [](std::span<const double>, std::span<double>) { return std::nan(""); };
        QCOMPARE(test::sentenceOf([&] { minimise(wild, {3}); }),
                 "a search starts where its objective is not finite.");
    }
};

QTEST_GUILESS_MAIN(TestMinimise)
#include "tst_minimise.moc"
