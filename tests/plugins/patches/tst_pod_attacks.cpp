#include "plugins/patches/pod_attacks.h"
#include "plugins/patches/pod_defences.h"
#include "plugins/patches/pod_outcome.h"
#include "plugins/patches/pod_shapes.h"
#include "tests/plugins/patches/bright_detector.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <torch/types.h>

#include <cmath>

using namespace assay::patches::pod;
using assay::data::Box;
using assay::test::brightDetector;
using assay::test::brightScenes;

/// The attacks that patches.pod measures with, simple defences, and what is measured.
class TestPodAttacks : public QObject
{
    Q_OBJECT

private:
    const std::shared_ptr<const assay::models::Detector> m_detector = brightDetector();

    double meanFinding(const torch::Tensor& images, const BoxLists& objects) const
    {
        const torch::Tensor boxes = paddedBoxes(objects);
        const torch::Tensor scores = findingScores(m_detector->candidates(images), boxes, 0);
        return scores.masked_select(boxes.select(2, 2) > 0).mean().item<double>();
    }

private Q_SLOTS:
    void boxesAroundShapes()
    {
        const Box square = boxAround(torch::ones({1, 4, 4}), 50, 40, 10, 10, 0);
        QCOMPARE(square.x, 45.0F);
        QCOMPARE(square.y, 35.0F);
        QCOMPARE(square.width, 10.0F);
        // Turned by 45 degrees a square's box is sqrt(2) as large.
        const Box turned = boxAround(torch::ones({1, 4, 4}), 50, 40, 10, 10, 45);
        QVERIFY(std::abs(turned.width - 14.142136F) < 1e-4F);
        QVERIFY(std::abs(turned.x - (50 - 7.071068F)) < 1e-4F);
        // Of a bar that is turned by 90 degrees width and height change places.
        const torch::Tensor bar = shapeMask("bar", 12);
        QCOMPARE(bar.sum().item<double>(), 4.0 * 12);
        const Box upright = boxAround(bar, 30, 30, 12, 12, 90);
        QVERIFY(std::abs(upright.width - 4) < 1e-4F && std::abs(upright.height - 12) < 1e-4F);
        QCOMPARE(shapeMask("square", 5).sum().item<double>(), 25.0);
        const double circle = shapeMask("circle", 40).mean().item<double>();
        QVERIFY(std::abs(circle - 0.7854) < 0.02);
        const double triangle = shapeMask("triangle", 40).mean().item<double>();
        QVERIFY(std::abs(triangle - 0.5) < 0.03);
    }

    void patchesLieOnTheirObjects()
    {
        const Scenes scenes = brightScenes(6);
        const torch::Tensor images = scenes.images(), black = torch::zeros({1, 8, 8});
        const OnObjects how{.size = 0.3, .offset = 0.1, .angle = 20, .seed = 4};
        const Attacked attacked = pasteOnObjects(images, scenes.objects, black, shapeMask("square", 8), how);
        for (std::size_t i = 0; i < 6; ++i) {
            QCOMPARE(attacked.patches[i].size(), scenes.objects[i].size());
            const Box &patch = attacked.patches[i][0], &object = scenes.objects[i][0];
            QCOMPARE(patch.category, kPatch);
            const double dx = patch.x + patch.width / 2 - object.x - object.width / 2;
            const double dy = patch.y + patch.height / 2 - object.y - object.height / 2;
            QVERIFY(std::abs(dx) <= 0.1 * object.width + 1e-3 && std::abs(dy) <= 0.1 * object.height + 1e-3);
            const double side = 0.3 * std::hypot(object.width, object.height);
            QVERIFY(patch.width >= side - 1e-3 && patch.width <= side * 1.29);
        }
        const Attacked again = pasteOnObjects(images, scenes.objects, black, shapeMask("square", 8), how);
        QVERIFY(torch::equal(attacked.images, again.images));
        // Another size of the same seed lies in the same place.
        const Attacked larger =
            pasteOnObjects(images, scenes.objects, black, shapeMask("square", 8), {.size = 0.5, .seed = 4});
        const Box &a = attacked.patches[0][0], &b = larger.patches[0][0];
        QVERIFY(std::abs(a.x + a.width / 2 - b.x - b.width / 2) < 1e-3);
    }

    void findingScoresWantTheRightPlace()
    {
        const Scenes scenes = brightScenes(1);
        const torch::Tensor boxes = paddedBoxes(scenes.objects);
        const auto candidates = m_detector->candidates(scenes.images());
        QVERIFY(findingScores(candidates, boxes, 0)[0][0].item<double>() > 0.95);
        // Half a box away the overlap is a third: nothing there would count as finding it.
        const torch::Tensor beside = boxes + torch::tensor({8.0F, 0.0F, 0.0F, 0.0F});
        const double elsewhere = findingScores(candidates, beside, 0)[0][0].item<double>();
        QVERIFY2(elsewhere < 0.7, qPrintable(QString::number(elsewhere)));
        QCOMPARE(findingScores(candidates, torch::zeros({1, 1, 4}), 0).item<double>(), 0.0);
    }

    void blocksHideObjectsWithoutGradients()
    {
        const Scenes scenes = brightScenes(5);
        const BlockAttack how{.side = 0.3, .grey = 0.1, .particles = 20, .seed = 9};
        const Attacked found = attackWithBlocks(*m_detector, scenes.images(), scenes.objects, 0, how);
        BlockAttack one = how;
        one.particles = 1;
        one.rounds = 0;
        const Attacked drawn = attackWithBlocks(*m_detector, scenes.images(), scenes.objects, 0, one);
        const double clean = meanFinding(scenes.images(), scenes.objects);
        const double searched = meanFinding(found.images, scenes.objects);
        const double unsearched = meanFinding(drawn.images, scenes.objects);
        qInfo("blocks: %.3f clean, %.3f drawn once, %.3f searched", clean, unsearched, searched);
        QVERIFY(clean > 0.95 && searched < unsearched - 0.05);
        for (std::size_t i = 0; i < 5; ++i) {
            QCOMPARE(found.patches[i].size(), 4 * scenes.objects[i].size());
            for (const Box& block : found.patches[i]) {
                const Box& object = scenes.objects[i][0];
                QVERIFY(block.x >= object.x - 1e-3F && block.y >= object.y - 1e-3F);
                QVERIFY(block.x + block.width <= object.x + object.width + 1e-3F);
            }
        }
        const torch::Tensor changed = found.images != scenes.images();
        QVERIFY(changed.to(torch::kFloat32).mean().item<double>() < 0.05);
        const Attacked again = attackWithBlocks(*m_detector, scenes.images(), scenes.objects, 0, how);
        QVERIFY(torch::equal(found.images, again.images));
    }

    void shapesHideObjectsWithinTheirBudget()
    {
        const Scenes scenes = brightScenes(5);
        const ShapeAttack how{.rows = 16, .columns = 16, .budget = 0.15, .steps = 40, .seed = 2};
        const Attacked found = attackWithShapes(*m_detector, scenes.images(), scenes.objects, 0, how);
        const double clean = meanFinding(scenes.images(), scenes.objects);
        const double covered = meanFinding(found.images, scenes.objects);
        // As much blackened anywhere in the box: what the search is worth.
        ShapeAttack blind = how;
        blind.steps = 0;
        const double anywhere = meanFinding(
            attackWithShapes(*m_detector, scenes.images(), scenes.objects, 0, blind).images, scenes.objects);
        qInfo("shapes: %.3f clean, %.3f unlearned, %.3f learned", clean, anywhere, covered);
        QVERIFY(clean > 0.95 && covered < anywhere - 0.05);
        const torch::Tensor changed = (found.images != scenes.images()).flatten(1).sum(1);
        QVERIFY(changed.max().item<std::int64_t>() <= std::lround(0.15 * 256) + 1);
        for (std::size_t i = 0; i < 5; ++i)
            QVERIFY(found.patches[i].size() <= 1);
    }

    void learnedPatchesHurtMoreThanNoise()
    {
        const Scenes scenes = brightScenes(8);
        AdvPatchSpec spec{.side = 6, .steps = 40, .size = 0.2, .restarts = 1, .seed = 3};
        const auto learned = learnPatch(m_detector, scenes, spec);
        QCOMPARE(learned.history.attack.numel(), std::int64_t(40));
        const auto pasted = [&](const torch::Tensor& patch) {
            return meanFinding(
                pasteOnObjects(scenes.images(), scenes.objects, patch, shapeMask("square", 6), {.size = 0.2})
                    .images,
                scenes.objects);
        };
        const double learnedScore = pasted(learned.patch);
        const double noiseScore = pasted(assay::attacks::randomPatch(1, 6, 6, 1));
        qInfo("patches: noise %.3f, learned %.3f", noiseScore, learnedScore);
        QVERIFY(learnedScore < noiseScore - 0.1);
    }

    void defencesCleanImages()
    {
        torch::Tensor flat = torch::full({1, 1, 40, 40}, 0.5F);
        QVERIFY(torch::equal(cleaned(flat, Defence::None), flat));
        for (const std::string& name : defenceNames())
            QVERIFY(torch::allclose(cleaned(flat, defenceFromName(name)), flat, 0, 0.01));
        torch::Tensor speck = flat.clone();
        speck[0][0][7][9] = 1;
        QVERIFY(torch::equal(cleaned(speck, Defence::Median), flat));
        // A busy window goes dark, a quiet one stays.
        torch::Tensor busy = flat.clone();
        busy.slice(2, 0, 15).slice(3, 0, 15).copy_(
            (torch::arange(225).remainder(2) * 1.0).reshape({15, 15}).to(torch::kFloat32));
        const torch::Tensor smoothed = smoothedGradients(busy);
        QVERIFY(smoothed.slice(2, 2, 12).slice(3, 2, 12).mean().item<double>() < 0.05);
        QVERIFY(torch::equal(smoothed.slice(2, 30).slice(3, 30), flat.slice(2, 30).slice(3, 30)));
        QCOMPARE(assay::test::sentenceOf([] { defenceFromName("blur"); }),
                 "defences: there is no defence 'blur'. Choose among median, jpeg and lgs.");
    }

    void outcomesCountWhatIsFound()
    {
        const Scenes scenes = brightScenes(9);
        const AreaBounds areas = areaBounds(scenes.objects);
        const OutcomeSpec spec{.areas = areas, .resamples = 50};
        const BoxLists none(scenes.objects.size());
        const Outcome clean =
            outcomeOf(*m_detector, {scenes.images(), none}, scenes.objects, {}, Defence::None, spec);
        QCOMPARE(clean.apObject, 1.0);
        QCOMPARE(clean.found[0].missed(), std::int64_t(0));
        QCOMPARE(clean.curve.size(), std::size_t(101));
        QVERIFY(!clean.apPatch);
        torch::Tensor half = scenes.images();
        half.narrow(0, 0, 3).zero_();
        const Outcome hidden = outcomeOf(*m_detector, {half, none}, scenes.objects, {}, Defence::None, spec);
        QVERIFY(std::abs(hidden.apObject - 67.0 / 101) < 1e-9); // recalls 0 .. 0.66 are reached
        QCOMPARE(hidden.found[0].missed(), std::int64_t(3));
        QVERIFY(hidden.apInterval.low < hidden.apObject && hidden.apInterval.high > hidden.apObject);
        std::int64_t byArea = 0;
        for (const AreaBand band : {AreaBand::Small, AreaBand::Medium, AreaBand::Large})
            byArea += hidden.found[static_cast<std::size_t>(band)].truths;
        QCOMPARE(byArea, hidden.found[0].truths);
        QVERIFY(assay::test::sentenceOf([&] {
                    outcomeOf(*m_detector, {scenes.images(), none}, none, {}, Defence::None, spec);
                }).startsWith("dataset: there is no object on the test images"));
    }
};

QTEST_GUILESS_MAIN(TestPodAttacks)
#include "tst_pod_attacks.moc"
