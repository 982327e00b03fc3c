#include "backend/protocol/consistency.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/matrix_report.h"
#include "tests/support/column_of.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::transfer;
using assay::test::column;

namespace {

torch::Tensor classesOf(std::vector<std::int64_t> values)
{
    return torch::tensor(values, torch::kInt64);
}

MatrixSet setOf(torch::Tensor source, const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::Tensor p = torch::tensor({0.7, 0.2, 0.1}, torch::kFloat64).to(torch::kFloat16);
    return {.source = std::move(source),
            .target = torch::stack({a, b}),
            .sourceProbabilities = p.expand({2, 3}).contiguous(),
            .targetProbabilities = p.expand({2, 2, 3}).contiguous(),
            .seconds = 2};
}

/// Source a; targets a, b; attacks fgsm, pgd; one radius; six images of class 0 with ids 10 .. 60. Target b
/// is wrong about image 60 from the start. Against b: FGSM has one same and one different mistake, and one
/// success where a is not fooled; PGD has four of the same.
MatrixResults handMadeMatrix()
{
    MatrixResults r;
    r.sources = {"a"};
    r.targets = {"a", "b"};
    r.attacks = {"fgsm", "pgd"};
    r.classes = {"zero", "one", "two"};
    r.norm = "linf";
    r.eps = {0.1};
    r.ids = classesOf({10, 20, 30, 40, 50, 60});
    r.y = classesOf({0, 0, 0, 0, 0, 0});
    r.clean = torch::full({2, 1, 3, 3}, 51, torch::kUInt8);
    r.cleanSource = classesOf({0, 0, 0, 0, 0, 0}).unsqueeze(0);
    r.cleanTarget = torch::stack({classesOf({0, 0, 0, 0, 0, 0}), classesOf({0, 0, 0, 0, 0, 2})});
    const torch::Tensor fgsm = classesOf({1, 1, 0, 0, 0, 1}), pgd = classesOf({1, 1, 1, 1, 1, 1});
    r.sets = {setOf(fgsm, fgsm, classesOf({1, 2, 2, 0, 0, 2})),
              setOf(pgd, pgd, classesOf({1, 1, 1, 1, 0, 2}))};
    return r;
}

using Numbers = std::vector<double>;

} // namespace

/// Statistics, figures and tables of `transfer.matrix` on hand-made results.
class TestMatrix : public QObject
{
    Q_OBJECT

private:
    const MatrixResults r = handMadeMatrix();

private Q_SLOTS:
    void denominatorsCount()
    {
        const auto rates = [&](MatrixDenominator of) { return cellRates(cellMasks(r, {0, 1, 0, 0, of})); };
        QCOMPARE(rates(MatrixDenominator::All).success.n, 6);
        QCOMPARE(rates(MatrixDenominator::All).success.count, 4); // image 60 was wrong before and counts
        QCOMPARE(rates(MatrixDenominator::All).different.count, 2);
        const CellRates correct = rates(MatrixDenominator::Correct);
        QCOMPARE(correct.success.n, 5);
        QCOMPARE(correct.success.count, 3);
        QCOMPARE(correct.same.count, 1);
        QCOMPARE(correct.different.count, 1); // of image 30 the source is not fooled: neither
        QCOMPARE(rates(MatrixDenominator::NotAimed).success.n, 5); // untargeted: the same
    }

    void targetedSuccessIsTheAim()
    {
        MatrixResults aimed = r;
        aimed.aim = classesOf({1, 1, 2, 2, 1, 2});
        const CellMasks all = cellMasks(aimed, {0, 1, 0, 0, MatrixDenominator::All});
        QVERIFY(torch::equal(all.success, classesOf({1, 0, 1, 0, 0, 1}).to(torch::kBool)));
        const CellMasks notAimed = cellMasks(aimed, {0, 1, 0, 0, MatrixDenominator::NotAimed});
        QCOMPARE(notAimed.counted.sum().item<std::int64_t>(), 5); // image 60 was taken for class 2 before
        QCOMPARE(notAimed.success.sum().item<std::int64_t>(), 2);
        QVERIFY(denominatorText(aimed, MatrixDenominator::NotAimed) !=
                denominatorText(r, MatrixDenominator::NotAimed));
    }

    void matrixTableHasTheStableColumns()
    {
        const protocol::Table table = matrixTable(r, MatrixDenominator::Correct);
        protocol::checkConsistent(table);
        std::vector<std::string> names;
        for (const auto& c : table.columns)
            names.push_back(c.name);
        QCOMPARE(names, (std::vector<std::string>{"source", "target", "attack", "norm", "eps", "n", "success",
                                                  "same", "different", "low", "high"}));
        QCOMPARE(column(table, "target").texts, (std::vector<std::string>{"a", "b", "a", "b"}));
        QCOMPARE(column(table, "attack").texts, (std::vector<std::string>{"fgsm", "fgsm", "pgd", "pgd"}));
        QCOMPARE(column(table, "n").numbers, (Numbers{6, 5, 6, 5}));
        QCOMPARE(column(table, "success").numbers, (Numbers{0.5, 0.6, 1, 0.8}));
        QCOMPARE(column(table, "same").numbers, (Numbers{0.5, 0.2, 1, 0.8}));
        QCOMPARE(column(table, "different").numbers, (Numbers{0, 0.2, 0, 0}));
        QCOMPARE(table.samples.of(1), (std::vector<std::int64_t>{10, 20, 30}));
    }

    void unfinishedSetsAreLeftOut()
    {
        MatrixResults part = r;
        part.sets[1] = {};
        QCOMPARE(matrixTable(part, MatrixDenominator::All).rows(), std::size_t(2));
        QCOMPARE(ranking(part, 0, MatrixDenominator::All, {.resamples = 100}).size(), std::size_t(1));
        QVERIFY(matrixFigure(part, {}, 1).layers[0].z.empty());
    }

    void whiteBoxesAreMarkedAndNotRanked()
    {
        const protocol::Figure figure = matrixFigure(r, {}, 0);
        protocol::checkConsistent(figure);
        QCOMPARE(figure.name, "matrix-fgsm");
        QCOMPARE(figure.layers[0].labels, (std::vector<std::string>{"white box", ""}));
        QCOMPARE(figure.layers[0].z, (Numbers{50, 60}));
        QCOMPARE(figure.layers[1].name, "white box");
        QCOMPARE(figure.layers[1].x, (Numbers{0.36}));
        QCOMPARE(figure.layers[1].y, (Numbers{0.33}));
        QCOMPARE(figure.layers[0].denominator, (Numbers{6, 5}));
        const std::vector<Ranked> ranked =
            ranking(r, 0, MatrixDenominator::Correct, {.resamples = 500, .seed = 1});
        QCOMPARE(ranked.size(), std::size_t(2));
        QCOMPARE(ranked[0].attack, std::size_t(1));
        QCOMPARE(ranked[0].mean, 0.8);
        QCOMPARE(ranked[1].mean, 0.6);
        QVERIFY(std::abs(ranked[1].behindBest - 0.2) < 1e-12);
        QCOMPARE(ranked[0].behindInterval.low, 0.0);
        QCOMPARE(ranked[0].behindInterval.high, 0.0);
        // Image for image PGD fools all that FGSM does: paired, it is never behind.
        QCOMPARE(ranked[1].behindInterval.low, 0.0);
        QVERIFY(ranked[1].behindInterval.high > 0.2);
        QVERIFY(std::abs(ranked[0].bestShare + ranked[1].bestShare - 1) < 1e-12);
        QCOMPARE(ranked[0].bestShare, 1.0); // ties go to the better one
        protocol::checkConsistent(rankingFigure(r, {}, ranked, {}));
        protocol::checkConsistent(rankingTable(r, MatrixDenominator::Correct, {.resamples = 100}));
    }

    void bootstrapSurroundsTheRate()
    {
        const CellMasks masks = cellMasks(r, {0, 1, 0, 0, MatrixDenominator::Correct});
        const metrics::Interval drawn = bootstrapSuccess({masks}, {.resamples = 4000, .seed = 2}).front();
        QVERIFY(drawn.low < 0.6 && drawn.high > 0.6 && drawn.low >= 0 && drawn.high <= 1);
        const protocol::Table table = intervalsTable(r, MatrixDenominator::Correct, {.resamples = 200});
        protocol::checkConsistent(table);
        QCOMPARE(column(table, "white_box").numbers, (Numbers{1, 0, 1, 0}));
    }

    void outcomesStackUp()
    {
        const protocol::Figure figure = matrixOutcomesFigure(r, {});
        protocol::checkConsistent(figure);
        QCOMPARE(figure.layers.size(), std::size_t(4));
        QCOMPARE(figure.layers[0].y, (Numbers{50, 20}));
        QCOMPARE(figure.layers[1].y, (Numbers{0, 20}));
        QCOMPARE(figure.layers[2].y, (Numbers{0, 20}));
        QCOMPARE(figure.layers[3].y, (Numbers{50, 60}));
        QCOMPARE(figure.layers[2].samples.of(1), (std::vector<std::int64_t>{30}));
    }

    void theGalleryHasProbabilitiesOfBoth()
    {
        const protocol::ImageGrid grid =
            cellGrid(r, {.target = 1}, torch::full({2, 1, 3, 3}, 0.21).to(torch::kFloat16));
        protocol::checkConsistent(grid);
        QCOMPARE(grid.variants, (std::vector<std::string>{"clean", "adversarial", "difference ×10"}));
        QCOMPARE(grid.notes[0], "a: zero 70 %, one 20 %, two 10 %\nb: zero 70 %, one 20 %, two 10 %");
        const auto& outcome = *std::ranges::find(grid.attributes, "outcome", &protocol::ImageAttribute::name);
        QCOMPARE(outcome.codes, (std::vector<std::int32_t>{4, 3})); // same, different
        QCOMPARE(int(grid.pixels[0]), 51);
        QCOMPARE(int(grid.pixels[9]), 54); // 0.21 * 255
    }

    void tensorsGoThereAndBack()
    {
        const MatrixResults back = matrixFrom(matrixTensors(r));
        QVERIFY(!back.targeted());
        QCOMPARE(matrixTable(back, MatrixDenominator::All), matrixTable(r, MatrixDenominator::All));
        MatrixResults aimed = r;
        aimed.aim = r.y + 1;
        QVERIFY(torch::equal(matrixFrom(matrixTensors(aimed)).aim, aimed.aim));
        engine::TensorMap damaged = matrixTensors(r);
        damaged["target.1"] = torch::zeros({3});
        try {
            matrixFrom(damaged);
            QFAIL("a damaged artifact was accepted");
        } catch (const Error& error) {
            QCOMPARE(error.what(),
                     "artifact 'outcomes': tensor 'target.1' is missing or malformed. Run the study again.");
        }
    }

    void theViewFollowsItsNames()
    {
        MatrixParams params;
        params.viewSource = "nobody";
        params.viewTarget = "b";
        params.viewAttack = "pgd";
        params.denominator = "all";
        QCOMPARE(matrixViewOf(r, params), (MatrixView{0, 1, 1, 0, MatrixDenominator::All}));
    }
};

QTEST_GUILESS_MAIN(TestMatrix)
#include "tst_matrix.moc"
