#include "hand_made_results.h"
#include "plugins/transfer/class_aware_figures.h"
#include "plugins/transfer/class_aware_gallery.h"
#include "plugins/transfer/class_aware_tables.h"

#include "backend/protocol/error.h"
#include "tests/support/column_of.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::transfer;
using assay::test::column;

namespace {

const protocol::Layer& layer(const protocol::Figure& figure, const std::string& role)
{
    const auto it = std::ranges::find(figure.layers, role, &protocol::Layer::role);
    if (it == figure.layers.end())
        throw std::runtime_error("no layer " + role);
    return *it;
}

using Ids = std::vector<std::int64_t>;

} // namespace

/// Figures, tables and gallery made from hand-made results.
class TestClassAwareReport : public QObject
{
    Q_OBJECT

private:
    const ClassAwareResults r = handMadeResults();
    const View view{.source = 0, .target = 1, .eps = 1};

private Q_SLOTS:
    void aSourceIsNotItsOwnTarget()
    {
        QCOMPARE(r.bySimilarity(0), (std::vector<std::size_t>{0, 1, 2}));
        QCOMPARE(r.bySimilarity(1), (std::vector<std::size_t>{2, 1})); // by distance, without b itself
    }

    void pairsTableHasTheStableColumns()
    {
        const protocol::Table table = pairsTable(r);
        std::vector<std::string> names;
        for (const auto& c : table.columns)
            names.push_back(c.name);
        QCOMPARE(names, (std::vector<std::string>{"source", "target", "attack", "norm", "eps", "pool",
                                                  "fooled", "same", "different", "unfooled", "same_low",
                                                  "same_high", "different_low", "different_high",
                                                  "unfooled_low", "unfooled_high"}));
        QCOMPARE(table.rows(), std::size_t(2 * 3 + 2 * 2));
        for (const auto& c : table.columns)
            QCOMPARE(c.size(), table.rows());
        // Row 4: a -> c at the larger radius.
        QCOMPARE(column(table, "target").texts[4], "c");
        QCOMPARE(column(table, "eps").numbers[4], 1.0);
        QCOMPARE(column(table, "pool").numbers[4], 6.0);
        QCOMPARE(column(table, "fooled").numbers[4], 5.0);
        QCOMPARE(column(table, "same").numbers[4], 0.4);
        QCOMPARE(column(table, "different").numbers[4], 0.2);
        QCOMPARE(column(table, "unfooled").numbers[4], 0.4);
        QVERIFY(column(table, "same_low").numbers[4] < 0.4 && column(table, "same_high").numbers[4] > 0.4);
        QCOMPARE(table.samples.of(4), (Ids{10, 20, 30, 40, 50}));
    }

    void anUnfooledSourceGivesNoFractions()
    {
        const protocol::Table table = pairsTable(r);
        QCOMPARE(column(table, "source").texts[6], "b");
        QCOMPARE(column(table, "fooled").numbers[6], 0.0);
        QVERIFY(std::isnan(column(table, "same").numbers[6]));
    }

    void partialResultsGivePartialTables()
    {
        ClassAwareResults partial = r;
        partial.perSource[0].eps.pop_back();
        partial.perSource[1] = {};
        QCOMPARE(pairsTable(partial).rows(), std::size_t(3));
        QCOMPARE(similarityTable(partial).rows(), std::size_t(3));
        QVERIFY(resultMetrics(partial).empty());
    }

    void spearmanOfAPerfectOrder() { QCOMPARE(r.spearman(0, 1), -1.0); }

    void outcomeBarsCarryTheirImages()
    {
        const protocol::Figure f = outcomesFigure(r, view);
        QCOMPARE(f.x.categories, (std::vector<std::string>{"b", "c", "d"}));
        const auto &same = layer(f, "same"), &different = layer(f, "different"),
                   &unfooled = layer(f, "unfooled");
        QCOMPARE(same.samples.of(1), (Ids{10, 30}));
        QCOMPARE(different.samples.of(1), (Ids{20}));
        QCOMPARE(unfooled.samples.of(1), (Ids{40, 50}));
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY(std::abs(same.y[i] + different.y[i] + unfooled.y[i] - 100) < 1e-9);
        QCOMPARE(same.count[1], 2.0);
        QCOMPARE(same.denominator[1], 5.0);
        const auto& total = layer(f, "accent");
        QVERIFY(std::abs(total.y[1] - 60) < 1e-9);
        QVERIFY(total.low[1] < 60 && total.high[1] > 60);
        QVERIFY(f.caption.find("5 of them (83.33 %) fool a") != std::string::npos);
    }

    void attackedDenominatorAddsTheSourcesOwnBar()
    {
        View attacked = view;
        attacked.of = Denominator::Attacked;
        const protocol::Figure f = outcomesFigure(r, attacked);
        QCOMPARE(layer(f, "same").denominator[1], 6.0);
        QCOMPARE(layer(f, "neutral").count[1], 1.0);
        QCOMPARE(layer(f, "neutral").samples.of(1), (Ids{60}));
    }

    void cellsCarryTheirImages()
    {
        const protocol::Figure figure = wrongClassesFigure(r, view);
        const protocol::Layer& cells = figure.layers.at(0);
        QCOMPARE(cells.z, (std::vector<double>{0, 0, 0, 0, 1, 1, 0, 0, 1})); // rows y1, columns y2
        QCOMPARE(cells.samples.of(1 * 3 + 2), (Ids{20}));
        QCOMPARE(targetConfusionFigure(r, view).layers.at(0).samples.of(0), (Ids{40, 50}));
    }

    void everyFigureIsConsistent()
    {
        for (const View& v :
             {view, View{.source = 0, .target = 0, .eps = 1}, View{.source = 1, .target = 2, .eps = 0}}) {
            for (const protocol::Figure& f : viewFigures(r, v)) {
                QVERIFY(!f.title.empty() && !f.caption.empty() && !f.section.empty() && !f.x.label.empty());
                for (const protocol::Layer& l : f.layers) {
                    if (!l.samples.empty())
                        QCOMPARE(l.samples.marks(),
                                 l.kind == protocol::LayerKind::Cells ? l.z.size() : l.y.size());
                    QVERIFY(l.low.empty() || l.low.size() == l.y.size());
                }
            }
        }
    }

    void viewFallsBackToWhatThereIs()
    {
        ClassAwareParams p;
        p.viewSource = "b";
        p.viewTarget = "b"; // not its own target: the most similar one
        p.viewEps = 0.6;
        QCOMPARE(viewOf(r, p), (View{.source = 1, .target = 2, .eps = 0}));
        p.viewSource = "unknown";
        QCOMPARE(viewOf(r, p), (View{.source = 0, .target = 0, .eps = 0}));
    }

    void galleryIsBalanced()
    {
        torch::Tensor codes = torch::zeros({100}, torch::kInt64);
        codes.narrow(0, 10, 60).fill_(1);
        codes.narrow(0, 70, 20).fill_(3);
        codes[95] = 2;
        const std::vector<std::int64_t> chosen = balancedChoice(codes, 31);
        QCOMPARE(chosen.size(), std::size_t(31));
        QVERIFY(std::ranges::is_sorted(chosen));
        std::array<int, 4> counts{};
        for (const std::int64_t i : chosen)
            ++counts[static_cast<std::size_t>(codes[i].item<std::int64_t>())];
        QCOMPARE(counts, (std::array<int, 4>{0, 15, 1, 15}));
    }

    void galleryShowsThePerturbation()
    {
        torch::Tensor attacked = r.clean.to(torch::kFloat32) / 255;
        attacked += 0.02f;
        const protocol::ImageGrid grid = exampleGrid(r, view, attacked);
        QCOMPARE(grid.ids, (Ids{10, 20, 30, 40, 50}));
        QCOMPARE(grid.pixels.size(), grid.pixelBytes());
        QCOMPARE(int(grid.pixels[0]), 100);  // clean
        QCOMPARE(int(grid.pixels[16]), 179); // 0.5 + 10 * 0.02 = 0.7, times 255 and rounded
        QCOMPARE(int(grid.pixels[32]), 105); // 100 + 5.1
        QCOMPARE(grid.attributes[3].codes, (std::vector<std::int32_t>{2, 1, 2, 0, 0}));
        QCOMPARE(grid.attributes[2].codes, (std::vector<std::int32_t>{1, 2, 2, 0, 0}));
    }

    void artifactRoundTrip()
    {
        const ClassAwareResults back = fromTensors(toTensors(r));
        QCOMPARE(back.sources, r.sources);
        QCOMPARE(back.classes, r.classes);
        QCOMPARE(pairsTable(back).columns[7].numbers.at(4), 0.4);
        QVERIFY(outcomesFigure(back, view) == outcomesFigure(r, view));
        QVERIFY(wrongClassesFigure(back, view) == wrongClassesFigure(r, view));
        QVERIFY(torch::equal(back.perSource[0].eps[1].paths[0], r.perSource[0].eps[1].paths[0]));
        QVERIFY(!back.perSource[0].eps[1].paths[1].defined());
    }

    void damagedArtifactIsASentence()
    {
        engine::TensorMap map = toTensors(r);
        map.erase("y2.0.1");
        try {
            fromTensors(map);
            QFAIL("a missing tensor was accepted");
        } catch (const Error& e) {
            QCOMPARE(std::string(e.what()),
                     "artifact 'outcomes': tensor 'y2.0.1' is missing or malformed. Run the study again.");
        }
    }
};

QTEST_GUILESS_MAIN(TestClassAwareReport)
#include "tst_class_aware_report.moc"
