#include "plugins/calibration/compare_study.h"
#include "plugins/calibration/dac_study.h"
#include "plugins/calibration/reliability_study.h"
#include "plugins/calibration/shift_study.h"
#include "tests/plugins/transfer/study_on_device.h"

#include <QTest>

using namespace assay;
using namespace assay::confidence;
using namespace assay::test;

namespace {

/// Products of float32 numbers are added up in another order on the device.
constexpr double kAddedOtherwise = 1e-4;

/// Parameters but for the number of images.
StudyOnDevice calibrationOf(const QString& id)
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
        const QString difference = calibrationOf(id).differenceOnDevice({{"count", 120}}, kAddedOtherwise);
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
    }

    void copiesForStagesOnly_data() { givesTheCpusNumbers_data(); }
    void copiesForStagesOnly()
    {
        QFETCH(QString, id);
        const StudyOnDevice what = calibrationOf(id);
        const Transfers few = what.cost({{"count", 1100}}), many = what.cost({{"count", 1900}});
        QVERIFY(few.operators > 0);
        const Transfers more = many - few;
        QVERIFY2(more.crossings() == 0, qPrintable(crossingsText(more)));
    }
};

QTEST_GUILESS_MAIN(TestCalibrationDevice)
#include "tst_calibration_device.moc"
