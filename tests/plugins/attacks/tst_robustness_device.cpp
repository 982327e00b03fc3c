#include "plugins/attacks/robustness_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/plugins/transfer/device_context.h"

#include <QTest>

using namespace assay;
using namespace assay::test;

namespace {

constexpr std::int64_t kDefended = 24;
constexpr double kSameRate = 1e-9;

Json robustnessOfSteps(int steps)
{
    return {{"models", {"fashion-mlp"}},
            {"count", kDefended},
            {"attacks", {"fgsm", "pgd"}},
            {"eps", {0.03}},
            {"steps", steps},
            {"steps_list", {2}},
            {"steps_eps", 0.03},
            {"check_count", 20},
            {"queries", 20}};
}

} // namespace

/// The robustness study on a device that is not the CPU.
class TestRobustnessDevice : public QObject
{
    Q_OBJECT

private:
    const std::unique_ptr<engine::Study> m_study = robustness::makeRobustnessStudy();

private Q_SLOTS:
    void givesTheCpusNumbers()
    {
        DeviceContext here(torch::kCPU), there(countingDevice());
        m_study->run(here, robustnessOfSteps(5));
        const Transfers before = transfers();
        m_study->run(there, robustnessOfSteps(5));
        QVERIFY((transfers() - before).operators > 0);
        const QString difference = firstDifference(here, there, kSameRate);
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
        QCOMPARE(here.metrics, there.metrics);
    }

    /// Only success counts, so that images leave when they are fooled: every step asks for one small number,
    /// how many leave, and nothing else.
    void asksOneNumberAStep()
    {
        const auto cost = [&](int steps, std::int64_t& checkpoints) {
            DeviceContext context(countingDevice());
            const Transfers before = transfers();
            m_study->run(context, robustnessOfSteps(steps));
            checkpoints = context.checkpoints;
            return transfers() - before;
        };
        std::int64_t few = 0, many = 0;
        const Transfers ofFew = cost(3, few);
        const Transfers more = cost(9, many) - ofFew;
        QVERIFY(many > few);
        QCOMPARE(more.toDevice, 0);
        QCOMPARE(more.toHost, 0);
        QCOMPARE(more.sizes, 0);
        QVERIFY2(more.scalars <= many - few,
                 qPrintable(QString("%1 numbers in %2 steps").arg(more.scalars).arg(many - few)));
    }
};

QTEST_GUILESS_MAIN(TestRobustnessDevice)
#include "tst_robustness_device.moc"
