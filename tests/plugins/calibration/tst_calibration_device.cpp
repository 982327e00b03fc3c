#include "plugins/calibration/compare_study.h"
#include "plugins/calibration/dac_study.h"
#include "plugins/calibration/reliability_study.h"
#include "plugins/calibration/shift_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/plugins/transfer/device_context.h"

#include <QTest>

using namespace assay;
using namespace assay::confidence;
using namespace assay::test;

namespace {

/// Products of float32 numbers are added up in another order on the device.
constexpr double kAddedOtherwise = 1e-4;

struct CalibrationOnDevice
{
    std::unique_ptr<engine::Study> study;
    Json params; ///< but for the number of images
};

CalibrationOnDevice calibrationOf(const QString& id)
{
    const Json shifted = {{"models", {"fashion-mlp"}},
                          {"shifts", {"gaussian_noise"}},
                          {"severities", {2}},
                          {"splits", 1},
                          {"resamples", 50}};
    if (id == "reliability")
        return {makeReliabilityStudy(), {{"model", "fashion-mlp"}}};
    if (id == "shift")
        return {makeShiftStudy(), {{"model", "fashion-mlp"}, {"severities", {2}}}};
    if (id == "compare") {
        Json params = shifted;
        params["calibrators"] = {"temperature", "isotonic-multi"};
        return {makeCompareStudy(), params};
    }
    Json params = shifted;
    params["bank"] = 1200;
    params["k"] = 3;
    return {makeDacStudy(), params};
}

} // namespace

/// The studies of calibration on a device that is not the CPU: the same numbers, and no copies for single
/// images or neighbours, only for pieces of 1000 images.
class TestCalibrationDevice : public QObject
{
    Q_OBJECT

    static void run(const CalibrationOnDevice& what, DeviceContext& context, int count)
    {
        Json params = what.params;
        params["count"] = count;
        what.study->run(context, params);
    }

private Q_SLOTS:
    void givesTheCpusNumbers_data()
    {
        QTest::addColumn<QString>("id");
        for (const char* id : {"reliability", "compare", "shift", "dac"})
            QTest::addRow("%s", id) << id;
    }

    void givesTheCpusNumbers()
    {
        QFETCH(QString, id);
        const CalibrationOnDevice what = calibrationOf(id);
        DeviceContext here(torch::kCPU), there(countingDevice());
        run(what, here, 120);
        const Transfers before = transfers();
        run(what, there, 120);
        QVERIFY((transfers() - before).operators > 0);
        QVERIFY(!here.tables.empty());
        const QString difference = firstDifference(here, there, kAddedOtherwise);
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
    }

    void copiesForStagesOnly_data() { givesTheCpusNumbers_data(); }
    void copiesForStagesOnly()
    {
        QFETCH(QString, id);
        const CalibrationOnDevice what = calibrationOf(id);
        const auto cost = [&](int count) {
            DeviceContext context(countingDevice());
            const Transfers before = transfers();
            run(what, context, count);
            return transfers() - before;
        };
        const Transfers more = cost(1900) - cost(1100);
        QVERIFY2(more.crossings() == 0,
                 qPrintable(QString("%1 to the device, %2 to the host, %3 values, %4 sizes")
                                .arg(more.toDevice)
                                .arg(more.toHost)
                                .arg(more.scalars)
                                .arg(more.sizes)));
    }
};

QTEST_GUILESS_MAIN(TestCalibrationDevice)
#include "tst_calibration_device.moc"
