#include "plugins/calibration/ood_sets.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <vector>

using assay::confidence::OodScore;
using assay::confidence::oodScore;
using assay::confidence::shuffledPatches;

class TestOodSets : public QObject
{
    Q_OBJECT

    static OodScore scoreOf(const std::vector<double>& known, const std::vector<double>& other)
    {
        return oodScore("model", "set", "score", torch::tensor(known, torch::kFloat64),
                        torch::tensor(other, torch::kFloat64));
    }
    static torch::Tensor shuffled(const torch::Tensor& x, std::uint64_t seed)
    {
        return shuffledPatches(x, at::detail::createCPUGenerator(seed)).x;
    }
    /// Every pixel another number, by image, channel and place.
    static torch::Tensor numbered(std::int64_t height, std::int64_t width)
    {
        const std::int64_t all = 3 * 2 * height * width;
        return (torch::arange(all, torch::kFloat32) / all).view({3, 2, height, width});
    }

private Q_SLOTS:
    void scoresKeepTheirNames()
    {
        const OodScore score = scoreOf({1, 2}, {0});
        QCOMPARE(score.model, std::string("model"));
        QCOMPARE(score.set, std::string("set"));
        QCOMPARE(score.score, std::string("score"));
    }

    void tiesCountHalf()
    {
        // 2 looks more familiar than 1, as familiar as both 2, less than 3: two of four. 0 than none.
        QCOMPARE(scoreOf({1, 2, 2, 3}, {2, 0}).auroc, (2.0 + 4.0) / 8);
        QCOMPARE(scoreOf({4, 4, 4}, {4, 4}).auroc, 0.5);
        QCOMPARE(scoreOf({4, 4, 4}, {4, 4}).fpr95, 1.0);
    }

    void apartAndTheWrongWayRound()
    {
        QCOMPARE(scoreOf({-3, -2}, {-9, -8, -7}).auroc, 1.0);
        QCOMPARE(scoreOf({-3, -2}, {-9, -8, -7}).fpr95, 0.0);
        QCOMPARE(scoreOf({-9, -8, -7}, {-3, -2}).auroc, 0.0);
        QCOMPARE(scoreOf({-9, -8, -7}, {-3, -2}).fpr95, 1.0);
    }

    /// 0, 1, .. 100 against 0.5, 1.5, .. 9.5: 100 - i of 101 lie above i + 0.5, and 95 % above 5.
    void evenScoresHaveAClosedForm()
    {
        std::vector<double> known, other;
        for (int i = 0; i <= 100; ++i)
            known.push_back(i);
        for (int i = 0; i < 10; ++i)
            other.push_back(i + 0.5);
        const OodScore score = scoreOf(known, other);
        QVERIFY(std::abs(score.auroc - 955.0 / 1010) < 1e-12); // sums of few numbers in double
        QCOMPARE(score.fpr95, 0.5);
        // An offset and a unit change neither, however small the differences become beside the scores.
        for (double& value : known)
            value = value * 1e-3 - 1e6;
        for (double& value : other)
            value = value * 1e-3 - 1e6;
        QVERIFY(std::abs(scoreOf(known, other).auroc - 955.0 / 1010) < 1e-12);
        QCOMPARE(scoreOf(known, other).fpr95, 0.5);
    }

    /// Of two known ones the threshold lies a twentieth of the way.
    void theThresholdIsInterpolated() { QCOMPARE(scoreOf({0, 1}, {0.04, 0.06}).fpr95, 0.5); }

    void patchesKeepThePixels()
    {
        const torch::Tensor x = numbered(8, 12);
        const auto set = shuffledPatches(x, at::detail::createCPUGenerator(3));
        QCOMPARE(set.name, std::string("shuffled patches"));
        QCOMPARE(set.x.sizes().vec(), x.sizes().vec());
        QVERIFY(!torch::equal(set.x, x));
        QVERIFY(torch::equal(x, numbered(8, 12))); // what was given stays
        const auto sorted = [](const torch::Tensor& t) { return std::get<0>(t.flatten(2).sort(2)); };
        QVERIFY(torch::equal(sorted(set.x), sorted(x)));
    }

    void patchesStayWhole()
    {
        const torch::Tensor x = numbered(8, 12);
        const auto patches = [](const torch::Tensor& t) { // of the first channel: [16,6]
            return t[0][0].view({4, 2, 4, 3}).permute({0, 2, 1, 3}).reshape({16, 6});
        };
        const torch::Tensor from = patches(x), to = patches(shuffled(x, 3));
        for (std::int64_t p = 0; p < 16; ++p)
            QCOMPARE(to.eq(from[p]).all(1).sum().item<std::int64_t>(), std::int64_t(1));
    }

    void allImagesAreShuffledTheSameWay()
    {
        // Images and channels differ by a number throughout, before as after.
        const torch::Tensor place = torch::arange(64, torch::kFloat32).view({1, 1, 8, 8});
        const torch::Tensor which = torch::tensor({0.0F, 100.0F, 200.0F}).view({3, 1, 1, 1}) +
                                    torch::tensor({0.0F, 1000.0F}).view({1, 2, 1, 1});
        const torch::Tensor x = shuffled(place + which, 5);
        QVERIFY(torch::equal(x - which, x[0][0].expand({3, 2, 8, 8})));
    }

    void theGeneratorDecides()
    {
        const torch::Tensor x = numbered(8, 8);
        QVERIFY(torch::equal(shuffled(x, 1), shuffled(x, 1)));
        QVERIFY(!torch::equal(shuffled(x, 1), shuffled(x, 2)));
    }

    /// Rows and columns beyond four whole patches stay in their place.
    void sidesNeedNotBeMultiplesOfFour()
    {
        const torch::Tensor x = numbered(10, 9), y = shuffled(x, 1);
        QVERIFY(torch::equal(y.narrow(2, 8, 2), x.narrow(2, 8, 2)));
        QVERIFY(torch::equal(y.narrow(3, 8, 1), x.narrow(3, 8, 1)));
        QVERIFY(!torch::equal(y, x));
    }
};

QTEST_GUILESS_MAIN(TestOodSets)
#include "tst_ood_sets.moc"
