#include "backend/metrics/tsne.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::metrics;

namespace {

const auto kReal = torch::TensorOptions(torch::kFloat64);

/// Balls of 20 points each, far from one another in @p columns dimensions.
torch::Tensor balls(std::int64_t count, std::int64_t columns)
{
    const auto generator = at::detail::createCPUGenerator(9);
    const torch::Tensor centres = 8 * torch::randn({count, columns}, generator, kReal);
    return centres.repeat_interleave(20, 0) + torch::randn({20 * count, columns}, generator, kReal);
}

/// The definition of the paper, pair by pair, given the precision of each point.
double perplexityOfRow(const torch::Tensor& row)
{
    double entropy = 0;
    for (std::int64_t j = 0; j < row.numel(); ++j)
        if (const double p = row[j].item<double>(); p > 0)
            entropy -= p * std::log2(p);
    return std::exp2(entropy);
}

} // namespace

class TestTsne : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void affinitiesAreADistribution()
    {
        const torch::Tensor p = tsneAffinities(balls(3, 5), 10);
        QVERIFY(p.equal(p.t()));
        QVERIFY(std::abs(p.sum().item<double>() - 1) < 1e-12);
        QVERIFY(p.diagonal().eq(0).all().item<bool>());
        QVERIFY(p.ge(0).all().item<bool>());
    }

    /// On a regular polygon all conditionals are alike, so that a row of the joint affinities, times n, is
    /// one.
    void rowsHaveTheWantedPerplexity()
    {
        const torch::Tensor angle = torch::arange(40, kReal) * (2 * M_PI / 40);
        const torch::Tensor ring = torch::stack({angle.cos(), angle.sin()}, 1);
        for (const double wanted : {2.0, 5.0, 12.5}) {
            const torch::Tensor p = tsneAffinities(ring, wanted);
            for (const std::int64_t row : {0, 17})
                QVERIFY(std::abs(perplexityOfRow(p[row] * 40) - wanted) < 1e-4);
        }
    }

    /// More equal neighbours than the perplexity: no bandwidth gives it, they share evenly.
    void equalPointsShareEvenly()
    {
        torch::Tensor x = torch::zeros({20, 2}, kReal);
        x.narrow(0, 10, 10) += 5;
        const torch::Tensor p = tsneAffinities(x, 3);
        QVERIFY(std::abs(p[0][1].item<double>() - 1.0 / (9 * 20)) < 1e-12);
        QVERIFY(p[0][10].item<double>() < 1e-12);
    }

    void gradientIsThatOfTheDivergence()
    {
        const torch::Tensor p = tsneAffinities(balls(1, 4), 5);
        torch::Tensor y = torch::randn({20, 2}, at::detail::createCPUGenerator(2), kReal);
        const torch::Tensor gradient = tsneGradient(p, y);
        constexpr double kStep = 1e-6;
        for (const std::int64_t i : {0, 7, 19})
            for (const std::int64_t c : {0, 1}) {
                torch::Tensor high = y.clone(), low = y.clone();
                high[i][c] += kStep;
                low[i][c] -= kStep;
                const double slope = (tsneDivergence(p, high) - tsneDivergence(p, low)) / (2 * kStep);
                QVERIFY2(std::abs(slope - gradient[i][c].item<double>()) < 1e-7,
                         qPrintable(QString("%1 %2").arg(slope).arg(gradient[i][c].item<double>())));
            }
        QVERIFY(tsneGradient(p, y, 3).equal(gradient));
    }

    /// Two of three points far apart: by hand with q_ij = (1 + d^2)^-1 over their sum.
    void divergenceByHand()
    {
        const torch::Tensor y = torch::tensor({{0.0, 0.0}, {1.0, 0.0}, {0.0, 2.0}}, kReal);
        const double a = 1.0 / 2, b = 1.0 / 5, c = 1.0 / 6, z = 2 * (a + b + c);
        const torch::Tensor p = (torch::ones({3, 3}, kReal) - torch::eye(3, kReal)) / 6;
        double expected = 0;
        for (const double q : {a, b, c})
            expected += 2 * std::log((1.0 / 6) / (q / z)) / 6;
        QVERIFY(std::abs(tsneDivergence(p, y) - expected) < 1e-12);
    }

    /// Every point's nearest neighbours in the plane are of its own ball.
    void clustersStayApart()
    {
        const Tsne found = tsne(balls(4, 60), {.perplexity = 8, .iterations = 400, .exaggerated = 150});
        QCOMPARE(found.points.sizes().vec(), (std::vector<std::int64_t>{80, 2}));
        const torch::Tensor distance = torch::cdist(found.points, found.points);
        const torch::Tensor near = std::get<1>(distance.topk(11, 1, false)).div(20, "floor");
        const torch::Tensor own = torch::arange(80).div(20, "floor").unsqueeze(1);
        QVERIFY(near.eq(own).all().item<bool>());
        QVERIFY(found.points.mean(0).abs().max().item<double>() < 1e-9);
        const std::vector<double>& d = found.divergence;
        QCOMPARE(d.size(), std::size_t(9));
        QVERIFY2(d.back() < d.front() / 3, qPrintable(QString("%1 %2").arg(d.front()).arg(d.back())));
        for (std::size_t i = 5; i < d.size(); ++i) // once the affinities are the plain ones
            QVERIFY(d[i] <= d[i - 1] + 1e-3);
    }

    void threadsAndSeedsGiveTheSame()
    {
        const TsneSpec spec{.perplexity = 6, .iterations = 60, .seed = 4};
        TsneSpec threaded = spec, other = spec;
        threaded.threads = 3;
        other.seed = 5;
        const torch::Tensor x = balls(2, 3);
        const torch::Tensor points = tsne(x, spec).points;
        QVERIFY(tsne(x, spec).points.equal(points));
        QVERIFY(tsne(x, threaded).points.equal(points));
        QVERIFY(!tsne(x, other).points.equal(points));
    }

    void rowsOnALineAreLaidOut()
    {
        const torch::Tensor line = torch::arange(24, kReal).unsqueeze(1);
        const Tsne found = tsne(line, {.perplexity = 4, .iterations = 300, .exaggerated = 100});
        QVERIFY(found.points.isfinite().all().item<bool>());
        QVERIFY(found.divergence.back() < found.divergence.front());
    }

    void canBeCancelled()
    {
        int seen = 0;
        QCOMPARE(test::sentenceOf([&] {
                     tsne(balls(2, 3), {.perplexity = 5}, [&](int i) {
                         seen = i;
                         if (i == 3)
                             throw Error("enough");
                     });
                 }),
                 QString("enough."));
        QCOMPARE(seen, 3);
    }

    void badInputIsRefused()
    {
        QCOMPARE(test::sentenceOf([] {
                     tsneAffinities(torch::zeros({3, 2}), 1);
                 }),
                 QString("t-SNE needs four points at least, not 3."));
        QCOMPARE(test::sentenceOf([] {
                     tsneAffinities(torch::zeros({20, 2}), 30);
                 }),
                 QString("perplexity: the perplexity of 20 points must be between 1 and 6."));
        const torch::Tensor bad = torch::full({20, 2}, std::numeric_limits<float>::infinity());
        QCOMPARE(test::sentenceOf([&] { tsneAffinities(bad, 3); }),
                 QString("t-SNE of values that are not finite."));
    }
};

QTEST_GUILESS_MAIN(TestTsne)
#include "tst_tsne.moc"
