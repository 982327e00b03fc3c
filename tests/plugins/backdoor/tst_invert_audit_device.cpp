#include "plugins/backdoor/audit_study.h"
#include "plugins/backdoor/invert_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using assay::test::BenchContext;
using assay::test::column;
using assay::test::countingDevice;
using assay::test::Transfers;
using assay::test::transfers;

/// Both studies on a device that is not the CPU.
class TestInvertAuditDevice : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_invert = backdoor::makeInvertStudy();
    const std::unique_ptr<engine::Study> m_audit = backdoor::makeAuditStudy();

    static Json invertSteps(int steps)
    {
        return {{"model", "fashion-mlp"}, {"defender", 20}, {"count", 40}, {"steps", steps}, {"batch", 4}};
    }
    static Json auditSteps(int steps)
    {
        return {{"shadow_architecture", "mlp"},
                {"architecture", "mlp"},
                {"shadow_images", 200},
                {"train_images", 200},
                {"epochs", 1},
                {"seeds", 1},
                {"references", 2},
                {"steps", steps},
                {"count", 40},
                {"methods", {"trigger", "mib"}}};
    }
    static Transfers cost(engine::Study& study, const Json& params)
    {
        BenchContext context({}, countingDevice());
        const Transfers before = transfers();
        study.run(context, params);
        return transfers() - before;
    }
    static void compare(engine::Study& study, const Json& params, const char* table, const char* what,
                        double tolerance)
    {
        BenchContext here, there({}, countingDevice());
        study.run(here, params);
        const Transfers before = transfers();
        study.run(there, params);
        QVERIFY((transfers() - before).operators > 0);
        const std::vector<double>& a = column(here.tables.at(table), what).numbers;
        const std::vector<double>& b = column(there.tables.at(table), what).numbers;
        QCOMPARE(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2(std::abs(a[i] - b[i]) <= tolerance,
                     qPrintable(QStringLiteral("%1: %2 and %3").arg(i).arg(a[i]).arg(b[i])));
    }

private Q_SLOTS:
    /// On the device all classes are one batch: sums are added in another order.
    void triggersAreTheCpus() { compare(*m_invert, invertSteps(12), "inversion", "mask_l1", 0.05); }
    void verdictsAreTheCpus() { compare(*m_audit, auditSteps(3), "audit", "asr", 1.5 / 40); }

    void nothingMoreCrossesWithMoreStepsOfTheSearch()
    {
        // Once in a hundred steps the device is asked whether all classes have ended.
        const Transfers few = cost(*m_invert, invertSteps(20));
        const Transfers more = cost(*m_invert, invertSteps(90)) - few;
        QCOMPARE(more.crossings(), 0);
    }
    void nothingMoreCrossesWithMoreStepsOfTheOwner()
    {
        const Transfers few = cost(*m_audit, auditSteps(3));
        const Transfers more = cost(*m_audit, auditSteps(9)) - few;
        QCOMPARE(more.crossings(), 0);
    }
};

QTEST_GUILESS_MAIN(TestInvertAuditDevice)
#include "tst_invert_audit_device.moc"
