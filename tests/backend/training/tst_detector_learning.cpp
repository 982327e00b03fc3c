#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"
#include "backend/training/detector_loss.h"
#include "backend/training/detector_targets.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::training;

namespace {

bool nearBy(double a, double b)
{
    return std::abs(a - b) < 1e-5;
}

} // namespace

/// What a detector is asked for, how far off it is, and how it gets nearer.
class TestDetectorLearning : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// A box of 32 x 8 pixels about (20, 12): the middle of column 2, row 1 of cells of 8;
    /// log(32 / 16), log(8 / 16).
    void targetsByHand()
    {
        const BoxLists boxes = {{}, {{.x = 4, .y = 8, .width = 32, .height = 8, .category = 1}}};
        const GridTargets targets = gridTargets(boxes, 2, 3, 4);
        QCOMPARE(targets.object.sizes(), (torch::IntArrayRef{2, 2, 3, 4}));
        QCOMPARE(targets.object.sum().item<double>(), 1.0);
        QCOMPARE(targets.object.index({1, 1, 1, 2}).item<float>(), 1.0f);
        QVERIFY(torch::equal(targets.places, torch::tensor({{1, 1, 1, 2}}, torch::kInt64)));
        QVERIFY(
            torch::allclose(targets.boxes, torch::tensor({{0.0f, 0.0f, std::log(2.0f), -std::log(2.0f)}})));
    }

    void centresOffTheCellsMiddle()
    {
        const GridTargets targets = gridTargets({{{.x = 0, .y = 2, .width = 4, .height = 10}}}, 1, 2, 2);
        // Centre (2, 7): a quarter of a cell left of, three eighths below the middle of the first.
        QVERIFY(torch::equal(targets.places, torch::tensor({{0, 0, 0, 0}}, torch::kInt64)));
        QVERIFY(nearBy(targets.boxes[0][0].item<double>(), 2 / 8.0 - 0.5));
        QVERIFY(nearBy(targets.boxes[0][1].item<double>(), 7 / 8.0 - 0.5));
    }

    void smallerOfTwoInACellStays()
    {
        const data::Box large = {.x = 0, .y = 0, .width = 12, .height = 12};
        const data::Box small = {.x = 3, .y = 3, .width = 4, .height = 4};
        for (const auto& both : {std::vector{large, small}, std::vector{small, large}}) {
            const GridTargets targets = gridTargets({both}, 1, 2, 2);
            QCOMPARE(targets.places.size(0), 1);
            QVERIFY(nearBy(targets.boxes[0][2].item<double>(), std::log(4.0 / 16)));
        }
        // Of another class it takes nothing away.
        data::Box patch = small;
        patch.category = 1;
        QCOMPARE(gridTargets({{large, patch}}, 2, 2, 2).places.size(0), 2);
    }

    void boxesThatCannotBeAskedForAreLeftOut()
    {
        const BoxLists boxes = {{{.x = -20, .y = 0, .width = 10, .height = 10},
                                 {.x = 0, .y = 60, .width = 10, .height = 10},
                                 {.x = 0, .y = 0, .width = 0, .height = 10},
                                 {.x = 0, .y = 0, .width = 4, .height = 4, .category = 1}}};
        const GridTargets targets = gridTargets(boxes, 1, 2, 2);
        QCOMPARE(targets.places.sizes(), (torch::IntArrayRef{0, 4}));
        QCOMPARE(targets.object.sum().item<double>(), 0.0);
    }

    void mirroringMovesBoxesWithTheirPixels()
    {
        torch::Tensor images = torch::zeros({2, 1, 4, 10});
        images.index_put_({torch::indexing::Slice(), 0, 1, torch::indexing::Slice(2, 5)}, 1.0f);
        BoxLists boxes = {{{.x = 2, .y = 1, .width = 3, .height = 1}},
                          {{.x = 2, .y = 1, .width = 3, .height = 1}}};
        mirror(images, boxes, torch::tensor({false, true}));
        QCOMPARE(boxes[0][0].x, 2.0f);
        QCOMPARE(boxes[1][0].x, 5.0f);
        QCOMPARE(images.index({1, 0, 1, torch::indexing::Slice(5, 8)}).sum().item<float>(), 3.0f);
        QCOMPARE(images[1].sum().item<float>(), 3.0f);
        QVERIFY(images[0][0][1][2].item<float>() == 1.0f);
    }

    void boxesOfASplitByImage()
    {
        data::SampleTable samples;
        samples.boxes = {{.sample = 0, .x = 1}, {.sample = 2, .x = 2}, {.sample = 2, .x = 3}};
        const BoxLists lists = boxesByImage(samples, 3);
        QCOMPARE(lists.size(), 3u);
        QVERIFY(lists[1].empty());
        QCOMPARE(lists[2][1].x, 3.0f);
    }

    /// One cell, two classes, one image. Objectness: -log sigmoid(1) for the object, -log(1 - sigmoid(-2))
    /// for none. Box: differences 0.5, 0, 2, 0: 0.5^2 / 2 + (2 - 1/2).
    void lossByHand()
    {
        const BoxLists boxes = {{{.x = 0, .y = 0, .width = 8, .height = 16}}};
        const torch::Tensor raw =
            torch::tensor({1.0, 0.5, 0.0, std::log(0.5) + 2, 0.0, -2.0, 9.0, 9.0, 9.0, 9.0})
                .to(torch::kFloat32)
                .view({1, 10, 1, 1});
        const auto asked = gridTargets({{{.x = 0, .y = 0, .width = 8, .height = 8}}}, 2, 1, 1);
        GridTargets targets = asked;
        targets.boxes = torch::tensor({{0.0, 0.0, std::log(0.5), 0.0}}).to(torch::kFloat32);
        const double object = std::log1p(std::exp(-1.0)), none = std::log1p(std::exp(-2.0));
        const double box = 0.125 + 1.5;
        const DetectorLoss plain = detectorLoss(raw, targets, {});
        QVERIFY(nearBy(plain.object.item<double>(), object + none));
        QVERIFY(nearBy(plain.box.item<double>(), box));
        QVERIFY(nearBy(plain.total.item<double>(), object + none + box));
        const DetectorLoss weighted =
            detectorLoss(raw, targets, {.classWeights = {9, 1}, .positiveWeight = 2, .boxWeight = 0.5});
        QVERIFY(nearBy(weighted.object.item<double>(), 9 * 2 * object + none));
        QVERIFY(nearBy(weighted.box.item<double>(), 9 * 0.5 * box));
        try {
            detectorLoss(raw, targets, {.classWeights = {1}});
            QFAIL("must throw");
        } catch (const Error& error) {
            QCOMPARE(error.what(),
                     "class_weights: there are 1 class weights for 2 classes. Give one for each "
                     "class, or none.");
        }
    }

    /// The loss is a mean over images: repeating them changes nothing.
    void lossIsAMeanOverImages()
    {
        const torch::Tensor raw = torch::linspace(-1, 1, 2 * 5 * 4).view({1, 10, 2, 2});
        const std::vector<data::Box> boxes = {{.x = 1, .y = 1, .width = 9, .height = 6},
                                              {.x = 7, .y = 6, .width = 9, .height = 9, .category = 1}};
        const auto once = detectorLoss(raw, gridTargets({boxes}, 2, 2, 2), {});
        const auto twice = detectorLoss(raw.repeat({2, 1, 1, 1}), gridTargets({boxes, boxes}, 2, 2, 2), {});
        QVERIFY(nearBy(once.total.item<double>(), twice.total.item<double>()));
        QVERIFY(once.box.item<double>() > 0.01);
    }

    void noObjectsNoBoxLoss()
    {
        const torch::Tensor raw = torch::zeros({2, 5, 3, 3}).requires_grad_(true);
        const DetectorLoss loss = detectorLoss(raw, gridTargets({{}, {}}, 1, 3, 3), {});
        QCOMPARE(loss.box.item<double>(), 0.0);
        QVERIFY(nearBy(loss.object.item<double>(), 9 * std::log(2.0)));
        const torch::Tensor gradient = torch::autograd::grad({loss.total}, {raw})[0];
        QVERIFY(torch::isfinite(gradient).all().item<bool>());
    }

    /// Kingma and Ba's first steps by hand, gradients 1 and -3: both first steps are the rate long.
    void adamByHand()
    {
        const torch::Tensor weights = torch::tensor({1.0, 2.0}, torch::kFloat64);
        Adam adam({weights}, 0);
        adam.step({torch::tensor({1.0, -3.0}, torch::kFloat64)}, 0.1);
        QVERIFY(nearBy(weights[0].item<double>(), 0.9) && nearBy(weights[1].item<double>(), 2.1));
        adam.step({torch::tensor({0.0, -3.0}, torch::kFloat64)}, 0.1);
        // First: m = 0.09 / 0.19, v = 0.000999 / 0.001999. The second's gradient did not change.
        const double step = (0.09 / 0.19) / std::sqrt(0.000999 / 0.001999);
        QVERIFY(nearBy(weights[0].item<double>(), 0.9 - 0.1 * step));
        QVERIFY(nearBy(weights[1].item<double>(), 2.2));
        QCOMPARE(adam.steps(), 2);
    }
};

QTEST_GUILESS_MAIN(TestDetectorLearning)
#include "tst_detector_learning.moc"
