#include "compared_runs.h"

#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_runs.h"
#include "widgets/report/comparison/figure_overlay.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

FigureOverlay overlayOf(const std::vector<protocol::Figure>& figures, bool keepSamples = true)
{
    QVector<OverlaidFigure> all;
    for (std::size_t k = 0; k < figures.size(); ++k)
        all.append({std::make_shared<const protocol::Figure>(figures[k]), QString(QChar(u'A' + char16_t(k))),
                    static_cast<int>(k)});
    return overlayFigures(all, keepSamples);
}

using Names = std::vector<std::string>;
using Numbers = std::vector<double>;

} // namespace

class FigureOverlayTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void linesAreNamedByLayerAndRun();
    void referenceLinesStayOnce();
    void referenceLinesThatDifferAreTheRuns();
    void categoriesAreMergedByName();
    void samplesAreKeptWithinOneDataset();
    void stacksStayStacked();
    void incompatibleAxesSayWhy_data();
    void incompatibleAxesSayWhy();
    void cellsBecomeADifference();
    void cellsGoByName();
    void cellsThatCannotBeSubtracted();
    void boxesGetPlacesOfTheirOwn();
    void limitsHoldAll();
    void figuresOfOneRunAreNamed();
};

void FigureOverlayTest::linesAreNamedByLayerAndRun()
{
    const auto overlay = overlayOf({twoLines(0), twoLines(0.05)});
    QVERIFY(overlay.figure);
    Names names, roles;
    for (const auto& layer : overlay.figure->layers) {
        names.push_back(layer.name);
        roles.push_back(layer.role);
    }
    QCOMPARE(names, (Names{"chance", "clean · A", "attacked · A", "clean · B", "attacked · B"}));
    // Colour by run, dash by layer.
    QCOMPARE(roles, (Names{"chance", "series:0:0", "series:0:1", "series:1:0", "series:1:1"}));
    QCOMPARE(overlay.figure->layers[3].y, twoLines(0.05).layers[0].y);
    QCOMPARE(overlay.figure->name, std::string("over-eps"));
}

void FigureOverlayTest::referenceLinesStayOnce()
{
    const auto overlay = overlayOf({twoLines(0), twoLines(0.05), twoLines(0.1)});
    const auto& layers = overlay.figure->layers;
    QCOMPARE(layers.size(), std::size_t(7));
    QCOMPARE(std::count_if(layers.begin(), layers.end(), [](const auto& l) { return l.name == "chance"; }),
             1);
}

void FigureOverlayTest::referenceLinesThatDifferAreTheRuns()
{
    protocol::Figure other = twoLines(0);
    other.layers[2].y = {0.5};
    const auto overlay = overlayOf({twoLines(0), other});
    QCOMPARE(overlay.figure->layers[2].name, std::string("chance · A"));
    other.caption = "60 images.";
    QCOMPARE(overlayOf({other, twoLines(0)}).figure->caption, std::string("A, B overlaid. Of A: 60 images."));
    QCOMPARE(overlay.figure->layers[5].name, std::string("chance · B"));
}

void FigureOverlayTest::categoriesAreMergedByName()
{
    const auto overlay =
        overlayOf({namedBars({"cat", "dog"}, {0.1, 0.2}), namedBars({"dog", "cow", "cat"}, {0.3, 0.4, 0.5})});
    QVERIFY(overlay.figure);
    QCOMPARE(overlay.figure->x.categories, (Names{"cat", "dog", "cow"}));
    const auto& layers = overlay.figure->layers;
    QCOMPARE(layers.size(), std::size_t(2));
    QCOMPARE(layers[0].name, std::string("A")); // one layer each: the run says enough
    QCOMPARE(layers[0].x, (Numbers{0, 1}));
    QCOMPARE(layers[1].x, (Numbers{1, 2, 0}));
    QCOMPARE(layers[1].y, (Numbers{0.3, 0.4, 0.5}));
}

void FigureOverlayTest::samplesAreKeptWithinOneDataset()
{
    const std::vector<protocol::Figure> figures{namedBars({"a", "b"}, {1, 2}), namedBars({"a", "b"}, {2, 3})};
    QCOMPARE(overlayOf(figures, true).figure->layers[1].samples.of(1), (std::vector<std::int64_t>{10}));
    QVERIFY(overlayOf(figures, false).figure->layers[1].samples.empty());
    // The comparison knows by the hashes in the provenance.
    const auto runs = [&](const char* hash) {
        return QVector{comparedRun("a", {}, {}, {figures[0]}), comparedRun("b", {}, {}, {figures[1]}, hash)};
    };
    QVERIFY(!compareRuns(runs("d1"), {"A", "B"}).overlays.first()->layers[0].samples.empty());
    QVERIFY(compareRuns(runs("d2"), {"A", "B"}).overlays.first()->layers[0].samples.empty());
}

void FigureOverlayTest::stacksStayStacked()
{
    protocol::Figure figure = namedBars({"a"}, {1});
    figure.layers[0].stack = "all";
    figure.layers.push_back(figure.layers[0]);
    figure.layers[1].name = "rest";
    const auto overlay = overlayOf({figure, figure});
    Names stacks;
    for (const auto& layer : overlay.figure->layers)
        stacks.push_back(layer.stack);
    QCOMPARE(stacks, (Names{"all · A", "all · A", "all · B", "all · B"}));
}

void FigureOverlayTest::incompatibleAxesSayWhy_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("notice");
    QTest::newRow("label") << "label"
                           << "“Accuracy over ε” is not overlaid: its x axis is “ε” in A and “rate” in B.";
    QTest::newRow("unit") << "unit"
                          << "“Accuracy over ε” is not overlaid: its y axis is “Accuracy” in A and “Accuracy "
                             "(%)” in B.";
    QTest::newRow("scale")
        << "scale"
        << "“Accuracy over ε” is not overlaid: its x axis is “linear” in A and “logarithmic” in B.";
}

void FigureOverlayTest::incompatibleAxesSayWhy()
{
    QFETCH(QString, change);
    QFETCH(QString, notice);
    protocol::Figure other = twoLines(0);
    if (change == "label")
        other.x.label = "rate";
    else if (change == "unit")
        other.y.unit = "%";
    else
        other.x.scale = protocol::AxisScale::Log;
    const auto overlay = overlayOf({twoLines(0), other});
    QVERIFY(!overlay.figure);
    QCOMPARE(overlay.notice, notice);
}

void FigureOverlayTest::cellsBecomeADifference()
{
    const auto overlay =
        overlayOf({namedCells({"x", "y"}, {1, 2, 3, 4}), namedCells({"x", "y"}, {2, 2, 1, 4.5})});
    QVERIFY2(overlay.figure, qPrintable(overlay.notice));
    const auto& layer = overlay.figure->layers[0];
    QCOMPARE(layer.z, (Numbers{1, 0, -2, 0.5}));
    QCOMPARE(layer.colourMap, std::string("diverging"));
    QCOMPARE(*overlay.figure->colour.low, -2.0);
    QCOMPARE(*overlay.figure->colour.high, 2.0);
    QCOMPARE(overlay.figure->title, std::string("Confusion: B minus A"));
    QCOMPARE(overlay.figure->caption, std::string("B minus A."));
}

void FigureOverlayTest::cellsGoByName()
{
    const auto overlay =
        overlayOf({namedCells({"x", "y"}, {1, 2, 3, 4}), namedCells({"y", "z"}, {14, 15, 16, 17})});
    QCOMPARE(overlay.figure->x.categories, (Names{"x", "y", "z"}));
    const auto& layer = overlay.figure->layers[0];
    QCOMPARE(layer.rows, 3U);
    QCOMPARE(layer.z[1 * 3 + 1], 10.0); // (y, y): 14 - 4
    QCOMPARE(std::count_if(layer.z.begin(), layer.z.end(), [](double z) { return std::isfinite(z); }), 1);
}

void FigureOverlayTest::cellsThatCannotBeSubtracted()
{
    const protocol::Figure cells = namedCells({"x", "y"}, {1, 2, 3, 4});
    QCOMPARE(
        overlayOf({cells, cells, cells}).notice,
        QString("“Confusion” is not overlaid: cells are compared two runs at a time, as their difference."));
    protocol::Figure named = cells;
    named.colour.scale = protocol::AxisScale::Category;
    QVERIFY(overlayOf({named, named}).notice.contains("names, which have no difference"));
    protocol::Figure places = cells;
    places.x.scale = places.y.scale = protocol::AxisScale::Linear;
    protocol::Figure elsewhere = places;
    elsewhere.layers[0].x = {5, 6};
    QVERIFY(overlayOf({places, elsewhere}).notice.contains("at different places"));
    QVERIFY(overlayOf({places, places}).figure);
}

void FigureOverlayTest::boxesGetPlacesOfTheirOwn()
{
    protocol::Figure figure = namedBars({"a", "b"}, {});
    figure.layers[0].kind = protocol::LayerKind::Boxes;
    figure.layers[0].x = {0, 1};
    figure.layers[0].z = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
    const auto overlay = overlayOf({figure, figure});
    QCOMPARE(overlay.figure->x.categories, (Names{"a · A", "a · B", "b · A", "b · B"}));
    QCOMPARE(overlay.figure->layers[0].x, (Numbers{0, 2}));
    QCOMPARE(overlay.figure->layers[1].x, (Numbers{1, 3}));
}

void FigureOverlayTest::limitsHoldAll()
{
    protocol::Figure narrow = twoLines(0), wide = twoLines(0), open = twoLines(0);
    narrow.y.low = 0.2;
    narrow.y.high = 0.8;
    wide.y.low = 0;
    wide.y.high = 1;
    const auto overlay = overlayOf({narrow, wide});
    QCOMPARE(*overlay.figure->y.low, 0.0);
    QCOMPARE(*overlay.figure->y.high, 1.0);
    QVERIFY(!overlayOf({narrow, open}).figure->y.low);
}

void FigureOverlayTest::figuresOfOneRunAreNamed()
{
    const auto result = compareRuns({comparedRun("a", {}, {}, {twoLines(0), namedBars({"a"}, {1})}),
                                     comparedRun("b", {}, {}, {twoLines(0)})},
                                    {"A", "B"});
    QCOMPARE(result.overlays.size(), 1);
    QVERIFY(result.notices.contains("Figures of one run only are not overlaid: “Accuracy by name” (A)."));
}

QTEST_MAIN(FigureOverlayTest)
#include "tst_figure_overlay.moc"
