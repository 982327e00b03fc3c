#include "plugins/backdoor/plant_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::test;

/// The study that plants backdoors on a device that is not the CPU.
class TestPlantDevice : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makePlantStudy();

    static Json plantOf(int hardenSteps, int optimiseSteps)
    {
        return {{"train_images", 200},
                {"epochs", 1},
                {"seeds", 1},
                {"count", 60},
                {"architecture", "mlp"},
                {"labels", "clean-label"},
                {"rate", 0.04},
                {"harden", 0.1},
                {"harden_steps", hardenSteps},
                {"optimise", "unit"},
                {"optimise_steps", optimiseSteps}};
    }

    Transfers cost(int hardenSteps, int optimiseSteps) const
    {
        BenchContext context({}, countingDevice());
        const Transfers before = transfers();
        m_study->run(context, plantOf(hardenSteps, optimiseSteps));
        return transfers() - before;
    }

private Q_SLOTS:
    void givesTheCpusNumbers()
    {
        BenchContext here, there({}, countingDevice());
        m_study->run(here, plantOf(2, 3));
        const Transfers before = transfers();
        m_study->run(there, plantOf(2, 3));
        QVERIFY((transfers() - before).operators > 0);
        for (const char* name : {"clean_accuracy", "asr", "recovered_accuracy"}) {
            const auto& a = column(here.tables.at("plant"), name).numbers;
            const auto& b = column(there.tables.at("plant"), name).numbers;
            QCOMPARE(a.size(), std::size_t(2));
            QCOMPARE(b.size(), a.size());
            // Sums are rounded in another order there: two images of 54 and more may tip over.
            for (std::size_t i = 0; i < a.size(); ++i)
                QVERIFY2(std::abs(a[i] - b[i]) < 2.5 / 54, name);
        }
    }

    /// More steps of the perturbation and of the trigger's pixels: not a single copy more.
    void nothingMoreCrossesWithMoreSteps()
    {
        const Transfers few = cost(4, 5);
        const Transfers more = cost(12, 15) - few;
        QCOMPARE(more.toDevice, 0);
        QCOMPARE(more.toHost, 0);
        QCOMPARE(more.scalars, 0);
        QCOMPARE(more.sizes, 0);
    }
};

QTEST_GUILESS_MAIN(TestPlantDevice)
#include "tst_plant_device.moc"
