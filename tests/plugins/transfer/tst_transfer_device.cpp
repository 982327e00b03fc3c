#include "device_context.h"
#include "plugins/transfer/class_aware_study.h"
#include "plugins/transfer/matrix_study.h"
#include "plugins/transfer/patch_study.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>

using namespace assay;
using namespace assay::test;

namespace {

/// Backward passes on the device and on the CPU round otherwise; rates of a dozen images do not.
constexpr double kRoundedOtherwise = 1e-3;

struct StudyOnDevice
{
    std::unique_ptr<engine::Study> study;
    Json params; ///< but for the steps
};

StudyOnDevice studyOf(const QString& id)
{
    if (id == "matrix")
        return {transfer::makeMatrixStudy(),
                {{"sources", {"fashion-cnn"}},
                 {"targets", {"fashion-cnn", "fashion-mlp"}},
                 {"count", 16},
                 {"attacks", {"bim", "mi-fgsm"}},
                 {"eps", {0.06}},
                 {"resamples", 100}}};
    if (id == "patchwise-mask")
        return {transfer::makePatchStudy(),
                {{"source", "fashion-cnn"},
                 {"simulated", {"fashion-mlp"}},
                 {"targets", {"fashion-cnn-early"}},
                 {"count", 12},
                 {"eps", {0.06}},
                 {"population", 3},
                 {"generations", 1},
                 {"masks_per_step", 2},
                 {"mask_counts", {1}},
                 {"drop_rates", {0.2}},
                 {"rate_images", 4},
                 {"resamples", 100}}};
    return {transfer::makeClassAwareStudy(),
            {{"sources", {"fashion-cnn"}},
             {"targets", {"fashion-mlp"}},
             {"eps", {1.5}},
             {"count", 30},
             {"distance_count", 8}}};
}

} // namespace

/// The studies of transfer on a device that is not the CPU: the same numbers, and copies for each of their
/// stages but none for a step of an attack.
class TestTransferDevice : public QObject
{
    Q_OBJECT

    static void run(const StudyOnDevice& what, DeviceContext& context, int steps)
    {
        Json params = what.params;
        params["steps"] = steps;
        what.study->run(context, params);
    }

private Q_SLOTS:
    void givesTheCpusNumbers_data()
    {
        QTest::addColumn<QString>("id");
        for (const char* id : {"matrix", "patchwise-mask", "class-aware"})
            QTest::addRow("%s", id) << id;
    }

    void givesTheCpusNumbers()
    {
        QFETCH(QString, id);
        const StudyOnDevice what = studyOf(id);
        DeviceContext here(torch::kCPU), there(countingDevice());
        run(what, here, 3);
        const Transfers before = transfers();
        run(what, there, 3);
        QVERIFY((transfers() - before).operators > 0);
        QVERIFY(here.tables.size() > 2);
        const QString difference = firstDifference(here, there, kRoundedOtherwise);
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
    }

    void copiesForStagesOnly_data() { givesTheCpusNumbers_data(); }
    void copiesForStagesOnly()
    {
        QFETCH(QString, id);
        const StudyOnDevice what = studyOf(id);
        const auto cost = [&](int steps) {
            DeviceContext context(countingDevice());
            const Transfers before = transfers();
            run(what, context, steps);
            return transfers() - before;
        };
        const Transfers few = cost(3), many = cost(9);
        QVERIFY(many.operators > few.operators);
        const Transfers more = many - few;
        QVERIFY2(more.crossings() == 0,
                 qPrintable(QString("%1 to the device, %2 to the host, %3 values, %4 sizes")
                                .arg(more.toDevice)
                                .arg(more.toHost)
                                .arg(more.scalars)
                                .arg(more.sizes)));
    }
};

QTEST_GUILESS_MAIN(TestTransferDevice)
#include "tst_transfer_device.moc"
