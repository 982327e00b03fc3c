#include "plugins/backdoor/detect_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::test;

namespace {

Json detectOnDevice(int count)
{
    return {{"models", {"fashion-badnets-vgg"}},
            {"detectors", {"psc", "teco", "strip", "scale-up", "spectral", "clustering"}},
            {"count", count},
            {"defender", 20},
            {"seeds", 1},
            {"training_images", 60},
            {"strip_overlays", 8},
            {"corruptions", {"brightness", "pixelate"}},
            {"psc_omega", {2}},
            {"resamples", 100}};
}

} // namespace

/// The study on a device that is not the CPU.
class tst_DetectDevice : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeDetectStudy();

private Q_SLOTS:
    void givesTheCpusNumbers()
    {
        BenchContext here, there({}, countingDevice());
        m_study->run(here, detectOnDevice(20));
        const Transfers before = transfers();
        m_study->run(there, detectOnDevice(20));
        QVERIFY((transfers() - before).operators > 0);
        const std::vector<double>& a = column(here.tables.at("auroc"), "auroc").numbers;
        const std::vector<double>& b = column(there.tables.at("auroc"), "auroc").numbers;
        QCOMPARE(a.size(), std::size_t(6));
        QCOMPARE(b.size(), a.size());
        // One of 20 x 20 pairs may change places where two scores are all but equal.
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2(std::abs(a[i] - b[i]) < 0.01, qPrintable(QString::number(i)));
    }
};

QTEST_GUILESS_MAIN(tst_DetectDevice)
#include "tst_detect_device.moc"
