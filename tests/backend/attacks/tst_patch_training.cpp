#include "backend/attacks/patch/patch_training.h"
#include "backend/attacks/patch/regularisers.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "linear_model.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>
#include <torch/optim/adam.h>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

/// (patch - 0.7)^2 summed over the pixels that the patch covers: the best patch is 0.7 everywhere.
class QuadraticObjective final : public PatchObjective
{
public:
    torch::Device device() const override { return torch::kCPU; }
    torch::Tensor losses(const torch::Tensor& images, const torch::Tensor&) const override
    {
        return (images - 0.7).square().sum({1, 2, 3});
    }
};

PatchTraining smallTraining()
{
    return {.height = 4,
            .width = 4,
            .rate = 0.05,
            .steps = 40,
            .batch = 8,
            .transforms = {.sizeLow = 0.4, .sizeHigh = 0.5, .angle = 10, .noise = 0.02},
            .seed = 5};
}

} // namespace

/// Training of patches.
class TestPatchTraining : public QObject
{
    Q_OBJECT

    /// Before the first gradient: LibTorch counts the devices then, once.
    const torch::Device m_device = countingDevice();
    const torch::Tensor m_images = someImages(12);
    const torch::Tensor m_labels = someLabels(12, 5);

    TrainedPatch trained(const PatchTraining& how, const PatchHooks& hooks = {}) const
    {
        return trainPatch(QuadraticObjective(), m_images, m_labels, {}, how, hooks);
    }

    static Transfers crossedBy(std::int64_t steps)
    {
        const auto model = seededModel("small_cnn", 3, 12, countingDevice());
        const auto objective = classifierObjective(model, ClassifierLoss::Margin);
        PatchTraining how = smallTraining();
        how.steps = steps;
        how.variation = 0.1;
        how.nonPrintable = 0.1;
        const torch::Tensor x = someImages(12).to(countingDevice());
        const torch::Tensor y = someLabels(12, 5).to(countingDevice());
        const Transfers before = transfers();
        trainPatch(*objective, x, y, {}, how);
        return transfers() - before;
    }

private Q_SLOTS:
    void adamIsTorchs()
    {
        torch::Tensor ours = torch::full({1, 3, 3}, 0.5F);
        torch::Tensor theirs = ours.clone().requires_grad_(true);
        torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(0.01).amsgrad(true));
        PatchStepper stepper(PatchStep::Adam, 0.01);
        const torch::Tensor slope = torch::rand({1, 3, 3}) - 0.5;
        for (int step = 0; step < 20; ++step) {
            const torch::Tensor gradient = slope * (step < 8 ? 3 : -1);
            theirs.mutable_grad() = gradient.clone();
            reference.step();
            stepper.step(ours, gradient);
        }
        QVERIFY((ours - theirs.detach()).abs().max().item<double>() < 1e-6);
    }

    void signStepsAreCutAtTheWalls()
    {
        torch::Tensor patch = torch::tensor({0.05F, 0.5F, 0.95F}).view({1, 1, 3});
        PatchStepper(PatchStep::Sign, 0.1).step(patch, torch::tensor({2.F, 0.F, -1.F}).view({1, 1, 3}));
        QVERIFY(torch::equal(patch, torch::tensor({0.F, 0.5F, 1.F}).view({1, 1, 3})));
    }

    void findsTheBestPatch()
    {
        PatchTraining how = smallTraining();
        how.steps = 120;
        const TrainedPatch result = trained(how);
        QVERIFY((result.patch - 0.7).abs().max().item<double>() < 0.03);
        const torch::Tensor& losses = result.history.attack;
        QCOMPARE(losses.size(0), std::int64_t(120));
        QVERIFY(losses[-1].item<double>() < losses[0].item<double>());
        QCOMPARE(result.gradientImages, std::int64_t(960));
    }

    void patchesPerImageAreEachTheirOwn()
    {
        PatchTraining how = smallTraining();
        how.perImage = true;
        const TrainedPatch all = trained(how);
        QCOMPARE(all.patch.sizes(), torch::IntArrayRef({12, 1, 4, 4}));
        const TrainedPatch front =
            trainPatch(QuadraticObjective(), m_images.narrow(0, 0, 5), m_labels.narrow(0, 0, 5), {}, how);
        QVERIFY((all.patch.narrow(0, 0, 5) - front.patch).abs().max().item<double>() < 1e-5);
        QVERIFY(!torch::equal(all.patch[0], all.patch[1]));
    }

    void theSameSeedGivesTheSameDigitsWithAnyNumberOfThreads()
    {
        const auto model = seededModel("small_cnn", 3);
        const auto objective = classifierObjective(model, ClassifierLoss::Margin);
        PatchTraining how = smallTraining();
        how.batch = 120;
        how.steps = 4;
        const torch::Tensor x = someImages(120);
        const torch::Tensor y = someLabels(120, 5);
        const auto with = [&](int threads, std::uint64_t seed) {
            models::setWorkerThreads(threads);
            how.seed = seed;
            return trainPatch(*objective, x, y, {}, how).patch;
        };
        const torch::Tensor one = with(1, 5), three = with(3, 5), other = with(3, 6);
        models::setWorkerThreads(0);
        QVERIFY(torch::equal(one, three));
        QVERIFY(!torch::equal(one, other));
    }

    void theBestTryIsKept()
    {
        PatchTraining how = smallTraining();
        how.steps = 3;
        how.restarts = 4;
        std::vector<torch::Tensor> ends(4);
        const TrainedPatch result =
            trained(how, {.step = [&](int restart, std::int64_t step, const torch::Tensor& patch) {
                        if (step == 3)
                            ends[std::size_t(restart)] = patch.clone();
                    }});
        const auto least = std::ranges::min_element(result.finalLosses);
        QCOMPARE(result.finalLosses.size(), std::size_t(4));
        QCOMPARE(std::int64_t(result.restart), least - result.finalLosses.begin());
        QVERIFY(torch::equal(result.patch, ends[std::size_t(result.restart)]));
        QVERIFY(!torch::equal(ends[0], ends[1]));
    }

    void regularisersPull()
    {
        PatchTraining how = smallTraining();
        const double free = totalVariation(trained(how).patch).item<double>();
        how.variation = 100;
        const TrainedPatch smooth = trained(how);
        QVERIFY(totalVariation(smooth.patch).item<double>() < free / 2);
        how.variation = 0;
        how.nonPrintable = 1000;
        how.colours = torch::tensor({0.2F}).view({1, 1});
        how.steps = 100;
        QVERIFY((trained(how).patch - 0.2).abs().max().item<double>() < 0.1);
    }

    void hooksMayStopIt()
    {
        int steps = 0;
        PatchHooks hooks;
        hooks.checkpoint = [&] {
            if (++steps > 3)
                throw Cancelled();
        };
        QVERIFY_EXCEPTION_THROWN(trained(smallTraining(), hooks), Cancelled);
        QCOMPARE(steps, 4);
    }

    void whatDoesNotFitIsRefused()
    {
        PatchTraining how = smallTraining();
        how.channels = 3;
        QVERIFY_EXCEPTION_THROWN(trained(how), Error);
        how = smallTraining();
        how.transforms.sizeLow = 0.6;
        QVERIFY_EXCEPTION_THROWN(trained(how), Error);
        QVERIFY_EXCEPTION_THROWN(trainPatch(QuadraticObjective(), m_images.narrow(0, 0, 0),
                                            m_labels.narrow(0, 0, 0), {}, smallTraining()),
                                 Error);
    }

    /// Three times the steps, not one copy between device and host more.
    void nothingCrossesInTheLoop()
    {
        const Transfers few = crossedBy(4);
        const Transfers more = crossedBy(12) - few;
        QVERIFY(few.operators > 0);
        QCOMPARE(more.toDevice, 0);
        QCOMPARE(more.toHost, 0);
        QCOMPARE(more.scalars, 0);
        QCOMPARE(more.sizes, 0);
    }

    void theDeviceGivesTheCpusPatch()
    {
        PatchTraining how = smallTraining();
        how.steps = 3;
        const auto on = [&](torch::Device device) {
            const auto model = seededModel("small_cnn", 3, 12, device);
            const auto objective = classifierObjective(model, ClassifierLoss::Margin);
            return trainPatch(*objective, m_images, m_labels, {}, how).patch.cpu();
        };
        QVERIFY((on(torch::kCPU) - on(m_device)).abs().lt(1e-3).to(torch::kFloat32).mean().item<double>() >
                0.9);
    }
};

QTEST_GUILESS_MAIN(TestPatchTraining)
#include "tst_patch_training.moc"
