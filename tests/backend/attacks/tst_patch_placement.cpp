#include "backend/attacks/patch/location_search.h"
#include "backend/attacks/patch/placement.h"
#include "backend/attacks/patch/transforms.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <QTest>
#include <torch/nn/functional/upsampling.h>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

torch::Tensor noisePatch(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    return torch::rand({channels, height, width}, at::make_generator<at::CPUGeneratorImpl>(7));
}

PatchPlaces onePlace(float x, float y, float width, float height, float angle = 0)
{
    const auto t = [](float v) { return torch::full({1, 1}, v); };
    return {t(x), t(y), t(width), t(height), t(angle)};
}

double largestDifference(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

/// Where patches lie on images, and what they are put through.
class TestPatchPlacement : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void uprightAtItsOwnSizeIsSlicing()
    {
        const torch::Tensor image = torch::rand({1, 3, 20, 24});
        const torch::Tensor patch = noisePatch(3, 5, 6);
        torch::Tensor wanted = image.clone();
        wanted.slice(2, 7, 12).slice(3, 9, 15).copy_(patch);
        QVERIFY(largestDifference(applyPatch(image, patch, {}, onePlace(12, 9.5F, 6, 5)), wanted) < 1e-5);
    }

    void anIntegerScaleIsBilinearGrowth()
    {
        namespace F = torch::nn::functional;
        const torch::Tensor image = torch::rand({1, 1, 30, 30});
        const torch::Tensor patch = noisePatch(1, 4, 5);
        const torch::Tensor grown = F::interpolate(
            patch.unsqueeze(0),
            F::InterpolateFuncOptions().scale_factor(std::vector<double>{3, 3}).mode(torch::kBilinear));
        torch::Tensor wanted = image.clone();
        wanted.slice(2, 6, 18).slice(3, 10, 25).copy_(grown);
        QVERIFY(largestDifference(applyPatch(image, patch, {}, onePlace(17.5F, 12, 15, 12)), wanted) < 1e-5);
    }

    void aQuarterTurnIsClockwise()
    {
        const torch::Tensor image = torch::zeros({1, 1, 12, 12});
        const torch::Tensor patch = noisePatch(1, 4, 4);
        torch::Tensor wanted = image.clone();
        // rot90 with k = -1 turns the upper row to the right side.
        wanted.slice(2, 4, 8).slice(3, 4, 8).copy_(patch.rot90(-1, {1, 2}));
        QVERIFY(largestDifference(applyPatch(image, patch, {}, onePlace(6, 6, 4, 4, 90)), wanted) < 1e-5);
    }

    void theMaskDecidesAndNotTheColour()
    {
        const torch::Tensor image = torch::full({1, 1, 8, 8}, 0.5F);
        const torch::Tensor black = torch::zeros({1, 4, 4});
        torch::Tensor mask = torch::ones({1, 4, 4});
        mask[0][0][0] = 0;
        const torch::Tensor shown = applyPatch(image, black, mask, onePlace(4, 4, 4, 4));
        QCOMPARE(shown[0][0][2][2].item<float>(), 0.5F);
        QCOMPARE(shown[0][0][2][3].item<float>(), 0.0F);
        QCOMPARE(shown.eq(0).sum().item<int>(), 15);
        const torch::Tensor cover = patchCover(image, mask, onePlace(4, 4, 4, 4));
        QVERIFY(torch::equal(cover.gt(0), shown.eq(0)));
    }

    void whatLiesOutsideAndWhatIsNotThereChangesNothing()
    {
        const torch::Tensor image = torch::rand({1, 1, 8, 8});
        const torch::Tensor patch = noisePatch(1, 3, 3);
        QVERIFY(torch::equal(applyPatch(image, patch, {}, onePlace(-9, 4, 3, 3)), image));
        QVERIFY(torch::equal(applyPatch(image, patch, {}, onePlace(4, 4, 0, 0)), image));
    }

    void gradientsAreThoseOfDifferences()
    {
        torch::Tensor image = torch::rand({1, 1, 9, 9}).requires_grad_(true);
        torch::Tensor patch = noisePatch(1, 3, 3).requires_grad_(true);
        const PatchPlaces place = onePlace(4.3F, 4.8F, 5, 5, 25);
        const torch::Tensor weight = torch::rand({1, 1, 9, 9});
        const auto value = [&](const torch::Tensor& x, const torch::Tensor& p) {
            return (applyPatch(x, p, {}, place) * weight).sum();
        };
        const auto gradients = torch::autograd::grad({value(image, patch)}, {image, patch});
        // Linear in both: a large step is exact but for rounding.
        const torch::NoGradGuard off;
        const double before = value(image, patch).item<double>();
        for (std::int64_t i = 0; i < 9; ++i) {
            torch::Tensor moved = patch.detach().clone();
            moved.view({-1})[i] += 0.5;
            QVERIFY(std::abs((value(image, moved).item<double>() - before) / 0.5 -
                             gradients[1].view({-1})[i].item<double>()) < 1e-4);
        }
        const torch::Tensor cover = patchCover(image, {}, place);
        QVERIFY(largestDifference(gradients[0], weight * (1 - cover)) < 1e-6);
        QVERIFY(gradients[1].abs().sum().item<double>() > 1);
    }

    void shapesThatDoNotFitAreRefused()
    {
        const torch::Tensor image = torch::rand({1, 3, 8, 8});
        QVERIFY_EXCEPTION_THROWN(applyPatch(image, noisePatch(1, 3, 3), {}, onePlace(4, 4, 3, 3)), Error);
        QVERIFY_EXCEPTION_THROWN(
            applyPatch(image, noisePatch(3, 3, 3), torch::ones({1, 2, 3}), onePlace(4, 4, 3, 3)), Error);
    }

    void drawsStayInTheirRanges()
    {
        const PatchTransforms ranges{.sizeLow = 0.2,
                                     .sizeHigh = 0.4,
                                     .angle = 30,
                                     .contrastLow = 0.8,
                                     .contrastHigh = 1.2,
                                     .brightness = 0.1,
                                     .noise = 0.05};
        const torch::Tensor samples = torch::arange(500);
        const PatchDraw draw =
            drawTransforms(ranges, RandomStreams(3, 1), samples, 4, {500, 1, 40, 60}, {1, 8, 4});
        const PatchPlaces& p = draw.places;
        const auto within = [](const torch::Tensor& t, double low, double high) {
            return t.min().item<double>() >= low - 1e-4 && t.max().item<double>() <= high + 1e-4 &&
                   t.max().item<double>() - t.min().item<double>() > 0.8 * (high - low);
        };
        QVERIFY(within(p.width, 8, 16));
        QVERIFY(within(p.angle, -30, 30));
        QVERIFY(within(draw.contrast, 0.8, 1.2));
        QVERIFY(within(draw.brightness, -0.1, 0.1));
        QVERIFY(within(draw.noise, -0.05, 0.05));
        QVERIFY(largestDifference(p.height, p.width * 2) < 1e-4);
        // All of it on the image: the reach of the turned rectangle to either side.
        const torch::Tensor turned = p.angle * (M_PI / 180);
        const torch::Tensor reach = (turned.cos().abs() * p.width + turned.sin().abs() * p.height) / 2;
        QVERIFY((p.x - reach).min().item<double>() > -1e-3);
        QVERIFY((p.x + reach).max().item<double>() < 60 + 1e-3);
    }

    void drawsDependOnSampleAndIterationAlone()
    {
        const PatchTransforms ranges{.sizeLow = 0.2, .sizeHigh = 0.4, .angle = 30, .noise = 0.1};
        const auto draw = [&](const torch::Tensor& samples, int iteration) {
            return drawTransforms(ranges, RandomStreams(3, 1), samples, iteration,
                                  {samples.size(0), 1, 12, 12}, {1, 4, 4});
        };
        const PatchDraw all = draw(torch::arange(9), 2), part = draw(torch::tensor({5, 7}), 2);
        const torch::Tensor rows = torch::tensor({5, 7});
        QVERIFY(torch::equal(all.places.x.index_select(0, rows), part.places.x));
        QVERIFY(torch::equal(all.noise.index_select(0, rows), part.noise));
        QVERIFY(!torch::equal(draw(torch::arange(9), 3).places.x, all.places.x));
    }

    void onBoxesSizeAndOffsetFollowTheBox()
    {
        const PatchTransforms ranges{.sizeLow = 0.5, .sizeHigh = 0.5, .offset = 0.25};
        const torch::Tensor boxes =
            torch::tensor({10.F, 20.F, 30.F, 40.F, 0.F, 0.F, 0.F, 0.F}).view({1, 2, 4}).repeat({200, 1, 1});
        const PatchDraw draw = drawTransforms(ranges, RandomStreams(1, 1), torch::arange(200), 0,
                                              {200, 1, 96, 96}, {1, 6, 6}, boxes);
        QVERIFY(largestDifference(draw.places.width.select(1, 0), torch::full({200}, 25.F)) < 1e-4);
        QCOMPARE(draw.places.width.select(1, 1).max().item<float>(), 0.F);
        const torch::Tensor x = draw.places.x.select(1, 0), y = draw.places.y.select(1, 0);
        QVERIFY(x.min().item<double>() >= 17.5 && x.max().item<double>() <= 32.5);
        QVERIFY(y.min().item<double>() >= 30 && y.max().item<double>() <= 50);
    }

    /// A linear model sees one pixel: the patch changes the decision where it covers that pixel, nowhere
    /// else.
    void theSearchFindsWhereAPatchWorks()
    {
        std::vector<std::vector<double>> weights(2, std::vector<double>(64, 0.0));
        weights[1][8 * 2 + 5] = 1; // row 2, column 5
        const auto model = linearModel(weights, {0.5, 0.0});
        const torch::Tensor images = torch::zeros({3, 1, 8, 8});
        const torch::Tensor labels = torch::zeros({3}, torch::kInt64);
        const std::vector<PatchPlace> places = gridOfPlaces(4, 4, 0.25);
        QCOMPARE(places[6], (PatchPlace{.x = 0.625, .y = 0.375, .size = 0.25}));
        const AnswersByPlace answers =
            answersByPlace(*model, images, labels, torch::ones({1, 2, 2}), {}, places);
        for (std::int64_t p = 0; p < 16; ++p)
            QCOMPARE(answers.predicted[p].sum().item<int>(), p == 6 ? 3 : 0);
        QCOMPARE(bestPlace(answers), std::size_t(6));
        const double free = answers.probability[0][0].item<double>();
        QVERIFY(std::abs(free - 1 / (1 + std::exp(-0.5))) < 1e-6);
    }
};

QTEST_GUILESS_MAIN(TestPatchPlacement)
#include "tst_patch_placement.moc"
