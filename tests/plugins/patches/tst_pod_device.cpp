#include "plugins/patches/pod_outcome.h"
#include "plugins/patches/pod_shapes.h"
#include "plugins/patches/pod_trainings.h"
#include "tests/counting_device/counting_device.h"
#include "tests/plugins/patches/bright_detector.h"

#include <QTest>

#include <torch/types.h>

using namespace assay::patches::pod;
using assay::test::brightScenes;
using assay::test::countingDevice;
using assay::test::transfers;

/// Training, attacks and measures of POD on a device that is not the CPU.
class TestPodDevice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void trainsAndAttacksThereAsHere()
    {
        const torch::Device other = countingDevice(); // known before anything is differentiated
        const Scenes scenes = brightScenes(12);
        const TrainingPlan plan{.epochs = 4,
                                .batch = 4,
                                .learnAfter = {1},
                                .learned = {.side = 4, .steps = 2, .restarts = 1},
                                .learnedImages = 8};
        const auto before = transfers();
        const auto train = [&](torch::Device device) {
            return trainOne(scenes, Training::AdversarialDetect, plan, 3, "net", "square", device).detector;
        };
        const auto here = train(torch::kCPU), there = train(other);
        QVERIFY((transfers() - before).operators > 0);
        const ShapeAttack shape{.rows = 8, .columns = 8, .steps = 3};
        const BoxLists none(scenes.objects.size());
        const auto measured = [&](const assay::models::Detector& detector) {
            const Attacked attacked = attackWithShapes(detector, scenes.images(), scenes.objects, 0, shape);
            const OutcomeSpec spec{.reading = {.object = 0, .patch = 1}, .resamples = 10};
            return outcomeOf(detector, attacked, scenes.objects, {}, Defence::None, spec).apObject;
        };
        // Sums are rounded in another order there.
        const double onHost = measured(*here), onDevice = measured(*there);
        qInfo("AP %.4f here, %.4f there", onHost, onDevice);
        QVERIFY(std::abs(onHost - onDevice) < 0.02);
        const torch::Tensor x = scenes.images();
        const torch::Tensor a = here->candidates(x).scores, b = there->candidates(x.to(other)).scores.cpu();
        QVERIFY(torch::allclose(a, b, 1e-3, 1e-3));
    }
};

QTEST_GUILESS_MAIN(TestPodDevice)
#include "tst_pod_device.moc"
