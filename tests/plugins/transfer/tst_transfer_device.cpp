#include "plugins/transfer/class_aware_study.h"
#include "plugins/transfer/matrix_study.h"
#include "plugins/transfer/patch_study.h"
#include "tests/plugins/transfer/study_on_device.h"

#include <QTest>

using namespace assay;
using namespace assay::test;

namespace {

/// Backward passes on the device and on the CPU round otherwise; rates of a dozen images do not.
constexpr double kRoundedOtherwise = 1e-3;

/// Parameters but for the steps.
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
        const QString difference = studyOf(id).differenceOnDevice({{"steps", 3}}, kRoundedOtherwise, 3);
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
    }

    void copiesForStagesOnly_data() { givesTheCpusNumbers_data(); }
    void copiesForStagesOnly()
    {
        QFETCH(QString, id);
        const StudyOnDevice what = studyOf(id);
        const Transfers few = what.cost({{"steps", 3}}), many = what.cost({{"steps", 9}});
        QVERIFY(many.operators > few.operators);
        const Transfers more = many - few;
        QVERIFY2(more.crossings() == 0, qPrintable(crossingsText(more)));
    }
};

QTEST_GUILESS_MAIN(TestTransferDevice)
#include "tst_transfer_device.moc"
