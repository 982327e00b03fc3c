#include "backend/attacks/patch/objective.h"
#include "backend/attacks/patch/regularisers.h"
#include "backend/models/model.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

/// Answers with the images themselves, taken for [N,A,5+K] of layout yolov5.
class EchoNetwork final : public models::Network
{
public:
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override { return x.squeeze(1); }
    std::vector<std::string> taps() const override { return {}; }
};

std::shared_ptr<const models::Detector> echoDetector()
{
    models::ModelCard card;
    card.name = "echo";
    card.task = models::Task::Detection;
    card.classes = {"person", "patch"};
    card.output = {{"layout", "yolov5"}};
    card.input = {.channels = 1, .height = 3, .width = 7};
    return std::make_shared<models::Detector>(
        std::make_shared<models::Model>(std::make_shared<EchoNetwork>(), card));
}

/// Three candidates: objectness 0.5, 0.9, 0.2 and the classes' probabilities.
torch::Tensor echoed()
{
    return torch::tensor({4.F, 4.F, 2.F, 2.F, .5F, .8F, .1F, //
                          4.F, 4.F, 2.F, 2.F, .9F, .1F, .7F, //
                          4.F, 4.F, 2.F, 2.F, .2F, .9F, .3F})
        .view({1, 1, 3, 7});
}

double detectorValue(const DetectorLoss& loss)
{
    const torch::Tensor none = torch::zeros({1}, torch::kInt64);
    return detectorObjective(echoDetector(), loss)->losses(echoed(), none).item<double>();
}

} // namespace

/// What patches are trained for, against numbers worked out by hand.
class TestPatchLosses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void classifierLosses()
    {
        // Logits 1, 3, 0.
        const auto model = linearModel({{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}, {1, 3, 0});
        const torch::Tensor image = torch::zeros({1, 1, 2, 2});
        const torch::Tensor label = torch::tensor({std::int64_t(1)});
        const double sum = std::exp(1.) + std::exp(3.) + 1;
        const auto value = [&](ClassifierLoss loss, std::optional<std::int64_t> target) {
            return classifierObjective(model, loss, target)->losses(image, label).item<double>();
        };
        const auto near = [](double a, double b) { return std::abs(a - b) < 1e-5; };
        QVERIFY(near(value(ClassifierLoss::Likelihood, {}), 3 - std::log(sum)));
        QVERIFY(near(value(ClassifierLoss::Likelihood, 0), std::log(sum) - 1));
        QVERIFY(near(value(ClassifierLoss::Probability, {}), std::exp(3.) / sum));
        QVERIFY(near(value(ClassifierLoss::Probability, 0), 1 - std::exp(1.) / sum));
        QVERIFY(near(value(ClassifierLoss::Margin, {}), 2));
        QVERIFY(near(value(ClassifierLoss::Margin, 0), 2));
        QVERIFY_EXCEPTION_THROWN(value(ClassifierLoss::Margin, 3), Error);
    }

    void detectorLosses()
    {
        using Of = DetectorLoss::Of;
        using Over = DetectorLoss::Over;
        const auto near = [](double a, double b) { return std::abs(a - b) < 1e-5; };
        // Scores of "person": 0.40, 0.09, 0.18; of "patch": 0.05, 0.63, 0.06.
        QVERIFY(near(detectorValue({.classes = {0}}), 0.40));
        QVERIFY(near(detectorValue({.classes = {1}}), 0.63));
        QVERIFY(near(detectorValue({.classes = {0, 1}}), 1.03));
        QVERIFY(near(detectorValue({}), 1.03));
        QVERIFY(near(detectorValue({.over = Over::Mean, .classes = {0}}), 0.67 / 3));
        QVERIFY(near(detectorValue({.of = Of::Objectness}), 0.9));
        QVERIFY(near(detectorValue({.of = Of::Class, .classes = {0}}), 0.9));
        QVERIFY(near(detectorValue({.classes = {0}, .target = 1}), 0.40 + 1 - 0.63));
        QVERIFY_EXCEPTION_THROWN(detectorValue({.classes = {2}}), Error);
    }

    void variationOfAStep()
    {
        // A vertical edge of height 1 in the middle of 4 x 4: 4 of 12 horizontal pairs differ by 1.
        torch::Tensor patch = torch::zeros({1, 4, 4});
        patch.slice(2, 2, 4).fill_(1);
        QCOMPARE(totalVariation(patch).item<double>(), double(4.F / 12));
        QCOMPARE(squaredVariation(patch).item<double>(), 0.25);
        // Inside of the left three columns: 4 of 8 pairs.
        torch::Tensor mask = torch::ones({1, 4, 4});
        mask.slice(2, 3, 4).fill_(0);
        QCOMPARE(totalVariation(patch, mask).item<double>(), 0.5);
        QCOMPARE(squaredVariation(patch, mask).item<double>(), double(4.F / 12));
        QCOMPARE(totalVariation(patch, torch::zeros({1, 4, 4})).item<double>(), 0.0);
        const torch::Tensor batch = torch::stack({patch, torch::zeros({1, 4, 4})});
        QVERIFY(torch::equal(totalVariation(batch), torch::tensor({4.F / 12, 0.F})));
    }

    void printabilityIsTheDistanceToTheNearestColour()
    {
        const torch::Tensor colours = torch::tensor({0.F, 0.F, 0.F, 1.F, 1.F, 1.F}).view({2, 3});
        torch::Tensor patch = torch::zeros({3, 1, 2});
        patch[0][0][1] = 0.6F;
        patch[1][0][1] = 0.8F; // 1 from black, sqrt(0.16 + 0.04 + 1) from white
        QVERIFY(std::abs(nonPrintability(patch, colours).item<double>() - 0.5) < 1e-5);
        torch::Tensor mask = torch::ones({1, 1, 2});
        mask[0][0][0] = 0;
        QVERIFY(std::abs(nonPrintability(patch, colours, mask).item<double>() - 1) < 1e-5);
        // At a printable colour the root has no slope that is not a number.
        torch::Tensor printable = torch::zeros({3, 2, 2}).requires_grad_(true);
        const auto gradient = torch::autograd::grad({nonPrintability(printable, colours)}, {printable});
        QVERIFY(gradient[0].isfinite().all().item<bool>());
        QVERIFY_EXCEPTION_THROWN(nonPrintability(torch::zeros({1, 2, 2}), colours), Error);
    }

    void whatPrintersGive()
    {
        const torch::Tensor colours = printableColours(3, torch::kCPU);
        QCOMPARE(colours.size(0), 29);
        // Pure red, green and blue of a screen are out of reach, paper and ink are not.
        const auto distance = [&](float r, float g, float b) {
            return nonPrintability(torch::tensor({r, g, b}).view({3, 1, 1}), colours).item<double>();
        };
        QVERIFY(distance(0, 0, 1) > 0.4 && distance(0, 1, 0) > 0.4 && distance(1, 0, 0) > 0.15);
        QVERIFY(distance(0.156F, 0.156F, 0.156F) < 1e-4);
        const torch::Tensor greys = printableColours(1, torch::kCPU);
        QVERIFY(greys.min().item<double>() > 0.15 && greys.max().item<double>() < 0.95);
    }
};

QTEST_GUILESS_MAIN(TestPatchLosses)
#include "tst_patch_losses.moc"
