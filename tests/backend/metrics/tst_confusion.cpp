#include "backend/metrics/confusion.h"
#include "backend/protocol/error.h"

#include <QTest>

using namespace assay;
using namespace assay::metrics;

using Classes = std::vector<std::int64_t>;

class TestConfusion : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsPairs()
    {
        Confusion matrix(3);
        matrix.add(Classes{0, 0, 1, 2, 2, 2}, Classes{0, 1, 1, 0, 2, 2});
        QCOMPARE(matrix.counts(), (Classes{1, 1, 0, 0, 1, 0, 1, 0, 2}));
        QCOMPARE(matrix.total(), 6);
        QCOMPARE(matrix.agreeing(), 4);
        QCOMPARE(matrix.rowTotal(2), 3);
        QCOMPARE(matrix.at(2, 0), 1);
        matrix.add(Classes{}, Classes{});
        QCOMPARE(matrix.total(), 6);
    }

    void badPairLeavesCountsAlone()
    {
        Confusion matrix(2);
        QVERIFY_EXCEPTION_THROWN(matrix.add(Classes{0, 2}, Classes{0, 0}), Error);
        QVERIFY_EXCEPTION_THROWN(matrix.add(Classes{0, 1}, Classes{0, -1}), Error);
        QVERIFY_EXCEPTION_THROWN(matrix.add(Classes{0}, Classes{}), Error);
        QCOMPARE(matrix.total(), 0);
    }
};

QTEST_GUILESS_MAIN(TestConfusion)
#include "tst_confusion.moc"
