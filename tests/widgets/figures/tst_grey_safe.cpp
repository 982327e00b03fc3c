#include "sample_figures.h"

#include "widgets/figures/figure_plot.h"
#include "widgets/figures/hatch.h"
#include "widgets/figures/plot_renderer.h"
#include "widgets/theme/colour_vision.h"

#include <qcustomplot.h>

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::widgets;

class GreySafeTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void hatchStaysInside_data();
    void hatchStaysInside();
    void hatchCoversEvenly();
    void hatchOfNothing();
    void everySeriesHasALookOfItsOwn();
    void runsKeepTheirColour();
    void seriesDifferInGrey_data();
    void seriesDifferInGrey();
    void barsAreHatched();
    void scalesGrowDarkerAllTheWay();
    void everyFigureDraws();
};

namespace {

/// @p count layers that look the same but for their names.
protocol::Figure equalSeries(int count, protocol::LayerKind kind)
{
    protocol::Figure figure;
    figure.name = "equal";
    figure.y.low = 0;
    figure.y.high = 1;
    for (int i = 0; i < count; ++i) {
        protocol::Layer layer;
        layer.kind = kind;
        layer.name = "series " + std::to_string(i);
        layer.role = "chance"; // all of one colour, as grey makes them
        layer.x = kind == protocol::LayerKind::Bars ? std::vector<double>{0} : std::vector<double>{0, 1, 2};
        layer.y = kind == protocol::LayerKind::Bars ? std::vector<double>{0.9}
                                                    : std::vector<double>(3, 0.1 + 0.1 * i);
        figure.layers.push_back(layer);
    }
    return figure;
}

QVector<LayerLook> looksOf(const protocol::Figure& figure, bool greySafe)
{
    QCustomPlot plot;
    FigurePlot drawing(plot);
    PlotStyle style = PlotStyle::file(8, 300, true);
    style.greySafe = greySafe;
    drawing.build(test::shared(figure), style);
    QVector<LayerLook> looks;
    for (const LayerPlottable* layer : drawing.layers())
        looks << layer->look();
    return looks;
}

} // namespace

void GreySafeTest::hatchStaysInside_data()
{
    QTest::addColumn<QPolygonF>("shape");
    QTest::newRow("rectangle") << QPolygonF(QRectF(10, 20, 50, 30));
    QTest::newRow("triangle") << QPolygonF({{0, 0}, {40, 5}, {10, 60}});
    QTest::newRow("notched") << QPolygonF({{0, 0}, {60, 0}, {60, 40}, {30, 10}, {0, 40}});
}

void GreySafeTest::hatchStaysInside()
{
    QFETCH(QPolygonF, shape);
    for (const double degrees : {0.0, 45.0, 90.0, 135.0, 17.0}) {
        const auto lines = hatchLines(shape, degrees, 4);
        QVERIFY(!lines.isEmpty());
        for (const QLineF& line : lines) {
            for (const double t : {0.01, 0.5, 0.99})
                QVERIFY(line.length() < 0.1 || shape.containsPoint(line.pointAt(t), Qt::OddEvenFill));
        }
    }
}

void GreySafeTest::hatchCoversEvenly()
{
    // Lines at any angle, 4 apart, have a length of area / 4 together.
    const QRectF rect(3, 7, 200, 120);
    for (const double degrees : {0.0, 30.0, 45.0, 90.0, 135.0}) {
        double length = 0;
        for (const QLineF& line : hatchLines(QPolygonF(rect), degrees, 4))
            length += line.length();
        QVERIFY2(std::abs(length / (200 * 120 / 4.0) - 1) < 0.03, qPrintable(QString::number(length)));
    }
}

void GreySafeTest::hatchOfNothing()
{
    QVERIFY(hatchLines({}, 45, 4).isEmpty());
    QVERIFY(hatchLines(QPolygonF(QRectF(0, 0, 10, 10)), 45, 0).isEmpty());
    QVERIFY(hatchLines(QPolygonF(QRectF(0, 0, 1e9, 1e9)), 45, 1).isEmpty());
    QVERIFY(hatchLines({{0, 0}, {qQNaN(), 1}, {2, 2}}, 45, 1).size() < 10);
}

void GreySafeTest::everySeriesHasALookOfItsOwn()
{
    for (const protocol::Figure& figure : {test::lines(), test::groupedBars(), test::stackedBars()}) {
        QMap<QString, int> variants;
        const auto looks = looksOf(figure, true);
        for (qsizetype i = 0; i < looks.size(); ++i) {
            const auto& layer = figure.layers[static_cast<std::size_t>(i)];
            if (layer.kind != protocol::LayerKind::Marks)
                variants.insert(QString::fromStdString(layer.name), looks[i].variant);
        }
        const QSet<int> different(variants.begin(), variants.end());
        QCOMPARE(different.size(), variants.size());
    }
}

void GreySafeTest::runsKeepTheirColour()
{
    protocol::Figure figure = equalSeries(4, protocol::LayerKind::Line);
    for (std::size_t i = 0; i < 4; ++i)
        figure.layers[i].role = "series:" + std::to_string(i / 2) + ":" + std::to_string(i % 2);
    const auto looks = looksOf(figure, false);
    QCOMPARE(looks[0].colour, looks[1].colour);
    QCOMPARE(looks[2].colour, looks[3].colour);
    QVERIFY(looks[0].colour != looks[2].colour);
    QCOMPARE(looks[0].variant, looks[2].variant);
    QCOMPARE(looks[1].variant, 1);
    QCOMPARE(looks[3].variant, 1);
}

void GreySafeTest::seriesDifferInGrey_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("lines") << int(protocol::LayerKind::Line);
    QTest::newRow("points") << int(protocol::LayerKind::Points);
}

void GreySafeTest::seriesDifferInGrey()
{
    QFETCH(int, kind);
    // Eight series in the same place and colour, each drawn alone.
    const auto pictureOf = [&](std::size_t which, bool greySafe) {
        protocol::Figure figure = equalSeries(kVariants, static_cast<protocol::LayerKind>(kind));
        for (std::size_t i = 0; i < figure.layers.size(); ++i) {
            figure.layers[i].y.assign(figure.layers[i].y.size(), 0.5);
            figure.layers[i].role = "accent";
            if (!greySafe)
                figure.layers[i].name = "one";
            if (i != which)
                figure.layers[i].x.assign(figure.layers[i].x.size(), std::nan(""));
        }
        const ExportOptions options{
            .widthMm = 60, .heightMm = 40, .dpi = 150, .fontPt = 7, .showTitle = false, .greySafe = greySafe};
        const QImage image = simulated(renderImage(figure, options), ColourVision::Grey);
        // Only the plot: the legend above is of all series.
        return image.copy(0, image.height() / 2, image.width(), image.height() / 2);
    };
    QVERIFY(pictureOf(0, false) == pictureOf(1, false));
    for (std::size_t a = 0; a < kVariants; ++a) {
        for (std::size_t b = a + 1; b < kVariants; ++b)
            QVERIFY2(pictureOf(a, true) != pictureOf(b, true),
                     qPrintable(QString("%1 and %2").arg(a).arg(b)));
    }
}

void GreySafeTest::barsAreHatched()
{
    const auto shadesOf = [](bool greySafe) {
        QCustomPlot plot;
        plot.resize(600, 300);
        FigurePlot drawing(plot);
        PlotStyle style = PlotStyle::file(8, 120, false);
        style.greySafe = greySafe;
        protocol::Figure figure = equalSeries(kVariants, protocol::LayerKind::Bars);
        for (auto& layer : figure.layers)
            layer.name = greySafe ? layer.name : "one";
        drawing.build(test::shared(figure), style);
        drawing.arrange(plot.size());
        const QImage image = simulated(plot.toPixmap(600, 300).toImage(), ColourVision::Grey);
        QVector<int> shades;
        for (int i = 0; i < kVariants; ++i) {
            // Without the number in the middle.
            const QRect inside = drawing.rectOf({i, 0}).toRect().adjusted(3, 3, -3, -3);
            QSet<int> found;
            for (int y = inside.top(); y < inside.top() + inside.height() / 3; ++y) {
                for (int x = inside.left(); x <= inside.right(); ++x)
                    found.insert(qGray(image.pixel(x, y)));
            }
            shades << int(found.size());
        }
        return shades;
    };
    QCOMPARE(shadesOf(false), QVector<int>(kVariants, 1));
    const QVector<int> hatched = shadesOf(true);
    QCOMPARE(hatched[0], 1);
    QVERIFY(std::all_of(hatched.begin() + 1, hatched.end(), [](int shades) { return shades > 1; }));
}

void GreySafeTest::scalesGrowDarkerAllTheWay()
{
    PlotStyle style = PlotStyle::file(8, 300, false);
    const auto greyOf = [&](double t) {
        return simulated(style.mapped("diverging", t), ColourVision::Grey).red();
    };
    // Both ends of a diverging scale are about as dark.
    QVERIFY(std::abs(greyOf(0) - greyOf(1)) < 60);
    QVERIFY(greyOf(0.5) > greyOf(0) + 60);
    style.greySafe = true;
    for (int i = 0; i < 20; ++i)
        QVERIFY(greyOf((i + 1) / 20.0) <= greyOf(i / 20.0));
    QVERIFY(greyOf(0) - greyOf(1) > 100);
}

void GreySafeTest::everyFigureDraws()
{
    for (const protocol::Figure& figure : test::allFigures()) {
        ExportOptions options{.widthMm = 80, .heightMm = 55, .dpi = 100, .fontPt = 7};
        const QImage plain = renderImage(figure, options);
        options.greySafe = true;
        const QImage safe = renderImage(figure, options);
        QCOMPARE(safe.size(), plain.size());
        QVERIFY(!renderPdf(figure, options).isEmpty());
        QVERIFY(renderSvg(figure, options).contains("</svg>"));
    }
}

QTEST_MAIN(GreySafeTest)
#include "tst_grey_safe.moc"
