#include "plugins/patches/pod_augmentation.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <torch/types.h>

#include <algorithm>
#include <cmath>

using namespace assay::patches::pod;

/// Random patches of the training.
class TestPodAugmentation : public QObject
{
    Q_OBJECT

private:
    static PatchPixels numbered(int side)
    {
        PatchPixels patch{side, {}};
        for (int i = 0; i < side * side; ++i)
            patch.values.push_back(static_cast<float>(i + 1) / 100);
        return patch;
    }

private Q_SLOTS:
    void labelIsTheMeanSquareAroundThePatch()
    {
        // l = 10: the turning square is ceil(14.14) = 15, the label 10 + floor(15 / 4) = 13, both centred.
        QCOMPARE(diagonal(10), 15);
        const PastedPatch label = labelOf(10, {.left = 20, .top = 30, .degrees = 77});
        QCOMPARE(label.width, 13.0F);
        QCOMPARE(label.height, 13.0F);
        QCOMPARE(label.x, 21.0F);
        QCOMPARE(label.y, 31.0F);
        // l = 6: 9 and 8, half a pixel further in.
        QCOMPARE(labelOf(6, {.left = 0, .top = 0}).x, 0.5F);
        QCOMPARE(labelOf(6, {.left = 0, .top = 0}).width, 8.0F);
    }

    void uprightPatchIsCopied()
    {
        const torch::Tensor image = torch::full({2, 20, 20}, 0.5F);
        paste(image, numbered(4), {.left = 3, .top = 5}); // the square of side 6 holds it from 1 to 4
        const torch::Tensor part = image.slice(1, 6, 10).slice(2, 4, 8);
        const torch::Tensor expected = (torch::arange(16).reshape({4, 4}) + 1).to(torch::kFloat32) / 100;
        QVERIFY(torch::allclose(part[0], expected));
        QVERIFY(torch::equal(part[0], part[1]));
        QCOMPARE((image[0] != 0.5F).sum().item<std::int64_t>(), 16);
    }

    void quarterTurnIsCounterClockwise()
    {
        const torch::Tensor image = torch::full({1, 6, 6}, 0.5F);
        paste(image, numbered(4), {.left = 0, .top = 0, .degrees = 90});
        const torch::Tensor expected = (torch::arange(16).reshape({4, 4}) + 1).to(torch::kFloat32) / 100;
        QVERIFY(torch::allclose(image[0].slice(0, 1, 5).slice(1, 1, 5), torch::rot90(expected)));
    }

    /// Which pixels are covered follows from the geometry: what is black in a patch covers as the rest does.
    void blackPixelsAreOpaque()
    {
        for (const double degrees : {0.0, 30.0, 45.0}) {
            const torch::Tensor black = torch::ones({1, 30, 30}), grey = torch::ones({1, 30, 30});
            paste(black, {12, std::vector<float>(144, 0.0F)}, {.left = 5, .top = 6, .degrees = degrees});
            paste(grey, {12, std::vector<float>(144, 0.5F)}, {.left = 5, .top = 6, .degrees = degrees});
            QVERIFY(torch::equal(black < 1, grey < 1));
            const auto covered = (black == 0).sum().item<std::int64_t>();
            QVERIFY2(std::abs(covered - 144) <= 8, qPrintable(QString::number(covered)));
        }
    }

    void patchesBeyondTheEdgeAreCutOff()
    {
        const torch::Tensor image = torch::ones({1, 8, 8});
        paste(image, {4, std::vector<float>(16, 0.0F)}, {.left = -3, .top = 5});
        QCOMPARE((image == 0).sum().item<std::int64_t>(), 2 * 2);
    }

    void pastedPatchesMatchTheirLabels()
    {
        const torch::Tensor images = torch::rand({4, 1, 96, 96}) * 0.5 + 0.25;
        const torch::Tensor before = images.clone();
        Draws draws(7);
        RandomPatches how{.families = {Family::Cutout}, .count = 1};
        const torch::Tensor which = torch::tensor({1, 0, 1, 1});
        const auto labels = pasteRandomPatches(images, how, draws, which);
        QCOMPARE(labels.size(), std::size_t(3));
        QVERIFY(torch::equal(images[1], before[1]));
        for (const PastedPatch& label : labels) {
            QVERIFY(label.image != 1);
            // Black pixels of one square: their centre is the label's and their number a side's square.
            const torch::Tensor black = (images[label.image][0] == 0).nonzero().to(torch::kFloat64);
            const torch::Tensor centre = black.mean(0) + 0.5;
            QVERIFY(std::abs(centre[0].item<double>() - (label.y + label.height / 2)) < 0.6);
            QVERIFY(std::abs(centre[1].item<double>() - (label.x + label.width / 2)) < 0.6);
            const double side = std::sqrt(static_cast<double>(black.size(0)));
            QVERIFY(side > 5.5 && side < 16.5);
            const double rounded = 2 * std::round(side / 2);
            QCOMPARE(double(label.width), rounded + std::floor(diagonal(int(rounded)) / 4));
        }
    }

    void familiesShowWhatTheyAreCalled()
    {
        Draws draws(3);
        const torch::Tensor image = torch::full({1, 32, 32}, 0.2F);
        const auto of = [&](Family family) { return drawPatch(family, 16, image, 1.5, draws).values; };
        QVERIFY(std::ranges::all_of(of(Family::Cutout), [](float v) { return v == 0; }));
        QVERIFY(
            std::ranges::all_of(of(Family::Inverted), [](float v) { return std::abs(v - 0.8F) < 1e-6F; }));
        for (const Family family : {Family::Noise, Family::Geometry}) {
            const auto values = of(family);
            QCOMPARE(values.size(), std::size_t(256));
            const auto [low, high] = std::ranges::minmax(values);
            QVERIFY(low >= 0 && high <= 1 && high - low > 0.1F);
        }
        for (const char* name : {"cutout", "noise", "inv", "geometry"})
            QCOMPARE(familyName(familyFromName(name)), name);
        QCOMPARE(
            assay::test::sentenceOf([] { familyFromName("stripes"); }),
            "families: there is no family of random patches 'stripes'. Choose among cutout, noise, inv and "
            "geometry.");
    }

    void smallImagesGetSmallerPatchesOrNone()
    {
        Draws draws(1);
        const RandomPatches large{.count = 3, .sideLow = 0.9, .sideHigh = 1};
        const torch::Tensor small = torch::ones({1, 1, 12, 40});
        const auto labels = pasteRandomPatches(small, large, draws);
        QCOMPARE(labels.size(), std::size_t(3));
        for (const PastedPatch& label : labels) // sides of 8: the largest even one that can turn in 12 pixels
            QCOMPARE(label.width, 8.0F + 12 / 4);
        const torch::Tensor tiny = torch::ones({1, 1, 2, 2});
        QVERIFY(pasteRandomPatches(tiny, large, draws).empty());
        QCOMPARE(tiny.sum().item<double>(), 4.0);
    }

    void drawsDecideEverything()
    {
        const torch::Tensor start = torch::rand({3, 1, 64, 64});
        const auto pasted = [&](std::uint64_t seed) {
            const torch::Tensor images = start.clone();
            Draws draws(seed);
            pasteRandomPatches(images, {}, draws);
            return images;
        };
        QVERIFY(torch::equal(pasted(5), pasted(5)));
        QVERIFY(!torch::equal(pasted(5), pasted(6)));
    }

    void storedPatchesArePastedAsTheyAre()
    {
        const torch::Tensor images = torch::zeros({2, 1, 96, 96});
        Draws draws(11);
        const auto labels = pasteStoredPatches(images, {torch::full({12, 12}, 0.75F)}, {.count = 2}, draws);
        QCOMPARE(labels.size(), std::size_t(4));
        const torch::Tensor covered = images > 0;
        QVERIFY(covered.any().item<bool>());
        QVERIFY((images.masked_select(covered) == 0.75F).all().item<bool>());
        QCOMPARE(assay::test::sentenceOf([&] { pasteStoredPatches(images, {}, {}, draws); }),
                 "augmentation: there is no learned patch to paste.");
    }
};

QTEST_GUILESS_MAIN(TestPodAugmentation)
#include "tst_pod_augmentation.moc"
