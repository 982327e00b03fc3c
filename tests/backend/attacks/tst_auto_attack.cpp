#include "backend/attacks/auto_attack.h"
#include "backend/attacks/registry.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr AutoAttackOptions kCheap{.steps = 20, .targetClasses = 3, .queries = 100};

} // namespace

class TestAutoAttack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Four linear classes: an image is robust exactly where its nearest boundary is farther than eps.
    void robustAccuracyIsTheExactOne()
    {
        const torch::Tensor weight = torch::empty({4, 36}).normal_(0, 1, at::detail::createCPUGenerator(51));
        std::vector<std::vector<double>> rows;
        std::vector<double> biases;
        for (std::int64_t k = 0; k < 4; ++k) {
            biases.push_back(-0.5 * weight[k].sum().item<double>());
            rows.emplace_back();
            for (std::int64_t j = 0; j < 36; ++j)
                rows.back().push_back(weight[k][j].item<double>());
        }
        const auto model = linearModel(rows, biases);
        const torch::Tensor x =
            0.5 + 0.05 * torch::empty({90, 1, 6, 6}).normal_(0, 1, at::detail::createCPUGenerator(52));
        const torch::Tensor z = model->logits(x);
        torch::Tensor y = z.argmax(1);
        y.narrow(0, 0, 9).add_(1).remainder_(4); // nine wrong from the start
        const torch::Tensor slopes =
            (weight.unsqueeze(0) - weight.index_select(0, y).unsqueeze(1)).abs().sum(2);
        const torch::Tensor distances =
            ((z.gather(1, y.unsqueeze(1)) - z) / slopes).scatter(1, y.unsqueeze(1), INFINITY).amin(1);
        const double eps = distances.narrow(0, 9, 81).median().item<double>();
        const AutoAttackReport report =
            AutoAttack("autoattack", kCheap).evaluate(*model, x, y, {.eps = eps}, {.seed = 1});

        QVERIFY(std::abs(report.cleanAccuracy - 0.9) < 1e-12);
        // Within 2 % of the radius of an image's distance either answer is right.
        const double least = distances.gt(1.02 * eps).sum().item<double>() / 90;
        const double most = distances.gt(0.98 * eps).sum().item<double>() / 90;
        QVERIFY(report.robustAccuracy >= least && report.robustAccuracy <= most);
        QVERIFY(torch::equal(report.result.success, models::predict(*model, report.result.adversarial) != y));
    }

    void accountsForEverySample()
    {
        const auto model = seededModel("small_cnn", 6);
        const torch::Tensor x = someImages(80);
        torch::Tensor y = models::predict(*model, x);
        y.narrow(0, 0, 4).add_(1).remainder_(5);
        const AutoAttackReport report =
            AutoAttack("autoattack", kCheap).evaluate(*model, x, y, {.eps = 0.02}, {.seed = 1});
        QVERIFY(!report.stages.empty());
        QCOMPARE(report.stages.front().attack, std::string("apgd-ce"));
        QCOMPARE(report.stages.front().attacked, 76);
        std::int64_t left = 76, forwards = 80, gradients = 0, questions = 0;
        for (std::size_t s = 0; s < report.stages.size(); ++s) {
            const AutoAttackStage& stage = report.stages[s];
            QCOMPARE(stage.attacked, left);
            QCOMPARE(report.fooledBy.eq(std::int64_t(s)).sum().item<std::int64_t>(), stage.fooled);
            left -= stage.fooled;
            QVERIFY(std::abs(stage.robustAccuracy - double(left) / 80) < 1e-12);
            forwards += stage.forwardImages;
            gradients += stage.gradientImages;
            questions += stage.questions;
        }
        QVERIFY(left > 0); // all four were run
        QCOMPARE(report.stages.size(), 4u);
        QCOMPARE(report.stages[1].attack, std::string("apgd-t"));
        QCOMPARE(report.stages[2].attack, std::string("fab-t"));
        QCOMPARE(report.stages[3].attack, std::string("square"));
        QCOMPARE(report.stages[3].questions, 100 * report.stages[3].attacked);
        QCOMPARE(report.fooledBy.eq(-1).sum().item<std::int64_t>(), 4);
        QCOMPARE(report.fooledBy.eq(-2).sum().item<std::int64_t>(), left);
        QCOMPARE(report.robustAccuracy, report.stages.back().robustAccuracy);
        QCOMPARE(report.result.forwardImages, forwards);
        QCOMPARE(report.result.gradientImages, gradients);
        QCOMPARE(report.result.queries.sum().item<std::int64_t>(), questions);
        // Samples that resist and samples wrong from the start keep their image.
        const torch::Tensor kept = report.fooledBy.lt(0).nonzero().squeeze(1);
        QVERIFY(torch::equal(report.result.adversarial.index_select(0, kept), x.index_select(0, kept)));
    }

    void endsWithTheLastSample()
    {
        const auto model =
            linearModel({{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}, {0, 0, 0, 0});
        const torch::Tensor x = torch::tensor({0.6f, 0.5f, 0.4f, 0.3f}).view({1, 1, 2, 2});
        const AutoAttackReport report =
            AutoAttack("autoattack", kCheap)
                .evaluate(*model, x, torch::zeros({1}, torch::kInt64), {.eps = 0.2});
        QCOMPARE(report.stages.size(), 1u);
        QCOMPARE(report.robustAccuracy, 0.0);
        const AutoAttackReport none = AutoAttack("autoattack", kCheap)
                                          .evaluate(*model, x, torch::ones({1}, torch::kInt64), {.eps = 0.2});
        QCOMPARE(none.stages.size(), 0u);
        QCOMPARE(none.cleanAccuracy, 0.0);
        QCOMPARE(none.result.forwardImages, 1);
    }

    void partsGiveWhatTheWholeGives()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(40);
        const torch::Tensor y = models::predict(*model, x);
        const AutoAttack attack("autoattack", kCheap);
        const AutoAttackReport all = attack.evaluate(*model, x, y, {.eps = 0.02}, {.seed = 1});
        const AutoAttackReport part =
            attack.evaluate(*model, x.narrow(0, 10, 15), y.narrow(0, 10, 15), {.eps = 0.02},
                            {.seed = 1, .samples = torch::arange(10, 25)});
        QVERIFY(all.robustAccuracy > 0 && all.robustAccuracy < 1);
        QVERIFY(part.fooledBy.ne(all.fooledBy.narrow(0, 10, 15)).sum().item<int>() <= 1);
    }

    /// In L1 the sequence leaves no more than PGD with as many steps, and stays in the ball.
    void leavesNoMoreThanPgdInL1()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(40);
        const torch::Tensor y = models::predict(*model, x);
        const Budget budget{.norm = Norm::L1, .eps = 1, .steps = 20};
        const AutoAttackReport report =
            AutoAttack("autoattack", kCheap).evaluate(*model, x, y, budget, {.seed = 1});
        const AttackResult pgd = attacks::attacks().make("pgd")->run(*model, x, y, budget, {.seed = 1});
        const double held = pgd.success.logical_not().to(torch::kFloat64).mean().item<double>();
        QVERIFY2(report.robustAccuracy > 0 && report.robustAccuracy < 1,
                 qPrintable(QString::number(report.robustAccuracy)));
        QVERIFY2(report.robustAccuracy <= held, qPrintable(QString::number(held)));
        const torch::Tensor radii =
            (report.result.adversarial - x).to(torch::kFloat64).abs().flatten(1).sum(1);
        QVERIFY(radii.max().item<double>() <= 1 + 2e-6);
        QVERIFY(torch::equal(report.result.success, models::predict(*model, report.result.adversarial) != y));
    }

    void budgetIsItsOwn()
    {
        const Budget budget = AutoAttack("autoattack").resolved({.eps = 0.1, .steps = 7, .queries = 3});
        QCOMPARE(budget.steps, 100);
        QCOMPARE(budget.queries, 5000);
        QCOMPARE(budget.eps, 0.1);
        const auto model = linearModel({{1, 0}, {0, 1}}, {0, 0});
        const torch::Tensor x = torch::zeros({1, 1, 1, 2});
        const torch::Tensor y = torch::zeros({1}, torch::kInt64);
        try {
            AutoAttack("autoattack", kCheap).run(*model, x, y, {}, {.target = y});
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     "autoattack: cannot aim at classes. Choose one attack of its sequence, or "
                     "leave the target out.");
        }
    }
};

QTEST_GUILESS_MAIN(TestAutoAttack)
#include "tst_auto_attack.moc"
