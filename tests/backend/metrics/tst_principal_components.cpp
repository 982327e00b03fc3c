#include "backend/metrics/principal_components.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/linalg_eigh.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::metrics;

namespace {

/// Rows stretched differently along each column, then turned.
torch::Tensor stretchedRows(std::int64_t n)
{
    const auto generator = at::detail::createCPUGenerator(3);
    const auto real = torch::TensorOptions(torch::kFloat64);
    const torch::Tensor rows =
        torch::randn({n, 4}, generator, real) * torch::tensor({5.0, 3.0, 1.0, 0.2}, real);
    return rows.mm(torch::randn({4, 4}, generator, real)) + 7;
}

} // namespace

class TestPrincipalComponents : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Against the eigenvectors of the covariance matrix, which is another way to the same numbers.
    void agreeWithTheCovariance()
    {
        const torch::Tensor x = stretchedRows(60);
        const PrincipalComponents found = principalComponents(x, 3);
        const torch::Tensor centred = x - x.mean(0);
        const auto [values, vectors] = at::linalg_eigh(centred.t().mm(centred) / 59, "L");
        for (std::int64_t i = 0; i < 3; ++i) {
            QVERIFY(std::abs((found.variance[i] / values[3 - i]).item<double>() - 1) < 1e-9);
            const double cosine = found.axes[i].dot(vectors.select(1, 3 - i)).item<double>();
            QVERIFY2(std::abs(std::abs(cosine) - 1) < 1e-9, qPrintable(QString::number(cosine)));
        }
        QVERIFY(found.share.allclose(values.flip(0).narrow(0, 0, 3) / values.sum()));
        QVERIFY(found.axes.mm(found.axes.t()).allclose(torch::eye(3, torch::kFloat64)));
        const torch::Tensor points = found.project(x);
        QVERIFY(points.mean(0).abs().max().item<double>() < 1e-9);
        QVERIFY(points.var(0, true).allclose(found.variance));
    }

    /// The first entry of the largest magnitude is positive, whatever the decomposition gave.
    void signsAreFixed()
    {
        const torch::Tensor x = stretchedRows(40);
        const PrincipalComponents a = principalComponents(x, 4), b = principalComponents(-x, 4);
        QVERIFY(a.axes.allclose(b.axes, 1e-6, 1e-9));
        const torch::Tensor largest = a.axes.gather(1, a.axes.abs().argmax(1, true));
        QVERIFY((largest > 0).all().item<bool>());
    }

    void fewerRowsThanColumns()
    {
        const PrincipalComponents found = principalComponents(stretchedRows(3), 10);
        QCOMPARE(found.axes.size(0), 3); // min(n, F) are there; the last has no variance
        QVERIFY(found.variance[2].item<double>() < 1e-20);
    }

    void whatDoesNotVaryHasNoShare()
    {
        const PrincipalComponents found = principalComponents(torch::ones({5, 2}), 2);
        QVERIFY(found.share.eq(0).all().item<bool>());
        QVERIFY(found.project(torch::ones({5, 2})).abs().max().item<double>() < 1e-12);
    }

    void badRowsAreRefused()
    {
        QCOMPARE(test::sentenceOf([] {
                     principalComponents(torch::ones({1, 2}), 2);
                 }),
                 QString("principal components need two rows and one column at least, not 1 rows."));
        const torch::Tensor bad = torch::full({3, 2}, std::numeric_limits<float>::quiet_NaN());
        QCOMPARE(test::sentenceOf([&] { principalComponents(bad, 2); }),
                 QString("principal components of values that are not finite."));
    }
};

QTEST_GUILESS_MAIN(TestPrincipalComponents)
#include "tst_principal_components.moc"
