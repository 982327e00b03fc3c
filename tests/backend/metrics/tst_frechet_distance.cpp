#include "backend/metrics/frechet_distance.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::metrics;

/// The Frechet distance against closed forms.
class TestFrechetDistance : public QObject
{
    Q_OBJECT

    static torch::Tensor noise(std::int64_t n, std::int64_t d, std::uint64_t seed)
    {
        return torch::randn({n, d}, at::detail::createCPUGenerator(seed), torch::kFloat64);
    }
    /// Mean 0, covariance 1, to the last digits.
    static torch::Tensor whitened(std::int64_t n, std::int64_t d)
    {
        const torch::Tensor x = noise(n, d, 1), centred = x - x.mean(0);
        const torch::Tensor covariance = centred.t().mm(centred) / double(n - 1);
        return centred.mm(covariance.inverse().cholesky());
    }

private Q_SLOTS:
    void nothingToItself()
    {
        const torch::Tensor x = noise(50, 6, 3);
        QVERIFY(frechetDistance(x, x) < 1e-9);
        QVERIFY(frechetDistance(x, x.flip(0).to(torch::kFloat32)) < 1e-4);
    }

    /// Of the same covariance only the means count.
    void movedIsTheSquareOfTheWay()
    {
        const torch::Tensor x = noise(40, 3, 4);
        QVERIFY(std::abs(frechetDistance(x, x + torch::tensor({3.0, 0.0, 4.0})) - 25) < 1e-8);
    }

    /// Diagonal covariances: the sum of (s1 - s2)^2.
    void spreadIsTheDifferenceOfDeviations()
    {
        const torch::Tensor x = whitened(200, 2);
        const torch::Tensor a = x * torch::tensor({1.0, 2.0}), b = x * torch::tensor({4.0, 0.5});
        QVERIFY(std::abs(frechetDistance(a, b) - (9 + 2.25)) < 1e-8);
        QVERIFY(std::abs(frechetDistance(b, a) - (9 + 2.25)) < 1e-8);
    }

    void whatDoesNotVaryIsNoProblem()
    {
        torch::Tensor x = noise(30, 4, 5);
        x.narrow(1, 2, 2).zero_();
        QVERIFY(frechetDistance(x, x) < 1e-9);
        QVERIFY(std::abs(frechetDistance(torch::zeros({2, 3}), torch::ones({5, 3})) - 3) < 1e-9);
    }

    void whatCannotBeCompared()
    {
        QVERIFY_EXCEPTION_THROWN(frechetDistance(noise(1, 3, 1), noise(9, 3, 1)), Error);
        QVERIFY_EXCEPTION_THROWN(frechetDistance(noise(9, 3, 1), noise(9, 4, 1)), Error);
        QVERIFY_EXCEPTION_THROWN(frechetDistance(noise(9, 3, 1) / 0, noise(9, 3, 1)), Error);
    }
};

QTEST_GUILESS_MAIN(TestFrechetDistance)
#include "tst_frechet_distance.moc"
