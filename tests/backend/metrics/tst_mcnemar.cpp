#include "backend/metrics/mcnemar.h"
#include "backend/protocol/error.h"

#include <QTest>

#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

/// Pairs of classifiers on the same images.
class TestMcnemar : public QObject
{
    Q_OBJECT

    static torch::Tensor flags(std::initializer_list<int> values)
    {
        return torch::tensor(std::vector<int>(values), torch::kInt32).to(torch::kBool);
    }

private Q_SLOTS:
    void onlyDisagreementsCount()
    {
        // 1 pair apart one way, 9 the other, 2 alike: P = 2 * (10 + 1) / 1024.
        const PairedRates r =
            mcnemar(flags({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}), flags({0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}));
        QCOMPARE(r.n, std::int64_t(12));
        QCOMPARE(r.firstOnly, std::int64_t(1));
        QCOMPARE(r.secondOnly, std::int64_t(9));
        QVERIFY(std::abs(r.p - 22. / 1024) < 1e-12);
        QVERIFY(std::abs(r.difference() + 8. / 12) < 1e-12);
    }

    void equalsAreNoDifference()
    {
        QCOMPARE(mcnemar(flags({1, 0}), flags({1, 0})).p, 1.0);
        QCOMPARE(mcnemar(flags({1, 0}), flags({0, 1})).p, 1.0);
        QCOMPARE(mcnemar(flags({}), flags({})).p, 1.0);
        QVERIFY_THROWS_EXCEPTION(Error, mcnemar(flags({1}), flags({1, 0})));
    }
};

QTEST_GUILESS_MAIN(TestMcnemar)
#include "tst_mcnemar.moc"
