#include "tests/support/bench_context.h"
#include "plugins/patches/attack_study.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::test;

namespace {

Json patchesOfSteps(int steps)
{
    return {{"models", {"fashion-mlp"}},
            {"train_count", 24},
            {"count", 24},
            {"steps", steps},
            {"batch", 12},
            {"sizes", {0.4}},
            {"angles", {0}},
            {"grid", 2},
            {"map_count", 12},
            {"tv", 0.1},
            {"nps", 0.01}};
}

const protocol::Column& columnOfSuccess(const BenchContext& context, const std::string& name)
{
    for (const protocol::Column& column : context.tables.at("success").columns)
        if (column.name == name)
            return column;
    throw std::runtime_error("no column " + name);
}

} // namespace

/// The study of patches on a device that is not the CPU.
class TestPatchAttackDevice : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = patches::makeAttackStudy();

    Transfers cost(int steps) const
    {
        BenchContext context({}, countingDevice());
        const Transfers before = transfers();
        m_study->run(context, patchesOfSteps(steps));
        return transfers() - before;
    }

private Q_SLOTS:
    void givesTheCpusNumbers()
    {
        BenchContext here, there({}, countingDevice());
        m_study->run(here, patchesOfSteps(4));
        const Transfers before = transfers();
        m_study->run(there, patchesOfSteps(4));
        QVERIFY((transfers() - before).operators > 0);
        const std::vector<double>& a = columnOfSuccess(here, "accuracy").numbers;
        const std::vector<double>& b = columnOfSuccess(there, "accuracy").numbers;
        QCOMPARE(a.size(), b.size());
        QCOMPARE(a.front(), b.front());
        // Rounding turns a step of Adam where a gradient is all but zero: one image of 24 may tip over.
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2(std::abs(a[i] - b[i]) < 1.5 / 24, qPrintable(QString::number(i)));
    }

    /// Twice the steps, and as many pictures of the patch: not a single copy more.
    void nothingMoreCrossesWithMoreSteps()
    {
        const Transfers few = cost(32);
        const Transfers more = cost(64) - few;
        QCOMPARE(more.toDevice, 0);
        QCOMPARE(more.toHost, 0);
        QCOMPARE(more.scalars, 0);
        QCOMPARE(more.sizes, 0);
    }
};

QTEST_GUILESS_MAIN(TestPatchAttackDevice)
#include "tst_patch_attack_device.moc"
