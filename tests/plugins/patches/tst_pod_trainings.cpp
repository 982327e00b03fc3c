#include "plugins/patches/pod_bench.h"
#include "plugins/patches/pod_trainings.h"
#include "tests/plugins/patches/bright_detector.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <algorithm>

using namespace assay::patches::pod;
using assay::test::brightDetector;
using assay::test::brightScenes;

/// Trainings that cover their images, and what a run keeps to be looked at.
class TestPodTrainings : public QObject
{
    Q_OBJECT

private:
    struct Batch
    {
        torch::Tensor images;
        BoxLists boxes;
    };

    static Batch covered(Training training, const std::vector<torch::Tensor>& learned = {},
                         std::uint64_t seed = 1)
    {
        const Scenes scenes = brightScenes(3);
        Batch batch{scenes.images(), scenes.objects};
        batch.boxes[1].clear(); // an image without objects is left alone
        const auto hook = coveringHook(training, {.count = 4}, learned);
        at::Generator generator = at::detail::createCPUGenerator(seed);
        if (hook)
            hook(batch.images, batch.boxes, generator);
        return batch;
    }

    static Bench bench()
    {
        Bench bench{.objectName = "square", .scenes = brightScenes(3)};
        bench.subjects = {{"naive-1", "naive", 1, {}, {}},
                          {"pod-1", "pod", 1, {}, {.object = 0, .patch = 1}},
                          {"pod-2", "pod", 2, {}, {.object = 0, .patch = 1}}};
        bench.patches = {{"black", torch::zeros({1, 4, 4})},
                         {"pod-2.advpatch", torch::full({1, 4, 4}, 0.25F)}};
        return bench;
    }

private Q_SLOTS:
    void onlyPodIsToldOfThePatches()
    {
        const torch::Tensor clean = brightScenes(3).images();
        QVERIFY(!coveringHook(Training::Naive, {}, {}));
        for (const Training training : {Training::Patch, Training::Pod}) {
            const Batch batch = covered(training);
            QVERIFY(!torch::equal(batch.images[0], clean[0]));
            QVERIFY(torch::equal(batch.images[1], clean[1]));
            const bool told = training == Training::Pod;
            QCOMPARE(batch.boxes[0].size(), std::size_t(told ? 5 : 1));
            QCOMPARE(batch.boxes[1].size(), std::size_t(0));
            QCOMPARE(batch.boxes[0][0].category, kObject); // objects stay, covered or not
            QCOMPARE(std::ranges::count(batch.boxes[2], kPatch, &assay::data::Box::category), told ? 4 : 0);
        }
        QVERIFY(torch::equal(covered(Training::Pod).images, covered(Training::Patch).images));
        QVERIFY(!torch::equal(covered(Training::Pod).images, covered(Training::Pod, {}, 2).images));
    }

    void adversarialTrainingPastesWhatItHasLearned()
    {
        const torch::Tensor clean = brightScenes(3).images();
        QVERIFY(torch::equal(covered(Training::AdversarialDetect).images, clean));
        const std::vector<torch::Tensor> learned = {torch::full({8, 8}, 0.5F)};
        const Batch batch = covered(Training::AdversarialDetect, learned);
        QVERIFY((batch.images.masked_select(batch.images != clean) == 0.5F).all().item<bool>());
        QCOMPARE(batch.boxes[0].size(), std::size_t(5));
        QCOMPARE(covered(Training::Adversarial, learned).boxes[0].size(), std::size_t(1));
    }

    void trainingsAreReproducible()
    {
        const Scenes scenes = brightScenes(24);
        const TrainingPlan plan{.epochs = 2,
                                .batch = 8,
                                .learnAfter = {1},
                                .learned = {.side = 4, .steps = 2},
                                .learnedImages = 8};
        for (const Training training : {Training::Pod, Training::AdversarialDetect}) {
            const auto train = [&](std::uint64_t seed) {
                return trainOne(scenes, training, plan, seed, "net", "square", torch::kCPU);
            };
            const TrainedDetector one = train(3), two = train(3), other = train(4);
            QCOMPARE(one.epochs.size(), std::size_t(2));
            QCOMPARE(one.epochs[1].loss, two.epochs[1].loss);
            QVERIFY(one.epochs[1].loss != other.epochs[1].loss);
            QCOMPARE(one.detector->card().classes, (std::vector<std::string>{"square", "patch"}));
            const torch::Tensor x = scenes.images();
            QVERIFY(torch::equal(one.detector->candidates(x).scores, two.detector->candidates(x).scores));
        }
        QCOMPARE(assay::test::sentenceOf([] { trainingFromName("best"); }),
                 "trainings: there is no training 'best'. Choose among naive, patch, pod, adv and adv_det.");
    }

    void benchesAreReadBack()
    {
        const Bench kept = bench(), read = Bench::from(kept.tensors());
        QCOMPARE(read.objectName, "square");
        QVERIFY(torch::equal(read.scenes.pixels, kept.scenes.pixels));
        QCOMPARE(read.scenes.objects[2][0].x, kept.scenes.objects[2][0].x);
        QCOMPARE(read.subjects.size(), std::size_t(3));
        QVERIFY(!read.subjects[0].reading.patch && read.subjects[1].reading.patch == 1);
        PodParams params;
        params.viewTraining = "pod";
        params.viewRepeat = 2;
        const BenchSubject& shown = read.shown(params);
        QCOMPARE(shown.name, "pod-2");
        QCOMPARE(read.patch(shown, params).mean().item<float>(), 0.25F);
        params.viewRepeat = 7; // none: the first of the training
        QCOMPARE(read.shown(params).name, "pod-1");
        QCOMPARE(read.patch(read.subjects[1], params).mean().item<float>(), 0.0F); // none was learned: black
        params.viewTraining = "adv";
        QCOMPARE(read.shown(params).name, "naive-1");
        assay::engine::TensorMap broken = kept.tensors();
        broken.erase("boxes");
        QVERIFY(assay::test::sentenceOf([&] { Bench::from(broken); }) != "no error");
    }

    void scenesFollowThePatch()
    {
        const Bench kept = bench();
        PodParams params;
        params.sample = 101;
        params.viewPatch = "none";
        const auto detector = brightDetector();
        const auto clean = benchScene(kept, kept.subjects[0], *detector, params);
        QCOMPARE(clean.sample, std::int64_t(101));
        QCOMPARE(clean.samples, (std::vector<std::int64_t>{100, 101, 102}));
        QCOMPARE(std::ranges::count(clean.boxes, "same", &assay::protocol::SceneBox::role), 1);
        QCOMPARE(clean.maps.size(), std::size_t(1));
        params.viewPatch = "black";
        const assay::data::Box object = kept.scenes.objects[1][0];
        params.x = (object.x + 8) / 64;
        params.y = (object.y + 8) / 64;
        params.patchSize = 0.2;
        const auto hidden = benchScene(kept, kept.subjects[0], *detector, params);
        QCOMPARE(std::ranges::count(hidden.boxes, "same", &assay::protocol::SceneBox::role), 0);
        QCOMPARE(hidden.patch.width, 0.2 * 64);
        QCOMPARE(hidden.patch.x, double(object.x) + 8);
        QVERIFY(hidden.pictures[0].pixels == clean.pictures[0].pixels);
        QVERIFY(hidden.pictures[1].pixels != clean.pictures[1].pixels);
    }
};

QTEST_GUILESS_MAIN(TestPodTrainings)
#include "tst_pod_trainings.moc"
