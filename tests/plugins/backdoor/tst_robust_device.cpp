#include "plugins/backdoor/robust_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::test;

namespace {

Json smallRobustRun(int images)
{
    return {{"train_images", images},
            {"clean_images", images},
            {"epochs", 1},
            {"code_epochs", 1},
            {"count", 60},
            {"strengths", {0.5}},
            {"code", 4},
            {"rate", 0.2}};
}

} // namespace

/// The study of robust training on a device that is not the CPU.
class TestRobustDevice : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeRobustStudy();

    Transfers cost(int images) const
    {
        BenchContext context({}, countingDevice());
        const Transfers before = transfers();
        m_study->run(context, smallRobustRun(images));
        return transfers() - before;
    }

private Q_SLOTS:
    void givesTheCpusNumbers()
    {
        BenchContext here, there({}, countingDevice());
        m_study->run(here, smallRobustRun(120));
        const Transfers before = transfers();
        m_study->run(there, smallRobustRun(120));
        QVERIFY((transfers() - before).operators > 0);
        // Two batches were learned: rounding moves no more than an image or two of 60.
        for (const char* name : {"accuracy.teacher", "accuracy.student", "asr.student"})
            QVERIFY2(std::abs(here.metrics.at(name) - there.metrics.at(name)) < 2.5 / 50, name);
        m_study->preview(there, smallRobustRun(120));
        QVERIFY(there.figures.contains("meter"));
    }

    /// Twice the batches of teacher, autoencoder and students: no step waits for the device.
    void nothingMoreComesBackWithMoreSteps()
    {
        const Transfers few = cost(200);
        const Transfers more = cost(400) - few;
        QCOMPARE(more.toHost, 0);
        QCOMPARE(more.scalars, 0);
    }
};

QTEST_GUILESS_MAIN(TestRobustDevice)
#include "tst_robust_device.moc"
