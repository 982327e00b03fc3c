#include "plugins/encryption/recon_features.h"
#include "plugins/encryption/recon_linear.h"
#include "plugins/encryption/recon_reader.h"
#include "plugins/encryption/recon_results.h"
#include "plugins/encryption/recon_run.h"
#include "plugins/encryption/recon_steps.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <set>

using namespace assay;
using namespace assay::encryption;

namespace {

/// float32, the same every time.
torch::Tensor reconNoise(torch::IntArrayRef sizes, std::uint64_t seed)
{
    return torch::rand(sizes, at::detail::createCPUGenerator(seed));
}

double largestDifference(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

/// What EtC does to a block, by hand: turned by a right angle, inverted, channels in another order.
torch::Tensor disguisedBlock(const torch::Tensor& block)
{
    return 1 - block.rot90(1, {2, 3}).flip(3).index_select(1, torch::tensor({2, 0, 1}));
}

} // namespace

/// The parts of the attacks on encrypted images, each against a result known otherwise.
class TestReconParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blockStatisticsAreThoseOfTheBlocks()
    {
        const torch::Tensor x = reconNoise({2, 3, 8, 8}, 1);
        const torch::Tensor f = reconFeatures(ReconFeature::BlockStats, x, 4).view({2, 4, 6});
        const torch::Tensor block = x.narrow(2, 0, 4).narrow(3, 4, 4); // the second of a row of two
        QVERIFY(largestDifference(f.select(1, 1).narrow(1, 0, 3), block.mean(torch::IntArrayRef{2, 3})) <
                1e-6);
        QVERIFY(largestDifference(f.select(1, 1).narrow(1, 3, 3), block.flatten(2).std(2, false)) < 1e-6);
    }

    void sortedStatisticsNeedNoKey()
    {
        const torch::Tensor x = reconNoise({2, 3, 8, 8}, 2);
        const auto blockAt = [&](std::int64_t row, std::int64_t column) {
            return x.narrow(2, 4 * row, 4).narrow(3, 4 * column, 4);
        };
        const torch::Tensor moved =
            torch::cat({torch::cat({disguisedBlock(blockAt(1, 1)), blockAt(0, 0)}, 3),
                        torch::cat({blockAt(1, 0), disguisedBlock(blockAt(0, 1))}, 3)},
                       2);
        const auto features = [](const torch::Tensor& of) {
            return reconFeatures(ReconFeature::SortedStats, of, 4);
        };
        QVERIFY(largestDifference(features(x), features(moved)) < 1e-6);
        QVERIFY(largestDifference(features(x), features(reconNoise({2, 3, 8, 8}, 3))) > 1e-3);
        QVERIFY(largestDifference(reconFeatures(ReconFeature::FoldedStats, x, 4),
                                  reconFeatures(ReconFeature::FoldedStats, moved, 4)) > 1e-2);
    }

    /// Moved and turned only, tones and channels stay.
    void sortedTonesStayWhereBlocksAreMovedAndTurned()
    {
        const torch::Tensor x = reconNoise({2, 3, 8, 8}, 12);
        const auto features = [](const torch::Tensor& of) {
            return reconFeatures(ReconFeature::SortedTones, of, 4);
        };
        QVERIFY(largestDifference(features(x), features(x.flip(2))) < 1e-6);
        QVERIFY(largestDifference(features(x), features(1 - x)) > 1e-3);
        QVERIFY(largestDifference(features(x), features(x.flip(1))) > 1e-3);
    }

    void ciphertextsAreBroughtToOne()
    {
        QVERIFY(largestDifference(reconUnit(torch::full({1, 3, 2, 2}, 255, torch::kUInt8)),
                                  torch::ones({1, 3, 2, 2})) == 0);
        QVERIFY(largestDifference(reconUnit(torch::full({1, 3, 2, 2}, 999, torch::kInt16)),
                                  torch::ones({1, 3, 2, 2})) == 0);
    }

    /// Of data that lies in a plane, the plane is found and everything given back.
    void componentsFindThePlane()
    {
        const torch::Tensor flat =
            reconNoise({60, 2}, 4).matmul(reconNoise({2, 40}, 5)) + reconNoise({1, 40}, 6);
        const ReconPca pca = reconPca(flat, 2, at::detail::createCPUGenerator(1));
        QVERIFY(largestDifference(pca.decode(pca.encode(flat)), flat) < 1e-4);
        QVERIFY(largestDifference(pca.axes.matmul(pca.axes.t()), torch::eye(2)) < 1e-5);
        const torch::Tensor variances = pca.encode(flat).var(0, true);
        QVERIFY(variances[0].item<float>() >= variances[1].item<float>());
    }

    /// One feature: the slope is known. Both forms give one answer.
    void ridgeIsTheClosedForm()
    {
        const torch::Tensor x = torch::tensor({{-1.0F}, {1.0F}, {-1.0F}, {1.0F}});
        const ReconRidge ridge = reconRidge(x, 3 * x + 5, 0.5);
        // Standardised, the sum of squares is n: the slope is shrunk by n / (n + 0.5 n).
        QVERIFY(std::abs(ridge.predict(torch::tensor({{2.0F}})).item<double>() - (5 + 3 * 2 / 1.5)) < 1e-5);
    }

    void ridgeIsTheSameInItsDualForm()
    {
        const torch::Tensor x = reconNoise({12, 20}, 7), y = reconNoise({12, 3}, 8);
        const ReconRidge dual = reconRidge(x, y, 0.1);
        const torch::Tensor z = ((x - x.mean(0)) / x.std(0, false)).to(torch::kFloat64);
        const torch::Tensor c = (y - y.mean(0)).to(torch::kFloat64);
        const torch::Tensor primal =
            (z.t().matmul(z) + 1.2 * torch::eye(20, torch::kFloat64)).inverse().matmul(z.t().matmul(c));
        QVERIFY(largestDifference(dual.weights, primal) < 1e-5);
    }

    void aFeatureThatNeverVariesIsLeftOut()
    {
        torch::Tensor x = reconNoise({30, 3}, 9);
        x.select(1, 1).fill_(0.25);
        const ReconRidge ridge = reconRidge(x, x.narrow(1, 0, 1));
        x.select(1, 1).fill_(100);
        QVERIFY(ridge.predict(x).isfinite().all().item<bool>());
        QVERIFY(largestDifference(ridge.predict(x), x.narrow(1, 0, 1)) < 0.05);
    }

    void ranksCountWhatIsNearer()
    {
        const torch::Tensor similarity =
            torch::tensor({{0.9, 0.1, 0.2}, {0.5, 0.4, 0.3}, {0.7, 0.7, 0.7}}, torch::kFloat64);
        QVERIFY(largestDifference(reconRanks(similarity), torch::tensor({0.0, 1.0, 1.0})) == 0);
    }

    void aLeakIsMeasuredPairByPair()
    {
        const torch::Tensor plain = torch::eye(4);
        const ReconLeak all = reconLeak("own", plain, plain);
        QCOMPARE(all.nearer.min().item<double>(), 1.0);
        QCOMPARE(all.own.min().item<double>(), 1.0);
        QCOMPARE(all.other.max().item<double>(), 0.0);
        const ReconLeak none = reconLeak("one for all", torch::ones({4, 4}), plain);
        QVERIFY(std::abs(none.nearer.mean().item<double>() - 0.5) < 1e-9);
        QCOMPARE(reconTop(none.rank, 1).count, std::int64_t(0));
    }

    void advantageStartsAtTheCommonestValue()
    {
        ReconResults r;
        r.ids = torch::arange(4);
        r.attributes = {
            {.name = "hair", .values = {"dark", "light"}, .train = {}, .test = torch::tensor({0, 0, 0, 1})}};
        r.attributes.front().test = r.attributes.front().test.to(torch::kInt64);
        r.commonest = {0};
        ReconOutcome outcome;
        outcome.scores.read = torch::zeros({1, 4}, torch::kInt64);
        QCOMPARE(reconRecovery(r, outcome, 0).advantage, 0.0);
        outcome.scores.read = torch::tensor({{0, 0, 0, 1}}).to(torch::kInt64);
        QCOMPARE(reconRecovery(r, outcome, 0).advantage, 1.0);
        r.attributes.front().test = torch::tensor({0, -1, -1, 1}).to(torch::kInt64);
        QCOMPARE(reconRecovery(r, outcome, 0).rate.n, std::int64_t(2));
    }

    void roughenedImagesKeepTheirTones()
    {
        const torch::Tensor x = reconNoise({40, 3, 8, 8}, 10);
        const torch::Tensor made = training::roughened(x, 4, at::detail::createCPUGenerator(3));
        const torch::Tensor untouched = made.eq(x).flatten(1).all(1);
        const auto same = untouched.sum().item<std::int64_t>();
        QVERIFY2(same > 8 && same < 32, qPrintable(QString::number(same)));
        QVERIFY(made.min().item<float>() >= 0 && made.max().item<float>() <= 1);
    }

    void everyChoiceOfStepsIsThereOnce()
    {
        const std::vector<CipherSpec> choices = reconStepChoices(8);
        std::set<std::string> texts;
        for (const CipherSpec& spec : choices)
            texts.insert(reconStepsText(spec));
        QCOMPARE(texts.size(), std::size_t(16));
        QCOMPARE(reconStepsText(choices.front()), std::string("nothing"));
        QCOMPARE(reconStepsText(choices.back()), std::string("moved, turned, inverted, shuffled"));
    }

    void everySchemeIsAttackedOnce()
    {
        ReconParams p;
        p.schemes = {"etc", "pe", "etc", "etc-moves", "shf"};
        p.etcBlocks = {4, 8};
        std::vector<std::string> ids;
        for (const ReconScheme& scheme : reconSchemes(p))
            ids.push_back(scheme.id);
        QCOMPARE(ids, (std::vector<std::string>{"etc-4", "etc-8", "pe", "etc-moves-4", "shf-4"}));
    }
};

QTEST_GUILESS_MAIN(TestReconParts)
#include "tst_recon_parts.moc"
