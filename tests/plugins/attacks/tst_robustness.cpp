#include "backend/metrics/mcnemar.h"
#include "backend/protocol/consistency.h"
#include "plugins/attacks/masking_checks.h"
#include "plugins/attacks/robustness_report.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::robustness;

namespace {

torch::Tensor bits(std::vector<std::int64_t> values)
{
    return torch::tensor(values, torch::kInt64).to(torch::kBool);
}

const protocol::Column& column(const protocol::Table& table, const std::string& name)
{
    const auto it = std::ranges::find(table.columns, name, &protocol::Column::name);
    if (it == table.columns.end())
        throw std::runtime_error("no column " + name);
    return *it;
}

/// One model, two attacks, two radii; four images of classes 0, 0, 1, 1 with ids 10 .. 40. Image 40 is wrong
/// from the start. FGSM: 3, then 2 hold; PGD: 2, then 0. Only two images are there for PGD's second radius.
RobustnessResults handMade()
{
    RobustnessResults r;
    r.models = {"m"};
    r.attacks = {"fgsm", "pgd"};
    r.classes = {"zero", "one"};
    r.norm = "linf";
    r.eps = {0.1, 0.2};
    r.stepsAttack = "pgd";
    r.steps = {1, 10};
    r.stepsEps = 0.1;
    r.ids = torch::tensor({10, 20, 30, 40}, torch::kInt64);
    r.y = torch::tensor({0, 0, 1, 1}, torch::kInt64);
    r.correct = {bits({1, 1, 1, 0})};
    r.byEps = {{{{bits({1, 1, 1, 0}), 1.5}, {bits({1, 0, 1, 0}), 1.25}},
                {{bits({1, 0, 1, 0}), 4}, {bits({0, 0}), 2}}}};
    r.bySteps = {{{bits({1, 1, 1, 0}), 0}, {bits({1, 0, 1, 0}), 0}}};
    return r;
}

} // namespace

class TestRobustness : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roundsDouble()
    {
        QCOMPARE(rounds(1000), (std::vector<std::int64_t>{62, 124, 248, 496, 992, 1000}));
        QCOMPARE(rounds(100), (std::vector<std::int64_t>{20, 40, 80, 100}));
        QCOMPARE(rounds(20), (std::vector<std::int64_t>{20}));
        QCOMPARE(rounds(1), (std::vector<std::int64_t>{1}));
    }

    void pointsGrow()
    {
        Point point;
        QCOMPARE(point.n(), 0);
        point.add(bits({1, 0}), 1);
        point.add(bits({1}), 0.5);
        QCOMPARE(point.n(), 3);
        QCOMPARE(point.accuracy().count, 2);
        QCOMPARE(point.seconds, 1.5);
    }

    void curveTableHasTheStableColumns()
    {
        const protocol::Table table = curveTable(handMade());
        std::vector<std::string> names;
        for (const auto& c : table.columns)
            names.push_back(c.name);
        QCOMPARE(names, (std::vector<std::string>{"model", "attack", "norm", "eps", "n", "clean_accuracy",
                                                  "robust_accuracy", "low", "high", "seconds"}));
        QCOMPARE(table.rows(), std::size_t(4));
        QCOMPARE(column(table, "robust_accuracy").numbers, (std::vector<double>{0.75, 0.5, 0.5, 0}));
        QCOMPARE(column(table, "clean_accuracy").numbers, (std::vector<double>{0.75, 0.75, 0.75, 1}));
        QCOMPARE(column(table, "n").numbers, (std::vector<double>{4, 4, 4, 2}));
        QCOMPARE(column(table, "seconds").numbers, (std::vector<double>{1.5, 1.25, 4, 2}));
        QCOMPARE(table.samples.of(1), (std::vector<std::int64_t>{20, 40}));
    }

    void figuresAreWhole()
    {
        const RobustnessResults r = handMade();
        for (const protocol::Figure& figure :
             {accuracyByEpsFigure(r), accuracyByStepsFigure(r), perClassFigure(r, {0, 0, 1})}) {
            protocol::checkConsistent(figure); // throws
            QVERIFY(!figure.caption.empty());
        }
        const protocol::Figure byEps = accuracyByEpsFigure(r);
        QCOMPARE(byEps.layers.size(), std::size_t(2));
        QCOMPARE(byEps.layers[0].x, (std::vector<double>{0, 0.1, 0.2}));
        QCOMPARE(byEps.layers[0].y, (std::vector<double>{75, 75, 50}));
        QCOMPARE(byEps.layers[0].samples.of(2), (std::vector<std::int64_t>{20, 40}));
        const protocol::Figure classes = perClassFigure(r, {0, 0, 1});
        QCOMPARE(classes.layers[0].z, (std::vector<double>{100, 50, 50, 50}));
    }

    void theViewIsTheNearest()
    {
        RobustnessParams params;
        params.viewModel = "other";
        params.viewAttack = "fgsm";
        params.viewEps = 0.19;
        QCOMPARE(viewOf(handMade(), params), (RobustnessView{0, 0, 1}));
        params.viewAttack = "none";
        QCOMPARE(viewOf(handMade(), params).attack, std::size_t(1));
    }

    void tensorsGoThereAndBack()
    {
        RobustnessResults r = handMade();
        r.byEps[0][1][1].robust = bits({0, 0, 0, 0}); // a finished run
        const RobustnessResults back = resultsFrom(toTensors(r));
        QCOMPARE(back.models, r.models);
        QCOMPARE(back.steps, r.steps);
        QCOMPARE(curveTable(back), curveTable(r));
        QCOMPARE(stepsTable(back), stepsTable(r));
        engine::TensorMap damaged = toTensors(r);
        damaged.erase("robust.0.1");
        QVERIFY_EXCEPTION_THROWN(resultsFrom(damaged), Error);
    }

    /// P(X >= 9 | 10, 1/2) = 11 / 1024.
    void fairTailIsTheBinomials()
    {
        QVERIFY(std::abs(metrics::fairTail(9, 10) - 11. / 1024) < 1e-12);
        QVERIFY(std::abs(metrics::fairTail(0, 10) - 1) < 1e-9);
        QVERIFY(std::abs(metrics::fairTail(5000, 10000) - 0.50399) < 1e-4); // 1/2 + P(X = 5000) / 2
    }

    void aWeakerAttackThatWinsIsAWarning()
    {
        // Nine images only the weaker attack fools, one only the stronger: p = 0.011.
        const torch::Tensor weaker = bits({0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}),
                            stronger = bits({1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1});
        const MaskingCheck bad = compareAttacks("m", "one-step", "FGSM", "PGD", weaker, stronger);
        QCOMPARE(bad.firstOnly, 9);
        QCOMPARE(bad.secondOnly, 1);
        QVERIFY(bad.warning);
        QCOMPARE(bad.sentence, "Of 11 images, 9 are misclassified only under FGSM and 1 only under PGD.");
        QVERIFY(!compareAttacks("m", "one-step", "FGSM", "PGD", stronger, weaker).warning);
        // Three to none may be chance: p = 1/8.
        QVERIFY(!compareAttacks("m", "one-step", "FGSM", "PGD", bits({0, 0, 0}), bits({1, 1, 1})).warning);
    }

    void holdingOutWithoutABoundIsAWarning()
    {
        QVERIFY(!checkUnbounded("m", "PGD", torch::zeros({100}, torch::kBool)).warning);
        torch::Tensor some = torch::zeros({100}, torch::kBool);
        some.narrow(0, 0, 20).fill_(true);
        QVERIFY(checkUnbounded("m", "PGD", some).warning);
        QVERIFY(!checkUnbounded("m", "PGD", torch::zeros({0}, torch::kBool)).warning);
    }

    void accuracyThatRisesIsFound()
    {
        RobustnessResults r = handMade();
        QVERIFY(checkMonotone(r).empty());
        torch::Tensor few = torch::zeros({40}, torch::kBool), more = few.clone();
        more.narrow(0, 0, 12).fill_(true);
        r.byEps[0][0] = {{few, 0}, {more, 0}};
        r.bySteps[0] = {{few, 0}, {more, 0}};
        const std::vector<MaskingCheck> found = checkMonotone(r);
        QCOMPARE(found.size(), std::size_t(2));
        QCOMPARE(found[0].check, "eps");
        QCOMPARE(found[1].check, "steps");
        QVERIFY(found[0].warning && found[1].warning);
        const protocol::Table table = checksTable(found);
        QCOMPARE(column(table, "verdict").texts, (std::vector<std::string>{"warning", "warning"}));
    }

    void theGalleryShowsWhatWasKept()
    {
        const RobustnessResults r = handMade();
        const torch::Tensor clean = torch::full({4, 1, 3, 3}, 0.5);
        const KeptExamples kept{torch::tensor({0, 2}, torch::kInt64),
                                torch::full({2, 1, 3, 3}, 0.52).to(torch::kFloat16),
                                torch::tensor({1, 1}, torch::kInt64)};
        const protocol::ImageGrid grid = examplesGrid(r, {0, 0, 1}, kept, clean);
        QCOMPARE(grid.ids, (std::vector<std::int64_t>{10, 30}));
        QCOMPARE(grid.variants.size(), std::size_t(3));
        QCOMPARE(grid.pixels.size(), grid.pixelBytes());
        QCOMPARE(grid.pixels[0], std::uint8_t(128));
        QCOMPARE(grid.pixels[9], std::uint8_t(179)); // 0.5 + 10 * 0.02002, which half precision makes of 0.02
        QCOMPARE(grid.attributes.back().codes, (std::vector<std::int32_t>{1, 0}));
    }
};

QTEST_GUILESS_MAIN(TestRobustness)
#include "tst_robustness.moc"
