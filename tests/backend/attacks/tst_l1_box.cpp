#include "backend/attacks/l1_box.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

using namespace assay::attacks;

namespace {

constexpr std::int64_t kCases = 40;
constexpr double kRoundedSum = 1e-6;  ///< of some hundred float32 pixels
constexpr double kSlackOfBall = 1e-6; ///< nearestInL1Box() keeps this share of eps off the sphere

/// Images in [0,1] with some pixels at the walls, and points around them of very different distance.
struct L1Cases
{
    torch::Tensor centre;
    torch::Tensor point;
};

L1Cases casesOfSide(std::int64_t side, std::uint64_t seed)
{
    at::Generator generator = at::detail::createCPUGenerator(seed);
    torch::Tensor centre = torch::empty({kCases, 1, side, side}).uniform_(-0.2, 1.2, generator).clamp_(0, 1);
    const torch::Tensor reach =
        torch::empty({kCases, 1, 1, 1}).uniform_(-3, 1, generator).exp(); // of a single pixel
    const torch::Tensor way = torch::empty({kCases, 1, side, side}).normal_(0, 1, generator) * reach;
    return {centre, centre + way};
}

/// The same by bisection on the multiplier, in double precision.
torch::Tensor bisected(const torch::Tensor& point, const torch::Tensor& centre, double eps)
{
    const torch::Tensor from = centre.to(torch::kFloat64).flatten(1);
    const torch::Tensor way = point.to(torch::kFloat64).flatten(1) - from;
    const torch::Tensor room = torch::where(way.gt(0), 1 - from, from);
    torch::Tensor low = torch::zeros({kCases, 1}, torch::kFloat64);
    torch::Tensor high = way.abs().amax(1, true);
    const auto sizes = [&](const torch::Tensor& multiplier) {
        return torch::min((way.abs() - multiplier).clamp_min(0), room);
    };
    high = torch::where(sizes(low).sum(1, true).le(eps), low, high);
    for (int i = 0; i < 100; ++i) {
        const torch::Tensor middle = (low + high) / 2;
        const torch::Tensor outside = sizes(middle).sum(1, true).gt(eps);
        low = torch::where(outside, middle, low);
        high = torch::where(outside, high, middle);
    }
    return (from + sizes(high) * way.sign()).view(centre.sizes());
}

torch::Tensor squaredDistance(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).square().flatten(1).sum(1);
}

} // namespace

/// The L1 ball cut with the box.
class TestL1Box : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isTheBisectedOne_data()
    {
        QTest::addColumn<int>("side");
        QTest::addColumn<double>("eps");
        for (const int side : {1, 3, 28})
            for (const double eps : {0.01, 0.3, 1.0, 12.0})
                QTest::addRow("%d pixels, eps %g", side * side, eps) << side << eps;
    }

    void isTheBisectedOne()
    {
        QFETCH(int, side);
        QFETCH(double, eps);
        const auto [centre, point] = casesOfSide(side, 5);
        const torch::Tensor found = nearestInL1Box(point, centre, eps);
        const torch::Tensor sorted = nearestInL1BoxByOperators(point, centre, eps);
        QVERIFY((found - sorted).abs().amax().item<double>() < 2e-6);
        QVERIFY(torch::allclose(found.to(torch::kFloat64), bisected(point, centre, eps * (1 - kSlackOfBall)),
                                0, 2e-6));
        QVERIFY(found.min().item<float>() >= 0 && found.max().item<float>() <= 1);
        const torch::Tensor radii = (found - centre).to(torch::kFloat64).abs().flatten(1).sum(1);
        QVERIFY(radii.max().item<double>() <= eps + kRoundedSum);
    }

    /// No other point of the set is nearer: neither random ones nor what is left of moving towards the point.
    void noOtherPointIsNearer()
    {
        const double eps = 0.6;
        const auto [centre, point] = casesOfSide(3, 6);
        const torch::Tensor nearest = squaredDistance(nearestInL1Box(point, centre, eps), point);
        at::Generator generator = at::detail::createCPUGenerator(7);
        torch::Tensor closest = torch::full({kCases}, 1e9, torch::kFloat64);
        for (int i = 0; i < 4000; ++i) {
            torch::Tensor way = torch::empty(centre.sizes()).normal_(0, 1, generator);
            if (i % 2 == 0) // near the solution, which pure chance seldom is
                way = nearestInL1Box(point, centre, eps) - centre + 0.1 * way;
            const torch::Tensor boxed = (centre + way).clamp(0, 1) - centre;
            const torch::Tensor sum = boxed.abs().flatten(1).sum(1).clamp_min(eps).view({-1, 1, 1, 1});
            closest = torch::min(closest, squaredDistance(centre + boxed * (eps / sum), point));
        }
        QVERIFY(closest.lt(1e8).all().item<bool>());
        QVERIFY((closest - nearest).gt(-1e-5).all().item<bool>());
    }

    /// Duchi's projection clipped is farther away wherever a wall stands in the way.
    void clippingAfterwardsIsWorse()
    {
        const torch::Tensor centre = torch::tensor({0.9f, 0.5f}).view({1, 1, 1, 2});
        const torch::Tensor point = torch::tensor({2.0f, 1.0f}).view({1, 1, 1, 2});
        // The first pixel has room for 0.1 of the 0.4; the second takes the rest and not 0.
        const torch::Tensor expected = torch::tensor({1.0f, 0.8f}).view({1, 1, 1, 2});
        QVERIFY(torch::allclose(nearestInL1Box(point, centre, 0.4), expected, 0, 1e-6));
    }

    void whatDoesNotMoveIsTheCentres()
    {
        const auto [centre, point] = casesOfSide(28, 8);
        const torch::Tensor found = nearestInL1Box(point, centre, 0.5);
        const torch::Tensor same = found.eq(centre).flatten(1).sum(1);
        QVERIFY(same.gt(400).all().item<bool>()); // sparse
        QVERIFY(torch::equal(nearestInL1Box(point, centre, 0), centre));
        QVERIFY(torch::equal(nearestInL1Box(centre, centre, 1), centre));
        QCOMPARE(nearestInL1Box(torch::zeros({0, 1, 2, 2}), torch::zeros({0, 1, 2, 2}), 1).size(0), 0);
    }

    void signsOfTheLargestEntries()
    {
        const torch::Tensor gradient =
            torch::tensor({3.0f, -2.0f, 0.5f, 0.0f, -4.0f, 4.0f, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f})
                .view({3, 1, 2, 2});
        const auto signs = [&](double entries) {
            return sparseSigns(gradient, torch::full({3}, entries, torch::kFloat64));
        };
        const torch::Tensor two =
            torch::tensor({0.5f, -0.5f, 0.0f, 0.0f, -0.5f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f})
                .view({3, 1, 2, 2});
        QVERIFY(torch::equal(signs(2), two));
        QVERIFY(torch::equal(signs(1.5), two)); // one and a half count as two
        const torch::Tensor one = signs(0);     // one at least, ties included
        QCOMPARE(one[0].abs().sum().item<float>(), 1.0f);
        QCOMPARE(one[0].ne(0).sum().item<int>(), 1);
        QCOMPARE(one[1].ne(0).sum().item<int>(), 2);
        // More than there are: no entry without a gradient moves.
        QCOMPARE(signs(9)[0].ne(0).sum().item<int>(), 3);
    }

    void everyRowAloneIsTheSame()
    {
        const auto [centre, point] = casesOfSide(28, 9);
        const torch::Tensor all = nearestInL1Box(point, centre, 3);
        for (const std::int64_t i : {0, 17, 39})
            QVERIFY(torch::equal(nearestInL1Box(point.narrow(0, i, 1), centre.narrow(0, i, 1), 3),
                                 all.narrow(0, i, 1)));
    }
};

QTEST_GUILESS_MAIN(TestL1Box)
#include "tst_l1_box.moc"
