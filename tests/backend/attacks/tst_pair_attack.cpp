#include "backend/attacks/pair_attack.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

class TestPairAttack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Two-class linear models have gradients of fixed direction: the step goes along (u1 + u2)/||u1 + u2||,
    /// however much larger one model's gradients are.
    void stepsAlongTheSumOfUnitGradients()
    {
        const auto first = linearModel({{0, 0, 0, 0}, {1, 0, 0, 0}}, {0, 0});
        const auto second = linearModel({{0, 0, 0, 0}, {0, 50, 0, 0}}, {0, -25});
        const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5f);
        const torch::Tensor one = torch::ones({1}, torch::kInt64);
        const AttackResult result =
            runPair(*first, *second, x, one, one, {.eps = 0.4, .steps = 1, .stepSize = 0.1});
        const float part = static_cast<float>(0.1 / std::sqrt(2));
        QVERIFY(torch::allclose(result.adversarial.flatten() - 0.5, torch::tensor({part, part, 0.0f, 0.0f}),
                                0, 1e-6));
        QCOMPARE(result.gradientImages, 2);
    }

    void opposedGradientsCancel()
    {
        const auto model = linearModel({{0, 0}, {1, 0}}, {0, 0});
        const torch::Tensor x = torch::full({1, 1, 1, 2}, 0.5f);
        const torch::Tensor zero = torch::zeros({1}, torch::kInt64);
        const torch::Tensor one = torch::ones({1}, torch::kInt64);
        QVERIFY(torch::equal(runPair(*model, *model, x, zero, one, {.eps = 0.4}).adversarial, x));
    }

    void reachesBothTargets()
    {
        const auto first = seededModel("small_cnn", 21);
        const auto second = seededModel("mlp", 22);
        const torch::Tensor x = someImages(60);
        const torch::Tensor t1 = someLabels(60, 5);
        const torch::Tensor t2 = (t1 + 2).remainder(5);
        const AttackResult result = runPair(*first, *second, x, t1, t2, {.eps = 4, .steps = 60});
        const torch::Tensor delta = (result.adversarial - x).flatten(1).norm(2, 1);
        QVERIFY(delta.max().item<double>() <= 4 + 1e-6);
        QVERIFY(result.adversarial.min().item<float>() >= 0 && result.adversarial.max().item<float>() <= 1);
        const torch::Tensor both = models::predict(*first, result.adversarial)
                                       .eq(t1)
                                       .logical_and_(models::predict(*second, result.adversarial).eq(t2));
        const torch::Tensor before =
            models::predict(*first, x).eq(t1).logical_and_(models::predict(*second, x).eq(t2));
        QVERIFY(both.sum().item<int>() > 45);
        QVERIFY(before.sum().item<int>() < 15);
    }

    void errors()
    {
        const auto model = linearModel({{0, 0}, {1, 0}}, {0, 0});
        const torch::Tensor x = torch::full({1, 1, 1, 2}, 0.5f);
        const torch::Tensor one = torch::ones({1}, torch::kInt64);
        QVERIFY_EXCEPTION_THROWN(runPair(*model, *model, x, one, one + 1, {}), Error);
        QVERIFY_EXCEPTION_THROWN(runPair(*model, *model, x + 1, one, one, {}), Error);
        QVERIFY_EXCEPTION_THROWN(runPair(*model, *model, x, one, one, {.steps = 0}), Error);
    }
};

QTEST_GUILESS_MAIN(TestPairAttack)
#include "tst_pair_attack.moc"
