#include "backend/attacks/boundary.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

class TestBoundary : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Two linear classes: along the gradient the boundary lies at margin / ||w0 - w1||_2.
    void linearBoundaryIsTheMargin()
    {
        const auto model = linearModel({{3, 0, 4, 0}, {0, 0, 0, 0}}, {-1, 0}); // ||w0 - w1|| = 5
        const torch::Tensor x = torch::empty({70, 1, 2, 2}).uniform_(0, 1, at::detail::createCPUGenerator(3));
        const torch::Tensor margin =
            3 * x.select(2, 0).select(2, 0).flatten() + 4 * x.select(2, 1).select(2, 0).flatten() - 1;
        const torch::Tensor y = margin.le(0).to(torch::kInt64); // the class the model gives
        const torch::Tensor direction = unitPerSample(inputGradient(*model, x, y));
        const BoundarySpec spec = {.rMax = 1, .gridSteps = 20, .bisectSteps = 14};
        const BoundaryDistances found = minDistances(*model, x, y, direction, spec);
        const torch::Tensor expected = margin.abs() / 5;
        const torch::Tensor capped = expected.gt(spec.rMax);
        QVERIFY(torch::equal(found.capped, capped));
        QVERIFY(capped.sum().item<int>() > 0 && capped.sum().item<int>() < 70);
        const torch::Tensor error = (found.distance - expected.clamp_max(1)).abs();
        QVERIFY(error.max().item<double>() < 1.0 / 20 / (1 << 14) + 1e-6);
    }

    void wrongFromTheStartIsZero()
    {
        const auto model = linearModel({{1, 0}, {0, 1}}, {0, 0});
        const torch::Tensor x = torch::tensor({1.0f, 0.0f, 0.0f, 1.0f}).view({2, 1, 1, 2});
        const torch::Tensor y = torch::zeros({2}, torch::kInt64); // the second is taken for class 1
        const torch::Tensor direction = torch::tensor({-1.0f, 0.0f}).view({1, 1, 1, 2}).repeat({2, 1, 1, 1});
        const BoundaryDistances found = minDistances(*model, x, y, direction, {.rMax = 2, .gridSteps = 7});
        QVERIFY(std::abs(found.distance[0].item<double>() - 1) < 1e-3);
        QCOMPARE(found.distance[1].item<float>(), 0.0f);
        QVERIFY(!found.capped.any().item<bool>());
    }

    void zeroDirectionIsCapped()
    {
        const auto model = linearModel({{1, 0}, {0, 1}}, {0, 0});
        const torch::Tensor x = torch::tensor({1.0f, 0.0f}).view({1, 1, 1, 2});
        const BoundaryDistances found =
            minDistances(*model, x, torch::zeros({1}, torch::kInt64), torch::zeros_like(x), {.rMax = 3});
        QVERIFY(found.capped.item<bool>());
        QCOMPARE(found.distance.item<float>(), 3.0f);
        const torch::Tensor none = x.narrow(0, 0, 0);
        QCOMPARE(minDistances(*model, none, torch::zeros({0}, torch::kInt64), none).distance.size(0), 0);
    }

    /// Dropping finished images must not change the others: every image alone gives what the batch gives.
    void imagesDoNotInfluenceEachOther()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(20);
        const torch::Tensor y = model->logits(x).argmax(1);
        const torch::Tensor direction = randomDirections(x, at::detail::createCPUGenerator(4));
        const BoundarySpec spec = {.rMax = 30, .gridSteps = 40, .bisectSteps = 6};
        const BoundaryDistances all = minDistances(*model, x, y, direction, spec);
        for (std::int64_t i = 0; i < 20; ++i) {
            const BoundaryDistances one =
                minDistances(*model, x.narrow(0, i, 1), y.narrow(0, i, 1), direction.narrow(0, i, 1), spec);
            // Rounding may decide the last bisection otherwise.
            QVERIFY(std::abs((one.distance[0] - all.distance[i]).item<double>()) <= 30.0 / 40 / 64 + 1e-6);
        }
    }

    void directionsAreUnit()
    {
        const torch::Tensor directions = randomDirections(someImages(9), at::detail::createCPUGenerator(4));
        QVERIFY(torch::allclose(directions.flatten(1).norm(2, 1), torch::ones({9}), 0, 1e-5));
        QVERIFY(torch::equal(directions, randomDirections(someImages(9), at::detail::createCPUGenerator(4))));
        QVERIFY(torch::equal(unitPerSample(torch::zeros({2, 1, 1, 3})), torch::zeros({2, 1, 1, 3})));
    }

    void cosineOfLinearModels()
    {
        const auto a = linearModel({{1, 0}, {0, 0}}, {0, 0});
        const auto b = linearModel({{1, 1}, {0, 0}}, {0, 0});
        const auto zero = linearModel({{0, 0}, {0, 0}}, {0, 0});
        const torch::Tensor x = torch::full({1, 1, 1, 2}, 0.5f);
        const torch::Tensor y = torch::zeros({1}, torch::kInt64);
        QVERIFY(std::abs(gradientCosine(*a, *b, x, y).item<double>() - std::sqrt(0.5)) < 1e-6);
        QVERIFY(std::abs(gradientCosine(*a, *a, x, y).item<double>() - 1) < 1e-6);
        QCOMPARE(gradientCosine(*a, *zero, x, y).item<double>(), 0.0);
    }

    void rangesAreChecked()
    {
        const auto model = linearModel({{1, 0}, {0, 1}}, {0, 0});
        const torch::Tensor x = torch::zeros({1, 1, 1, 2});
        const torch::Tensor y = torch::zeros({1}, torch::kInt64);
        QVERIFY_EXCEPTION_THROWN(minDistances(*model, x, y, x, {.rMax = 0}), Error);
        QVERIFY_EXCEPTION_THROWN(minDistances(*model, x, y, x, {.gridSteps = 0}), Error);
        QVERIFY_EXCEPTION_THROWN(minDistances(*model, x, y, x.flatten(1)), Error);
    }
};

QTEST_GUILESS_MAIN(TestBoundary)
#include "tst_boundary.moc"
