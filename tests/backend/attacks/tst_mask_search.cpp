#include "backend/attacks/mask_search.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::attacks;

namespace {

Recipe plainRecipe()
{
    Recipe recipe;
    recipe.name = "plain";
    recipe.stepLength = StepLength::Even;
    return recipe;
}

/// Rows of 4 x 4 images as weights of a two-class model: class 1 wants the pixels with weight 1.
std::shared_ptr<const models::Model> wants(const std::vector<std::size_t>& pixels)
{
    std::vector<double> weight(16, 0.0);
    for (const std::size_t pixel : pixels)
        weight[pixel] = 1;
    std::vector<double> other(16, 0.0);
    return test::linearModel({other, weight}, {0, -1});
}

} // namespace

class TestMaskSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void borderStaysUnmasked()
    {
        const PatchGrid grid = patchGrid(2, 5, 7);
        QCOMPARE(grid.rows, 2);
        QCOMPARE(grid.columns, 3);
        const torch::Tensor mask = torch::tensor({0, 1, 1, 1, 1, 0}, torch::kUInt8).view({1, 6});
        const torch::Tensor pixels = pixelMasks(mask, grid);
        const torch::Tensor expected = torch::tensor({0, 0, 1, 1, 1, 1, 1, //
                                                      0, 0, 1, 1, 1, 1, 1, //
                                                      1, 1, 1, 1, 0, 0, 1, //
                                                      1, 1, 1, 1, 0, 0, 1, //
                                                      1, 1, 1, 1, 1, 1, 1},
                                                     torch::kFloat32)
                                           .view({1, 1, 5, 7});
        QVERIFY(torch::equal(pixels, expected));
        QVERIFY_EXCEPTION_THROWN(patchGrid(6, 5, 7), Error);
    }

    void theImageIsMaskedAndNotThePerturbation()
    {
        const PatchGrid grid = patchGrid(2, 4, 4);
        const torch::Tensor masks = torch::tensor({0, 1, 1, 1}, torch::kUInt8).view({1, 1, 4});
        const PatchMasks transform(masks, grid, 1);
        const RandomStreams streams(0, 0);
        const torch::Tensor samples = torch::zeros({1}, torch::kInt64);
        const torch::Tensor shown = transform.apply(torch::ones({1, 1, 4, 4}), 0, {streams, 0, samples});
        QCOMPARE(shown.sum().item<float>(), 12.f);
        QCOMPARE(shown[0][0][0][0].item<float>(), 0.f);
    }

    /// Twelve of forty masks per step, round and round, each sample its own.
    void masksGoRound()
    {
        const PatchGrid grid = patchGrid(4, 4, 4);
        torch::Tensor masks = torch::ones({2, 5, 1}, torch::kUInt8);
        masks[1][4] = 0; // the last mask of sample 1 drops everything
        const PatchMasks transform(masks, grid, 3);
        QCOMPARE(transform.copies(), 3);
        const RandomStreams streams(0, 0);
        const torch::Tensor x = torch::ones({2, 1, 4, 4});
        const torch::Tensor swapped = torch::tensor({1, 0}, torch::kInt64);
        const auto dropped = [&](std::int64_t iteration, std::int64_t copy) {
            return transform.apply(x, copy, {streams, iteration, swapped})[0].sum().item<float>() == 0;
        };
        QVERIFY(dropped(1, 1)); // 3 + 1 = 4
        QVERIFY(dropped(3, 0)); // 9 mod 5 = 4
        QVERIFY(!dropped(0, 0) && !dropped(1, 0) && !dropped(1, 2));
        QCOMPARE(transform.apply(x, 1, {streams, 1, swapped})[1].sum().item<float>(), 16.f);
    }

    /// On a linear model a masked patch has no gradient: the perturbation is exactly that of the rest.
    void maskedPatchesAreNotPerturbed()
    {
        const auto model = wants({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
        const torch::Tensor x = torch::full({1, 1, 4, 4}, 0.5), y = torch::zeros({1}, torch::kInt64);
        const torch::Tensor masks = torch::tensor({1, 0, 1, 1}, torch::kUInt8).view({1, 1, 4});
        const GradientAttack attack(masked(plainRecipe(), masks, patchGrid(2, 4, 4), 1));
        const torch::Tensor moved = attack.run(*model, x, y, {.eps = 0.1, .steps = 4}).adversarial - x;
        QVERIFY(torch::equal(moved.narrow(2, 0, 2).narrow(3, 2, 2), torch::zeros({1, 1, 2, 2})));
        QVERIFY(torch::allclose(moved.narrow(2, 2, 2), torch::full({1, 1, 2, 4}, 0.1f)));
    }

    void fitnessIsMeanPlusPopulationVariance()
    {
        const torch::Tensor losses = torch::tensor({-1., -2., -3., -2.}, torch::kFloat64).view({2, 2});
        const torch::Tensor fitness = maskFitness(losses); // columns (-1, -3) and (-2, -2)
        QCOMPARE(fitness[0].item<double>(), -2.0 + 1.0);
        QCOMPARE(fitness[1].item<double>(), -2.0);
    }

    void bestFitnessNeverRises()
    {
        const auto source = test::seededModel("small_cnn", 3), a = test::seededModel("small_cnn", 4),
                   b = test::seededModel("mlp", 5);
        const torch::Tensor x = test::someImages(4), y = test::someLabels(4, 5);
        const Source one(*source);
        const Recipe recipe = plainRecipe();
        const MaskSearchSpec spec{.patch = 3, .dropRate = 0.2, .population = 8, .generations = 4};
        const MaskSearch search(one, {a.get(), b.get()}, recipe, {.eps = 0.1, .steps = 3}, spec);
        std::vector<MaskSearchState> seen;
        const MaskSearchState last =
            search.run(x, y, {.seed = 9}, [&](const MaskSearchState& state) { seen.push_back(state); });
        QCOMPARE(seen.size(), std::size_t(5));
        QCOMPARE(seen.back().populations, last.populations);
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t g = 0; g < seen.size(); ++g) {
                const MaskPopulation& p = seen[g].populations[i];
                QCOMPARE(p.masks.size(), std::size_t(8));
                QVERIFY(std::ranges::is_sorted(p.fitness));
                if (g > 0)
                    QVERIFY(p.fitness.front() <= seen[g - 1].populations[i].fitness.front());
            }
        }
        // Fitness belongs to the mask: rated again by hand, on the unmasked adversarial image.
        const Genes& best = last.populations[2].masks.front();
        const GradientAttack attack(masked(recipe, toTensor({best}).unsqueeze(0), search.grid(x), 1));
        const torch::Tensor adversarial =
            attack.run(*source, x.narrow(0, 2, 1), y.narrow(0, 2, 1), {.eps = 0.1, .steps = 3}).adversarial;
        std::vector<torch::Tensor> losses;
        for (const auto& model : {a, b})
            losses.push_back(torch::log_softmax(model->logits(adversarial).to(torch::kFloat64), 1)
                                 .select(1, y[2].item<std::int64_t>()));
        const double again = maskFitness(torch::stack(losses))[0].item<double>();
        QVERIFY(std::abs(again - last.populations[2].fitness.front()) < 1e-5);
    }

    void theBatchDoesNotMatter()
    {
        const auto source = test::seededModel("small_cnn", 3), judge = test::seededModel("mlp", 5);
        const torch::Tensor x = test::someImages(5), y = test::someLabels(5, 5);
        const torch::Tensor numbers = torch::tensor({40, 41, 7, 9, 11}, torch::kInt64);
        const Source one(*source);
        const Recipe recipe = plainRecipe();
        const MaskSearchSpec spec{.patch = 3, .dropRate = 0.2, .population = 6, .generations = 2};
        const MaskSearch search(one, {judge.get()}, recipe, {.eps = 0.1, .steps = 2}, spec);
        const auto all = search.run(x, y, {.seed = 1, .samples = numbers}).populations;
        const auto part =
            search.run(x.narrow(0, 3, 2), y.narrow(0, 3, 2), {.seed = 1, .samples = numbers.narrow(0, 3, 2)})
                .populations;
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(part[i].masks, all[3 + i].masks);
            for (std::size_t k = 0; k < 6; ++k)
                QVERIFY(std::abs(part[i].fitness[k] - all[3 + i].fitness[k]) < 1e-5);
        }
    }

    /// Source and judge look at the upper left patch alone: a mask that drops it leaves no gradient, and no
    /// attack.
    void goodMasksSpareWhatTheJudgeNeeds()
    {
        const auto source = wants({0, 1, 4, 5}), judge = wants({0, 1, 4, 5});
        const torch::Tensor x = torch::full({1, 1, 4, 4}, 0.2), y = torch::zeros({1}, torch::kInt64);
        const Source one(*source);
        const Recipe recipe = plainRecipe();
        const MaskSearch search(one, {judge.get()}, recipe, {.eps = 0.1, .steps = 2},
                                {.patch = 2, .dropRate = 0.25, .population = 6, .generations = 2});
        const auto population = search.run(x, y, {}).populations.front();
        QCOMPARE(int(population.masks.front()[0]), 1); // the upper left patch is kept
    }

    void dropFrequencyCounts()
    {
        const torch::Tensor masks = torch::tensor({0, 1, 0, 0}, torch::kUInt8).view({1, 2, 2});
        QVERIFY(torch::equal(dropFrequency(masks), torch::tensor({1.0, 0.5}, torch::kFloat64).view({1, 2})));
        const MaskSearchSpec spec{.patch = 2, .dropRate = 0.5, .population = 3};
        const torch::Tensor random =
            randomMasks(patchGrid(2, 4, 4), spec, torch::tensor({5, 6}, torch::kInt64), 1);
        QCOMPARE(random.sizes(), (at::IntArrayRef{2, 3, 4}));
        QVERIFY(torch::equal(random.sum(2), torch::full({2, 3}, 2, torch::kInt64)));
    }

    void refusesWhatIsOutOfRange()
    {
        try {
            checkMaskSearch({.population = 1});
            QFAIL("a population of 1 was accepted");
        } catch (const Error& error) {
            QVERIFY2(QByteArray(error.what()).startsWith("patch masks: 'population' is 1"), error.what());
        }
        const auto model = wants({0});
        const Source one(*model);
        const Recipe recipe = plainRecipe();
        QVERIFY_EXCEPTION_THROWN(MaskSearch(one, {}, recipe, {}, {}), Error);
    }
};

QTEST_GUILESS_MAIN(TestMaskSearch)
#include "tst_mask_search.moc"
