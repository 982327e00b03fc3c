#include "backend/attacks/boundary.h"
#include "backend/attacks/registry.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/adversarial_sets.h"
#include "plugins/transfer/non_robust.h"
#include "plugins/transfer/recently_used.h"
#include "plugins/transfer/similarity.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <QTest>

using namespace assay;
using namespace assay::transfer;

namespace {

constexpr std::int64_t kClasses = 4;

at::Generator seeded(std::uint64_t seed)
{
    return at::detail::createCPUGenerator(seed);
}

models::Model tinyModel(std::uint64_t seed)
{
    models::ModelCard card{.name = "tiny",
                           .architecture = "mlp",
                           .options = {{"widths", {16}}},
                           .input = {.channels = 1, .height = 6, .width = 6},
                           .classes = {"a", "b", "c", "d"}};
    auto network = models::makeNetwork(card.architecture, card.options, card.input, kClasses);
    models::initialise(*network, seeded(seed));
    return {network, card};
}

double largest(const torch::Tensor& tensor)
{
    return tensor.abs().max().item<double>();
}

} // namespace

/// How attacked sets, similarities and relabelled sets are made, on small random networks.
class TestTransferSets : public QObject
{
    Q_OBJECT

private:
    const models::Model model = tinyModel(1);
    const models::Model other = tinyModel(2);
    const torch::Tensor x = torch::rand({60, 1, 6, 6}, seeded(3));
    const torch::Tensor y = models::predict(model, x);

private Q_SLOTS:
    void oneGradientGivesEveryFgsm_data()
    {
        QTest::addColumn<bool>("l2");
        QTest::addColumn<bool>("targeted");
        QTest::newRow("l2") << true << false;
        QTest::newRow("linf") << false << false;
        QTest::newRow("l2 targeted") << true << true;
        QTest::newRow("linf targeted") << false << true;
    }
    void oneGradientGivesEveryFgsm()
    {
        QFETCH(bool, l2);
        QFETCH(bool, targeted);
        const attacks::Norm norm = l2 ? attacks::Norm::L2 : attacks::Norm::Linf;
        const auto aim =
            targeted ? std::optional(transfer::wrongClasses(y, kClasses, seeded(5))) : std::nullopt;
        const torch::Tensor direction = fgsmDirection(model, x, y, norm, aim);
        for (const double eps : {0.1, 0.5}) {
            const torch::Tensor expected = attacks::attacks()
                                               .make("fgsm")
                                               ->run(model, x, y, {.norm = norm, .eps = eps}, {.target = aim})
                                               .adversarial;
            // Two ways to round the same sum: a unit in the last place.
            QVERIFY(largest(fgsmStep(x, direction, eps) - expected) < 1e-6);
        }
    }

    void aimedClassesAreWrongAndUniform()
    {
        const torch::Tensor labels = torch::full({9000}, 2, torch::kInt64);
        const torch::Tensor drawn = transfer::wrongClasses(labels, kClasses, seeded(7));
        const torch::Tensor counts = torch::bincount(drawn, {}, kClasses);
        QCOMPARE(counts[2].item<std::int64_t>(), 0);
        for (const std::int64_t c : {0, 1, 3})
            QVERIFY(std::abs(counts[c].item<double>() - 3000) < 5 * std::sqrt(9000 * (1.0 / 3) * (2.0 / 3)));
        QVERIFY(torch::equal(drawn, transfer::wrongClasses(labels, kClasses, seeded(7))));
    }

    void aPathStartsAtTheImageAndEndsAtTheExample()
    {
        const auto pgd = attacks::attacks().make("pgd", {{"random_start", false}});
        const TracedAttack traced =
            runTraced(model, x, y, *pgd, {.norm = attacks::Norm::L2, .eps = 0.4, .steps = 5}, {}, 55);
        QCOMPARE(traced.path.sizes().vec(), (std::vector<std::int64_t>{6, 55, 1, 6, 6}));
        QVERIFY(torch::equal(traced.path[0], x.narrow(0, 0, 55)));
        QVERIFY(largest(traced.path[5] - traced.adversarial.narrow(0, 0, 55)) < 1e-6);
    }

    void trueSizesAreMeasuredAfterClipping()
    {
        const torch::Tensor black = torch::zeros({2, 1, 2, 2});
        torch::Tensor altered = black.clone();
        altered[0].fill_(0.5);
        const MeanNorms norms = meanNorms(black, altered);
        QVERIFY(std::abs(norms.l2 - 0.5) < 1e-7);    // (1 + 0) / 2
        QVERIFY(std::abs(norms.linf - 0.25) < 1e-7); // (0.5 + 0) / 2
    }

    void aModelIsNoDistanceFromItself()
    {
        const torch::Tensor direction = attacks::unitPerSample(attacks::inputGradient(model, x, y));
        const torch::Tensor random = attacks::randomDirections(x, seeded(4));
        const Probe own = probe(model, x, y, direction, random, {});
        const Similarity self = similarity(own, own);
        QCOMPARE(self.distance, 0.0);
        QCOMPARE(self.randomDistance, 0.0);
        QVERIFY(std::abs(self.cosine - 1) < 1e-5);
        const Similarity apart = similarity(own, probe(other, x, y, direction, random, {}));
        QVERIFY(apart.distance > 0);
        QVERIFY(apart.cosine < 0.9);
    }

    void boundaryDistanceIsAMeanOfDifferences()
    {
        const attacks::BoundaryDistances a{torch::tensor({1.0f, 2.0f, 10.0f}),
                                           torch::tensor({false, false, true})};
        const attacks::BoundaryDistances b{torch::tensor({2.0f, 0.0f, 10.0f}),
                                           torch::tensor({false, false, true})};
        QCOMPARE(boundaryDistance(a, b), 1.0);
    }

    void twoAimsDifferAndAreUniform()
    {
        const AimPair aims = drawAims(6000, kClasses, false, seeded(9));
        QVERIFY((aims.t1 != aims.t2).all().item<bool>());
        // Each of the 4 * 3 ordered pairs is equally likely: 500 expected, standard deviation 21.
        const torch::Tensor counts = torch::bincount(aims.t1 * kClasses + aims.t2);
        const torch::Tensor seen = counts.masked_select(counts > 0);
        QCOMPARE(seen.numel(), 12);
        QVERIFY(seen.min().item<std::int64_t>() > 500 - 110 && seen.max().item<std::int64_t>() < 500 + 110);
        const AimPair same = drawAims(100, kClasses, true, seeded(9));
        QVERIFY(torch::equal(same.t1, same.t2));
        QVERIFY_EXCEPTION_THROWN(drawAims(100, 1, false, seeded(9)), Error);
    }

    void pairSetSaysWhatItReached()
    {
        const AimPair aims = drawAims(x.size(0), kClasses, false, seeded(2));
        const PairSet set = buildPairSet(model, other, x, aims, {.eps = 2, .steps = 20});
        QVERIFY(largest((set.images - x).flatten(1).norm(2, 1)) <= 2 + 1e-4);
        QVERIFY(torch::equal(set.reached1, models::predict(model, set.images) == aims.t1));
        QVERIFY(torch::equal(set.both(), set.reached1.logical_and(set.reached2)));
        QVERIFY(set.both().sum().item<std::int64_t>() > 10);
    }

    void noiseHasTheSizeOfTheAttack()
    {
        const torch::Tensor grey = torch::full({8, 1, 6, 6}, 0.5);
        const torch::Tensor altered = grey + 0.1 * attacks::randomDirections(grey, seeded(1));
        const torch::Tensor noisy = noiseLike(grey, altered, seeded(2));
        QVERIFY(largest((noisy - grey).flatten(1).norm(2, 1) - 0.1) < 1e-5); // nothing is clipped here
        QVERIFY(!torch::allclose(noisy, altered));
    }

    void permutedLabelsAreTheSameLabels()
    {
        const torch::Tensor labels = torch::arange(50);
        const torch::Tensor mixed = permuted(labels, seeded(3));
        QVERIFY(!torch::equal(mixed, labels));
        QVERIFY(torch::equal(std::get<0>(mixed.sort()), labels));
    }

    void recentlyUsedForgetsTheOldest()
    {
        RecentlyUsed<int> kept(2);
        int loads = 0;
        const auto get = [&](const std::string& key) { return *kept.get(key, [&] { return ++loads; }); };
        QCOMPARE(get("a"), 1);
        QCOMPARE(get("b"), 2);
        QCOMPARE(get("a"), 1); // and is now the latest
        QCOMPARE(get("c"), 3); // drops b
        QCOMPARE(get("a"), 1);
        QCOMPARE(get("b"), 4);
    }
};

QTEST_GUILESS_MAIN(TestTransferSets)
#include "tst_transfer_sets.moc"
