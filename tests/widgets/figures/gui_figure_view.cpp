#include "sample_figures.h"

#include "widgets/figures/figure_view.h"
#include "widgets/figures/layer_plottable.h"
#include "widgets/selection/selection.h"

#include <QDir>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>

#include <qcustomplot.h>

using namespace assay;
using namespace assay::widgets;

namespace {

QString shotPath(const QString& name)
{
    QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
    return QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/%1.png").arg(name);
}

LayerPlottable* layerOf(FigureView& view, int index)
{
    return static_cast<LayerPlottable*>(view.plot()->plottable(index));
}

} // namespace

class FigureViewTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { Theme::light().apply(); }
    void drawsEveryKind_data();
    void drawsEveryKind();
    void clickSelectsTheSamplesOfABar();
    void ctrlClickAdds();
    void clickOnACellSelectsItsSamples();
    void legendSelectsALayer();
    void rubberBandSelectsWhatItTouches();
    void selectionElsewhereMarksBars();
    void keyboardWalksAndSelects();
    void zoomSurvivesNewNumbers();
    void shortLogAxesHaveNumbers();
    void aClickOpensTheGallery();
    void survivesFiguresWithoutNumbers_data();
    void survivesFiguresWithoutNumbers();
};

void FigureViewTest::drawsEveryKind_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QSize>("size");
    const auto figures = test::allFigures();
    for (std::size_t i = 0; i < figures.size(); ++i)
        for (const bool dark : {false, true})
            for (const QSize size : {QSize(760, 460), QSize(360, 270)})
                QTest::addRow("figure-%s-%s-%d", figures[i].name.c_str(), dark ? "dark" : "light",
                              size.width())
                    << static_cast<int>(i) << dark << size;
}

void FigureViewTest::drawsEveryKind()
{
    QFETCH(int, index);
    QFETCH(bool, dark);
    QFETCH(QSize, size);
    const Theme theme = dark ? Theme::dark() : Theme::light();
    theme.apply();
    Selection selection;
    FigureView view(&selection);
    view.setTheme(theme);
    view.resize(size);
    view.setFigure(test::shared(test::allFigures()[static_cast<std::size_t>(index)]));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const QImage shot = view.grab().toImage();
    shot.save(shotPath(QTest::currentDataTag()));
    QCOMPARE(shot.pixelColor(2, 2).name(), theme.plotBackground.name());
    QSet<QRgb> colours;
    for (int y = 0; y < shot.height(); y += 3)
        for (int x = 0; x < shot.width(); x += 3)
            colours.insert(shot.pixel(x, y));
    QVERIFY2(colours.size() > 3, "nothing was drawn");
    QCOMPARE(view.accessibleName(), QString::fromStdString(view.figure()->title));
}

void FigureViewTest::clickSelectsTheSamplesOfABar()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::stackedBars()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const QRectF bar = layerOf(view, 1)->markRect(4);
    QTest::mouseClick(view.plot(), Qt::LeftButton, {}, bar.center().toPoint());
    const auto expected = view.figure()->layers[1].samples.of(4);
    QCOMPARE(selection.ids(), QVector<qint64>(expected.begin(), expected.end()));
    QCOMPARE(selection.reason(), QString("Different mistake, ε, L2 of [0,1]: 2.5"));
    QTest::mouseClick(view.plot(), Qt::LeftButton, {},
                      view.plot()->axisRect()->rect().topLeft() + QPoint(2, 2));
    QVERIFY(selection.isEmpty());
}

void FigureViewTest::ctrlClickAdds()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::stackedBars()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QTest::mouseClick(view.plot(), Qt::LeftButton, {}, layerOf(view, 1)->markRect(0).center().toPoint());
    const qsizetype first = selection.ids().size();
    QTest::mouseClick(view.plot(), Qt::LeftButton, Qt::ControlModifier,
                      layerOf(view, 1)->markRect(6).center().toPoint());
    QCOMPARE(selection.ids().size(), first + view.figure()->layers[1].samples.of(6).size());
}

void FigureViewTest::clickOnACellSelectsItsSamples()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(600, 500);
    view.setFigure(test::shared(test::cells()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QTest::mouseClick(view.plot(), Qt::LeftButton, {}, layerOf(view, 0)->markRect(33).center().toPoint());
    QCOMPARE(selection.ids().size(), 60 + 13 * 3);
    QCOMPARE(selection.primary(), 330);
    view.grab().save(shotPath("figure-confusion-selected"));
}

void FigureViewTest::legendSelectsALayer()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::stackedBars(2)));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    // The first legend entry stands at the left above the plot.
    const QRect plot = view.plot()->axisRect()->outerRect();
    QTest::mouseClick(view.plot(), Qt::LeftButton, {}, QPoint(30, plot.top() - 14));
    QCOMPARE(selection.reason(), QString("Same mistake"));
    QVERIFY(!selection.isEmpty());
}

void FigureViewTest::rubberBandSelectsWhatItTouches()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::points()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const QPoint target = layerOf(view, 0)->markRect(0).center().toPoint();
    QTest::mousePress(view.plot(), Qt::LeftButton, Qt::ShiftModifier, target - QPoint(12, 12));
    QTest::mouseMove(view.plot(), target + QPoint(5, 5));
    QTest::mouseRelease(view.plot(), Qt::LeftButton, Qt::ShiftModifier, target + QPoint(12, 12));
    QCOMPARE(selection.ids().size(), 30);
    QVERIFY(selection.contains(0));
}

void FigureViewTest::selectionElsewhereMarksBars()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::stackedBars()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const QPoint inBar = layerOf(view, 0)->markRect(6).center().toPoint();
    QVector<qint64> all;
    for (qint64 id = 0; id < 1635; id += 2)
        all << id;
    const QColor before =
        view.grab().toImage().pixelColor(inBar.x(), layerOf(view, 0)->markRect(6).top() + 12);
    selection.set(all, this, "every second");
    QTest::qWait(1);
    const QImage after = view.grab().toImage();
    after.save(shotPath("figure-outcomes-half-selected"));
    const QRectF bar = layerOf(view, 0)->markRect(6);
    QCOMPARE(before.name(), Theme::light().role("same").name());
    QCOMPARE(after.pixelColor(inBar.x() + 8, bar.bottom() - 12).name(), before.name());
    QVERIFY(after.pixelColor(inBar.x() + 8, bar.top() + 12) != before);
}

void FigureViewTest::keyboardWalksAndSelects()
{
    Selection selection;
    FigureView view(&selection);
    view.resize(700, 420);
    view.setFigure(test::shared(test::stackedBars()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.plot()->setFocus();
    QTest::keyClick(view.plot(), Qt::Key_Right);
    QTest::keyClick(view.plot(), Qt::Key_Right);
    QTest::keyClick(view.plot(), Qt::Key_Up);
    QVERIFY(view.plot()->accessibleDescription().startsWith("Different mistake\nε, L2 of [0,1]: 1.0"));
    QVERIFY(view.plot()->accessibleDescription().contains(QStringLiteral("52 of 1") + QChar(0x2009) +
                                                          "635 the 1 635 images that fool fashion-cnn"));
    QTest::keyClick(view.plot(), Qt::Key_Return);
    QCOMPARE(selection.ids().size(), view.figure()->layers[1].samples.of(1).size());
    QTest::keyClick(view.plot(), Qt::Key_Escape);
    QVERIFY(selection.isEmpty());
}

void FigureViewTest::zoomSurvivesNewNumbers()
{
    FigureView view(nullptr);
    view.resize(700, 420);
    view.setFigure(test::shared(test::lines()));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.plot()->xAxis->setRange(0.5, 1);
    view.setFigure(test::shared(test::lines()));
    QCOMPARE(view.plot()->xAxis->range().lower, 0.5);
    QTest::mouseDClick(view.plot(), Qt::LeftButton, {}, view.plot()->rect().center());
    QVERIFY(view.plot()->xAxis->range().lower < 0.2);
    view.setFigure(test::shared(test::boxes()));
    QCOMPARE(view.plot()->xAxis->range().lower, -0.5);
}

void FigureViewTest::shortLogAxesHaveNumbers()
{
    protocol::Figure figure;
    figure.x.scale = protocol::AxisScale::Log;
    figure.layers = {{.kind = protocol::LayerKind::Line, .x = {0.4, 1, 2.5}, .y = {1, 2, 3}}};
    FigureView view(nullptr);
    view.resize(600, 400);
    view.setFigure(test::shared(figure));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const auto shows = [&](double value) {
        const auto ticks = view.plot()->xAxis->ticker();
        const QCPRange range = view.plot()->xAxis->range();
        QVector<double> at;
        QVector<QString> texts;
        ticks->generate(range, QLocale::c(), 'g', 4, at, nullptr, &texts);
        for (qsizetype i = 0; i < at.size(); ++i)
            if (range.contains(at[i]) && std::abs(at[i] - value) < 1e-9 && !texts[i].isEmpty())
                return true;
        return false;
    };
    QVERIFY(shows(0.5) && shows(1) && shows(2));
    figure.layers[0].x = {0.001, 1, 100};
    view.setFigure(test::shared(figure));
    QVERIFY(shows(0.01) && shows(1) && shows(100) && !shows(2));
}

void FigureViewTest::aClickOpensTheGallery()
{
    protocol::Figure figure = test::stackedBars();
    FigureView view(nullptr);
    view.resize(700, 420);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QSignalSpy picked(&view, &FigureView::picked);
    for (const char* gallery : {"", "samples"}) {
        figure.opens = gallery;
        view.setFigure(test::shared(figure));
        QTest::mouseClick(view.plot(), Qt::LeftButton, {}, layerOf(view, 0)->markRect(0).center().toPoint());
    }
    QCOMPARE(picked.size(), 1);
}

void FigureViewTest::survivesFiguresWithoutNumbers_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("fill");
    for (int kind = 0; kind <= static_cast<int>(protocol::LayerKind::Marks); ++kind)
        for (int fill = 0; fill < 4; ++fill)
            QTest::addRow("kind %d fill %d", kind, fill) << kind << fill;
}

void FigureViewTest::survivesFiguresWithoutNumbers()
{
    QFETCH(int, kind);
    QFETCH(int, fill);
    protocol::Figure figure;
    protocol::Layer layer{.kind = static_cast<protocol::LayerKind>(kind), .name = "odd"};
    const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
    if (fill > 0) {
        const double v = fill == 1 ? nan : fill == 2 ? infinite : 0;
        layer.x = layer.y = layer.low = layer.high = {v, v, v};
        layer.z = {v, v, v, v, v, v, v, v, v, v};
        layer.rows = 2;
        layer.columns = 5;
    }
    if (fill == 3)
        figure.y.scale = figure.x.scale = protocol::AxisScale::Log;
    figure.layers = {layer};
    FigureView view(nullptr);
    view.resize(300, 200);
    view.setFigure(test::shared(figure));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QVERIFY(!view.grab().isNull());
    for (int x = 0; x < 300; x += 25)
        QTest::mouseMove(view.plot(), QPoint(x, 100));
}

QTEST_MAIN(FigureViewTest)
#include "gui_figure_view.moc"
