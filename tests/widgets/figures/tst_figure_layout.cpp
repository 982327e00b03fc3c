#include "sample_figures.h"

#include "widgets/figures/bars_layout.h"
#include "widgets/figures/category_labels.h"
#include "widgets/figures/figure_ranges.h"
#include "widgets/figures/mark_pick.h"
#include "widgets/figures/mark_text.h"
#include "widgets/figures/plot_style.h"

#include <QFontMetricsF>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

class FigureLayoutTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void stacksStandOnEachOther();
    void negativeValuesStackDownwards();
    void groupsStandSideBySide();
    void rangesHoldTheData();
    void fixedLimitsWin();
    void nothingGivesAUnitRange();
    void divergingScaleIsSymmetric();
    void categoriesBreakThenSlant();
    void longLabelsOfAxesBreak();
    void marksSayEverything();
    void anEmptyMarkHasNoValue();
    void numbersRead();
    void marksStandForParameters();
};

void FigureLayoutTest::stacksStandOnEachOther()
{
    Figure f;
    f.layers = {Layer{.kind = LayerKind::Bars, .stack = "s", .x = {0, 1}, .y = {0.5, 0.25}},
                Layer{.kind = LayerKind::Bars, .stack = "s", .x = {1, 0}, .y = {0.5, 0.125}}};
    const auto bars = layoutBars(f);
    QCOMPARE(bars[1][0].bottom, 0.25); // matched by x, not by order
    QCOMPARE(bars[1][0].top, 0.75);
    QCOMPARE(bars[1][1].bottom, 0.5);
    QCOMPARE(bars[0][0].left, -0.38);
    QCOMPARE(bars[0][0].right, 0.38);
}

void FigureLayoutTest::negativeValuesStackDownwards()
{
    Figure f;
    f.layers = {Layer{.kind = LayerKind::Bars, .stack = "s", .x = {0}, .y = {2}},
                Layer{.kind = LayerKind::Bars, .stack = "s", .x = {0}, .y = {-1}},
                Layer{.kind = LayerKind::Bars, .stack = "s", .x = {0}, .y = {-3}}};
    const auto bars = layoutBars(f);
    QCOMPARE(bars[1][0].bottom, 0.0);
    QCOMPARE(bars[1][0].top, -1.0);
    QCOMPARE(bars[2][0].top, -4.0);
}

void FigureLayoutTest::groupsStandSideBySide()
{
    Figure f;
    f.layers = {Layer{.kind = LayerKind::Bars, .x = {0, 2}, .y = {1, 1}},
                Layer{.kind = LayerKind::Line, .x = {0}, .y = {0}},
                Layer{.kind = LayerKind::Bars, .x = {0, 2}, .y = {1, 1}}};
    const auto bars = layoutBars(f);
    QVERIFY(bars[1].empty());
    QVERIFY(bars[0][0].right < bars[2][0].left);
    QCOMPARE(bars[0][0].left + bars[2][0].right, 0.0); // the group is centred
    QVERIFY(bars[2][0].right - bars[0][0].left <= 0.76 * 2 + 1e-12);
}

void FigureLayoutTest::rangesHoldTheData()
{
    const Figure f = test::groupedBars();
    const FigureRanges r = rangesOf(f, layoutBars(f));
    QCOMPARE(r.x, (Range{-0.5, 5.5}));
    QCOMPARE(r.y, (Range{0, 100}));
    const Figure l = test::lines();
    const FigureRanges lr = rangesOf(l, layoutBars(l));
    QVERIFY(lr.x.low < 0.2 && lr.x.high > 2.0);
    QCOMPARE(lr.y.low, 0.0);
    QVERIFY(lr.y.high > 0.95);
}

void FigureLayoutTest::fixedLimitsWin()
{
    Figure f;
    f.y.low = -2;
    f.y.high = 7;
    f.layers = {Layer{.kind = LayerKind::Line, .x = {0, 1}, .y = {100, 200}}};
    QCOMPARE(rangesOf(f, layoutBars(f)).y, (Range{-2, 7}));
}

void FigureLayoutTest::nothingGivesAUnitRange()
{
    const Figure f;
    QCOMPARE(rangesOf(f, {}).x, (Range{0, 1}));
    Figure nan;
    nan.layers = {Layer{.kind = LayerKind::Points, .x = {std::nan("")}, .y = {INFINITY}}};
    QCOMPARE(rangesOf(nan, layoutBars(nan)).y, (Range{0, 1}));
}

void FigureLayoutTest::divergingScaleIsSymmetric()
{
    const Figure f = test::divergingCells();
    const Range c = rangesOf(f, layoutBars(f)).colour;
    QCOMPARE(c.low, -c.high);
}

void FigureLayoutTest::categoriesBreakThenSlant()
{
    const QFontMetricsF metrics{QFont()};
    const QStringList names{"fashion-cnn", "fashion-mlp"};
    const double whole = metrics.horizontalAdvance(names[0]);
    QCOMPARE(fitCategories(names, metrics, whole * 1.5, 100).texts, names);
    const CategoryLabels broken = fitCategories(names, metrics, whole * 0.8, 100);
    QCOMPARE(broken.texts[0], QString("fashion-\ncnn"));
    QCOMPARE(broken.rotation, 0.0);
    const CategoryLabels slanted = fitCategories(names, metrics, whole * 0.4, whole * 2);
    QVERIFY(slanted.rotation != 0);
    QCOMPARE(slanted.texts[0], names[0]);
}

void FigureLayoutTest::longLabelsOfAxesBreak()
{
    const QFontMetricsF metrics{QFont()};
    const QString label = "Second component of the variance";
    const double whole = metrics.horizontalAdvance(label);
    QCOMPARE(fittedLabel(label, metrics, whole + 1), label);
    QCOMPARE(fittedLabel(label, metrics, whole * 0.7), QString("Second component\nof the variance"));
    for (const QString& line : fittedLabel(label, metrics, whole * 0.2).split('\n'))
        QVERIFY(metrics.horizontalAdvance(line) <= whole * 0.2);
    QVERIFY(fittedLabel(label, metrics, whole * 0.2).contains(QChar(0x2026)));
}

void FigureLayoutTest::marksSayEverything()
{
    const Figure f = test::stackedBars();
    const QString thin(QChar(0x2009));
    QCOMPARE(markText(f, 0, 0),
             QString("Same mistake\nε, L2 of [0,1]: 0.5\nShare: 0.1199\nWilson 95 %: 0.1041 – 0.1356\n"
                     "196 of 1") +
                 thin + "635 the 1 635 images that fool fashion-cnn\n196 images");
    QCOMPARE(markReason(f, 0, 0), QString("Same mistake, ε, L2 of [0,1]: 0.5"));
    QCOMPARE(markText(test::cells(), 0, 33),
             QString("Images\nTarget predicts: Dress\nSource predicts: Dress\nImages: 99\n99 images"));
    QCOMPARE(markText(f, 9, 0), QString());
}

void FigureLayoutTest::anEmptyMarkHasNoValue()
{
    Figure f;
    f.x = {.label = "Confidence", .unit = "%"};
    f.y = {.label = "Accuracy", .unit = "%"};
    f.layers = {Layer{.kind = LayerKind::Points, .name = "Empty bin", .role = "empty", .x = {5}, .y = {0}}};
    QCOMPARE(markText(f, 0, 0), QString("Empty bin\nConfidence: 5 %"));
    f.layers[0].role = "accent";
    QCOMPARE(markText(f, 0, 0), QString("Empty bin\nConfidence: 5 %\nAccuracy: 0 %"));
}

void FigureLayoutTest::numbersRead()
{
    QCOMPARE(numberText(0.123456), QString("0.1235"));
    QCOMPARE(numberText(1635), QString("1") + QChar(0x2009) + "635");
    QCOMPARE(numberText(-2), QString(QChar(0x2212)) + "2");
    QCOMPARE(numberText(std::nan("")), QString("–"));
    QCOMPARE(axisText("ε", "L2"), QString("ε (L2)"));
    QCOMPARE(axisText("", "L2"), QString("L2"));
}

void FigureLayoutTest::marksStandForParameters()
{
    Figure f;
    f.x = {.scale = protocol::AxisScale::Category, .categories = {"a", "b", "c"}, .sets = "target"};
    f.y = {.scale = protocol::AxisScale::Category, .categories = {"s", "t"}, .sets = "source"};
    f.sets = R"({"attack":"pgd"})";
    f.layers = {Layer{.kind = LayerKind::Cells, .z = {1, 2, 3, 4, 5, 6}, .rows = 2, .columns = 3},
                Layer{.kind = LayerKind::Points, .x = {1.36}, .y = {0.33}}};
    QCOMPARE(pickedParams(f, 0, 5).dump(), std::string(R"({"attack":"pgd","target":"c","source":"t"})"));
    QCOMPARE(pickedParams(f, 1, 0).dump(), std::string(R"({"attack":"pgd","target":"b","source":"s"})"));
    QCOMPARE(pickedParams(f, 7, 0).dump(), std::string("{}"));
    const auto names = pickableNames(f);
    QCOMPARE(names.size(), std::size_t(2));
    QCOMPARE(names.at("source"), (std::vector<Json>{"s", "t"}));
    f.sets = "[damaged";
    f.y.sets.clear();
    f.x = {.sets = "eps"};
    QCOMPARE(pickedParams(f, 1, 0).dump(), std::string(R"({"eps":1.36})"));
}

QTEST_MAIN(FigureLayoutTest)
#include "tst_figure_layout.moc"
