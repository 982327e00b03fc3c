#include "widgets/canvas/compare_layout.h"
#include "widgets/canvas/frame_times.h"
#include "widgets/canvas/instrument_style.h"
#include "widgets/canvas/placed_rect.h"
#include "widgets/canvas/tile_grid.h"
#include "widgets/canvas/view_transform.h"

#include <QLineF>
#include <QTest>

#include <cmath>
#include <set>

using namespace assay::widgets;

namespace {

bool isNear(const QPointF& a, const QPointF& b, double slack = 1e-9)
{
    return QLineF(a, b).length() <= slack;
}

} // namespace

class CanvasGeometryTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void fittedImageIsCentred();
    void zoomKeepsThePointUnderTheCursor();
    void imageCannotBeLost();
    void tilesCoverEveryPixelOnce();
    void levelsMatchTheZoom();
    void textureCoordinatesLeaveTheApronOut();
    void panesOfEachMode();
    void dividerIsFoundInSwipeAlone();
    void gripsAreFoundWhereTheyAreDrawn();
    void bodyWinsInTheMiddleOfATinyRect();
    void cornerScalesAboutItsOpposite();
    void aspectIsKept();
    void rotationFollowsTheCursorAndSnaps();
    void freedomHoldsThePlace();
    void quantilesOfFrames();
    void windowsKeepTheirDistanceToTheNearerSide();
};

void CanvasGeometryTest::fittedImageIsCentred()
{
    const ViewTransform view = ViewTransform::fitted({200, 100}, {440, 640}, 20);
    QCOMPARE(view.scale, 2.0);
    QCOMPARE(view.toView(QRectF(0, 0, 200, 100)), QRectF(20, 220, 400, 200));
    QCOMPARE(view.toImage(QPointF(220, 320)), QPointF(100, 50));
    QCOMPARE(ViewTransform::fitted({0, 10}, {100, 100}), ViewTransform());
}

void CanvasGeometryTest::zoomKeepsThePointUnderTheCursor()
{
    const ViewTransform view{1.5, {13, -7}};
    const QPointF cursor(101, 57);
    const ViewTransform zoomed = view.zoomedAbout(cursor, 3, {0.1, 100});
    QCOMPARE(zoomed.scale, 4.5);
    QVERIFY(isNear(zoomed.toImage(cursor), view.toImage(cursor)));
    QCOMPARE(view.zoomedAbout(cursor, 1000, {0.1, 100}).scale, 100.0);
    QVERIFY(isNear(view.zoomedAbout(cursor, 1e-6, {0.1, 100}).toImage(cursor), view.toImage(cursor)));
}

void CanvasGeometryTest::imageCannotBeLost()
{
    const QSizeF image(1000, 1000), view(300, 200);
    const ViewTransform far = ViewTransform{1, {-5000, 5000}}.keptInside(image, view, 64);
    QCOMPARE(far.origin, QPointF(64 - 1000, 200 - 64));
    // Smaller than the margin: all of it stays.
    const ViewTransform small = ViewTransform{0.01, {900, -50}}.keptInside(image, view, 64);
    QCOMPARE(small.origin, QPointF(290, 0));
    const ViewTransform inside{1, {-100, -100}};
    QCOMPARE(inside.keptInside(image, view, 64), inside);
}

void CanvasGeometryTest::tilesCoverEveryPixelOnce()
{
    const TileGrid grid({1300, 700});
    QCOMPARE(grid.levels(), 3);
    QCOMPARE(grid.levelSize(1), QSize(650, 350));
    QCOMPARE(grid.levelSize(2), QSize(325, 175));
    for (int level = 0; level < grid.levels(); ++level) {
        const QVector<TileKey> keys = grid.visible(QRectF(0, 0, 1300, 700), level);
        qint64 pixels = 0;
        std::set<std::pair<int, int>> places;
        for (const TileKey& key : keys) {
            pixels += qint64(grid.pixels(key).width()) * grid.pixels(key).height();
            places.insert({key.column, key.row});
            QCOMPARE(grid.ancestor(key, 2), (TileKey{2, 0, 0}));
        }
        QCOMPARE(places.size(), std::size_t(keys.size()));
        QCOMPARE(pixels, qint64(grid.levelSize(level).width()) * grid.levelSize(level).height());
    }
    // Only what is seen, the middle first.
    const QVector<TileKey> seen = grid.visible(QRectF(500, 100, 700, 50), 0);
    QCOMPARE(seen.size(), 3);
    QCOMPARE(seen.first(), (TileKey{0, 1, 0}));
    QVERIFY(grid.visible(QRectF(2000, 0, 10, 10), 0).isEmpty());
    QCOMPARE(grid.visible(QRectF(0, 0, 512, 512), 0).size(), 1);
    QCOMPARE(TileGrid({16384, 16384}).levels(), 6);
    QCOMPARE(TileGrid().levels(), 0);
}

void CanvasGeometryTest::levelsMatchTheZoom()
{
    const TileGrid grid({16384, 16384});
    QCOMPARE(grid.levelFor(4), 0);
    QCOMPARE(grid.levelFor(1), 0);
    QCOMPARE(grid.levelFor(0.51), 0);
    QCOMPARE(grid.levelFor(0.5), 1);
    QCOMPARE(grid.levelFor(0.3), 1);
    QCOMPARE(grid.levelFor(0.2), 2);
    QCOMPARE(grid.levelFor(0.0001), 5);
}

void CanvasGeometryTest::textureCoordinatesLeaveTheApronOut()
{
    const TileGrid grid({1300, 700});
    const TileKey last{0, 2, 1}; // 276 x 188 pixels
    QCOMPARE(grid.textureSize(last), QSize(278, 190));
    const QRectF own = grid.textureRect(last, grid.extent(last));
    QCOMPARE(own, QRectF(1.0 / 278, 1.0 / 190, 276.0 / 278, 188.0 / 190));
    // The same part of the image in the coarsest tile.
    const QRectF coarse = grid.textureRect({2, 0, 0}, QRectF(400, 200, 40, 80));
    QVERIFY(std::abs(coarse.x() - 101.0 / 327) < 1e-12);
    QVERIFY(std::abs(coarse.height() - 20.0 / 177) < 1e-12);
}

void CanvasGeometryTest::panesOfEachMode()
{
    const QSizeF view(800, 400);
    CompareSettings s;
    QCOMPARE(comparePanes(s, 3, view), (QVector<Pane>{{QRectF(0, 0, 800, 400), QRectF(0, 0, 800, 400), 0}}));
    s.mode = CompareMode::SideBySide;
    const QVector<Pane> two = comparePanes(s, 2, view);
    QCOMPARE(two.size(), 2);
    QCOMPARE(two[0].rect, QRectF(0, 0, 399, 400));
    QCOMPARE(two[1].rect, QRectF(401, 0, 399, 400));
    QCOMPARE(paneSize(s, 2, view), QSizeF(399, 400));
    QCOMPARE(paneAt(two, {400, 10}), -1);
    QCOMPARE(paneAt(two, {500, 10}), 1);
    QCOMPARE(comparePanes(s, 4, {400, 400}).last().rect, QRectF(201, 201, 199, 199));
    s.mode = CompareMode::Swipe;
    s.divider = 0.25;
    const QVector<Pane> swipe = comparePanes(s, 2, view);
    QCOMPARE(swipe[0].clip, QRectF(0, 0, 200, 400));
    QCOMPARE(swipe[1].clip, QRectF(200, 0, 600, 400));
    QCOMPARE(swipe[1].rect, QRectF(0, 0, 800, 400)); // aligned with the first
    QCOMPARE(swipe[1].image, 1);
    s.mode = CompareMode::Blink;
    QCOMPARE(comparePanes(s, 2, view, 0)[0].image, 0);
    QCOMPARE(comparePanes(s, 2, view, 1)[0].image, 1);
    s.mode = CompareMode::Difference;
    QCOMPARE(comparePanes(s, 2, view)[0].image, 1);
    QCOMPARE(comparePanes(s, 2, view)[0].against, 0);
    // Nothing to compare with.
    QCOMPARE(comparePanes(s, 1, view)[0].against, -1);
    QVERIFY(comparePanes(s, 0, view).isEmpty());
}

void CanvasGeometryTest::dividerIsFoundInSwipeAlone()
{
    CompareSettings s{.mode = CompareMode::Swipe};
    QVERIFY(onDivider(s, 2, {800, 400}, {406, 10}, 9));
    QVERIFY(!onDivider(s, 2, {800, 400}, {410, 10}, 9));
    QVERIFY(!onDivider(s, 1, {800, 400}, {400, 10}, 9));
    s.mode = CompareMode::Blink;
    QVERIFY(!onDivider(s, 2, {800, 400}, {400, 10}, 9));
}

void CanvasGeometryTest::gripsAreFoundWhereTheyAreDrawn()
{
    const PlacedRect rect{{50, 40}, {60, 30}, 37};
    for (int i = int(Grip::TopLeft); i <= int(Grip::Rotate); ++i) {
        const QPointF at = gripPoint(rect, Grip(i), 12);
        QCOMPARE(gripAt(rect, at + QPointF(1, -1), 4, 12), Grip(i));
    }
    QCOMPARE(gripAt(rect, rect.centre, 4, 12), Grip::Body);
    QCOMPARE(gripAt(rect, {0, 0}, 4, 12), Grip::None);
    QCOMPARE(gripAt(PlacedRect(), {0, 0}, 4, 12), Grip::None);
    // Unturned, the names are the sides that one sees.
    const PlacedRect straight{{50, 40}, {60, 30}, 0};
    QCOMPARE(gripPoint(straight, Grip::TopLeft, 0), QPointF(20, 25));
    QCOMPARE(gripPoint(straight, Grip::Rotate, 12), QPointF(50, 13));
    // A quarter turn clockwise brings the top to the right.
    QVERIFY(isNear(gripPoint({{50, 40}, {60, 30}, 90}, Grip::Top, 0), {65, 40}));
}

void CanvasGeometryTest::bodyWinsInTheMiddleOfATinyRect()
{
    const PlacedRect tiny{{10, 10}, {4, 4}, 0};
    QCOMPARE(gripAt(tiny, {10.2, 10}, 9, 26), Grip::Body);
    QCOMPARE(gripAt(tiny, {12, 12}, 9, 26), Grip::BottomRight);
}

void CanvasGeometryTest::cornerScalesAboutItsOpposite()
{
    const PlacedRect start{{50, 40}, {60, 30}, 37};
    const GripRules rules{.keepAspect = false};
    const QPointF from = gripPoint(start, Grip::BottomRight, 0);
    const QPointF to = from + QPointF(7, 13);
    const PlacedRect after = dragged(start, Grip::BottomRight, from, to, rules);
    QVERIFY(isNear(gripPoint(after, Grip::BottomRight, 0), to));
    QVERIFY(isNear(gripPoint(after, Grip::TopLeft, 0), gripPoint(start, Grip::TopLeft, 0)));
    QCOMPARE(after.angle, 37.0);
    const PlacedRect side = dragged(start, Grip::Left, gripPoint(start, Grip::Left, 0), to, rules);
    QCOMPARE(side.size.height(), 30.0);
    QVERIFY(isNear(gripPoint(side, Grip::Right, 0), gripPoint(start, Grip::Right, 0)));
    // From the centre, both sides move.
    const PlacedRect both =
        dragged(start, Grip::BottomRight, from, to, {.keepAspect = false, .fromCentre = true});
    QCOMPARE(both.centre, start.centre);
    QVERIFY(isNear(gripPoint(both, Grip::BottomRight, 0), to));
    // Never turned inside out.
    const PlacedRect least = dragged(start, Grip::Right, from, {-500, 40}, {.leastSide = 3});
    QCOMPARE(least.size.width(), 3.0);
    const PlacedRect moved = dragged(start, Grip::Body, {1, 2}, {4, 8}, rules);
    QCOMPARE(moved, (PlacedRect{{53, 46}, {60, 30}, 37}));
}

void CanvasGeometryTest::aspectIsKept()
{
    const PlacedRect start{{0, 0}, {60, 30}, 0};
    const PlacedRect after = dragged(start, Grip::BottomRight, {30, 15}, {60, 30}, {.keepAspect = true});
    QCOMPARE(after.size, QSizeF(90, 45));
    const PlacedRect least = dragged(start, Grip::BottomRight, {30, 15}, {-300, -150}, {.leastSide = 4});
    QCOMPARE(least.size, QSizeF(8, 4));
}

void CanvasGeometryTest::rotationFollowsTheCursorAndSnaps()
{
    const PlacedRect start{{0, 0}, {60, 30}, 10};
    QVERIFY(std::abs(dragged(start, Grip::Rotate, {0, -20}, {20, 0}, {}).angle - 100) < 1e-9);
    QCOMPARE(dragged(start, Grip::Rotate, {0, -20}, {20, 0}, {.snapAngle = true}).angle, 105.0);
    const double wrapped = dragged({{0, 0}, {60, 30}, 170}, Grip::Rotate, {0, -20}, {20, 0}, {}).angle;
    QVERIFY(std::abs(wrapped - -100) < 1e-9);
}

void CanvasGeometryTest::freedomHoldsThePlace()
{
    const PlacedRect start{{100, 100}, {40, 20}, 0};
    PlaceFreedom freedom{
        .stretches = false, .leastWidth = 20, .mostWidth = 60, .leastAngle = -30, .mostAngle = 30};
    GripRules rules{.freedom = freedom};
    // The corner across stays where it is although the drag goes too far.
    QCOMPARE(dragged(start, Grip::BottomRight, {120, 110}, {400, 250}, rules),
             (PlacedRect{{110, 105}, {60, 30}, 0}));
    QCOMPARE(dragged(start, Grip::BottomRight, {120, 110}, {81, 91}, rules),
             (PlacedRect{{90, 95}, {20, 10}, 0}));
    QCOMPARE(dragged(start, Grip::Rotate, {100, 50}, {200, 100}, rules).angle, 30.0);
    rules.freedom.centres = QRectF(0, 0, 120, 200);
    QCOMPARE(dragged(start, Grip::Body, {100, 100}, {300, -400}, rules).centre, QPointF(120, 0));
    // What is not allowed is not taken hold of.
    QCOMPARE(gripAt(start, {100, 90}, 3, 10, freedom), Grip::Body); // a side, which would stretch it
    QCOMPARE(gripAt(start, {120, 110}, 3, 10, freedom), Grip::BottomRight);
    freedom.scales = freedom.moves = false;
    QCOMPARE(gripAt(start, {120, 110}, 3, 10, freedom), Grip::None);
    QCOMPARE(gripAt(start, {100, 80}, 3, 10, freedom), Grip::Rotate);
}

void CanvasGeometryTest::quantilesOfFrames()
{
    FrameTimes times;
    QCOMPARE(times.quantile(0.5), 0.0);
    for (int i = 1; i <= 100; ++i)
        times.add(i);
    QCOMPARE(times.quantile(0.5), 50.0);
    QCOMPARE(times.quantile(0.99), 99.0);
    QCOMPARE(times.quantile(1), 100.0);
    for (int i = 0; i < FrameTimes::kKept; ++i)
        times.add(7);
    QCOMPARE(times.count(), FrameTimes::kKept);
    QCOMPARE(times.quantile(1), 7.0);
    times.add(8);
    QCOMPARE(times.values().last(), 8.0F);
}

void CanvasGeometryTest::windowsKeepTheirDistanceToTheNearerSide()
{
    const QSizeF before(1000, 700), after(800, 900);
    QCOMPARE(keptPlace(QRectF(10, 10, 200, 100), before, after), QPointF(10, 10));
    QCOMPARE(keptPlace(QRectF(790, 590, 200, 100), before, after), QPointF(590, 790));
    QCOMPARE(keptPlace(QRectF(500, 10, 200, 100), before, QSizeF(150, 90)), QPointF(0, 0));
}

QTEST_GUILESS_MAIN(CanvasGeometryTest)
#include "tst_canvas_geometry.moc"
