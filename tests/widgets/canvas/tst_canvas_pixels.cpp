#include "sample_pictures.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/canvas_edits.h"
#include "widgets/canvas/image_pyramid.h"
#include "widgets/canvas/pixel_shade.h"

#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <cmath>
#include <limits>
#include <numeric>

using namespace assay;
using namespace assay::widgets;

namespace {

int byteAt(const PixelBlock& block, int x, int y, int channel)
{
    return std::to_integer<int>(block.bytes[(y * block.size.width() + x) * block.channels + channel]);
}

std::string sentence(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class CanvasPixelsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void blocksRepeatTheEdge();
    void strideTakesEveryNthPixel();
    void halvingAverages();
    void planesBecomePixels();
    void refusesWhatDoesNotFit();
    void largeImagesAreReducedInTheBackground();
    void pyramidMayGoWhileItWorks();
    void strokesPaintCentres();
    void tilesKnowWhenTheMaskChanged();
    void reducedMasksAreFiltered();
    void editsAreUndoneExactly();
    void colours_data();
    void colours();
};

void CanvasPixelsTest::blocksRepeatTheEdge()
{
    const QImage picture = test::samplePicture({5, 4});
    const PixelBlock block = PixelBuffer(picture).cut(QRect(-1, -2, 8, 7));
    QCOMPARE(block.channels, 3);
    for (int y = 0; y < 7; ++y)
        for (int x = 0; x < 8; ++x) {
            const QColor expected = picture.pixelColor(std::clamp(x - 1, 0, 4), std::clamp(y - 2, 0, 3));
            QCOMPARE(byteAt(block, x, y, 0), expected.red());
            QCOMPARE(byteAt(block, x, y, 1), expected.green());
            QCOMPARE(byteAt(block, x, y, 2), expected.blue());
        }
}

void CanvasPixelsTest::strideTakesEveryNthPixel()
{
    const QImage picture = test::samplePicture({37, 21});
    const PixelBlock block = PixelBuffer(picture).cut(QRect(1, 2, 12, 6), 4);
    QCOMPARE(byteAt(block, 0, 0, 2), picture.pixelColor(4, 8).blue());
    QCOMPARE(byteAt(block, 2, 3, 1), picture.pixelColor(12, 20).green());
    QCOMPARE(byteAt(block, 11, 5, 0), picture.pixelColor(36, 20).red()); // 48 and 28 lie outside
}

void CanvasPixelsTest::halvingAverages()
{
    QImage picture(3, 3, QImage::Format_Grayscale8);
    const uchar values[3][3] = {{10, 20, 100}, {30, 42, 200}, {7, 8, 255}};
    for (int y = 0; y < 3; ++y)
        std::copy_n(values[y], 3, picture.scanLine(y));
    const PixelBuffer half = PixelBuffer(picture).halved();
    QCOMPARE(half.size(), QSize(2, 2));
    const PixelBlock block = half.cut(QRect(0, 0, 2, 2));
    QCOMPARE(byteAt(block, 0, 0, 0), 26); // 25.5 rounded up
    QCOMPARE(byteAt(block, 1, 0, 0), 150);
    QCOMPARE(byteAt(block, 0, 1, 0), 8);
    QCOMPARE(byteAt(block, 1, 1, 0), 255);
    const PixelBuffer floats(std::vector<float>{0, 1, 2, 4}, {2, 2}, 1);
    QCOMPARE(floats.halved().value(0, 0, 0), 1.75F);
    const PixelBuffer bad(std::vector<float>{0, std::numeric_limits<float>::quiet_NaN(), 2, 4}, {2, 2}, 1);
    QVERIFY(std::isnan(bad.halved().value(0, 0, 0)));
}

void CanvasPixelsTest::planesBecomePixels()
{
    std::vector<float> planes(3 * 2 * 4);
    std::iota(planes.begin(), planes.end(), 0.0F);
    const CanvasImage image = CanvasImage::fromPlanes(std::span<const float>(planes), {4, 2}, 3, -1, 30, "x");
    QCOMPARE(image.valuesAt({2, 1}), (QVector<double>{6, 14, 22}));
    QVERIFY(image.valuesAt({4, 0}).isEmpty());
    QCOMPARE(image.valueText(6), QString("6.000"));
    const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6};
    const CanvasImage grey = CanvasImage::fromPlanes(std::span<const std::uint8_t>(bytes), {3, 2}, 1);
    QCOMPARE(grey.valuesAt({1, 1}), QVector<double>{5});
    QCOMPARE(grey.valueText(5), QString("5"));
    // Alpha stays, other formats become one of the known.
    QImage alpha(1, 1, QImage::Format_ARGB32_Premultiplied);
    alpha.fill(QColor(255, 0, 0, 128));
    QCOMPARE(CanvasImage(alpha).valuesAt({0, 0}), (QVector<double>{255, 0, 0, 128}));
}

void CanvasPixelsTest::refusesWhatDoesNotFit()
{
    const std::vector<float> values(11);
    const std::span<const float> some(values);
    QCOMPARE(sentence([&] {
                 CanvasImage::fromPlanes(some, {2, 2}, 3, 0, 1, "patch");
             }),
             std::string("patch: there are 11 values for 3 x 2 x 2 = 12."));
    QCOMPARE(sentence([&] {
                 CanvasImage::fromPlanes(some, {11, 1}, 2, 0, 1, "patch");
             }),
             std::string("patch: an image has 1 or 3 channels, not 2."));
    QCOMPARE(
        sentence([&] {
            CanvasImage::fromPlanes(some, {11, 1}, 1, 1, 1, "patch");
        }),
        std::string("patch: the value drawn black, 1.000000, must be below the one drawn white, 1.000000."));
    QCOMPARE(sentence([] { CanvasImage(QImage(), "none"); }),
             std::string("none: the image has no pixels (0 x 0). Choose another image."));
    QCOMPARE(sentence([] { CanvasImage(QImage(16385, 1, QImage::Format_Grayscale8), "wide"); }),
             std::string(
                 "wide: the image has 16385 x 1 pixels; a side has at most 16384. Reduce or cut the image."));
}

void CanvasPixelsTest::largeImagesAreReducedInTheBackground()
{
    const QImage picture = test::samplePicture({2600, 1100});
    ImagePyramid pyramid{CanvasImage(picture)};
    QCOMPARE(pyramid.grid().levels(), 4);
    QVERIFY(!pyramid.isComplete());
    const TileKey coarse{3, 0, 0};
    QCOMPARE(pyramid.revision(coarse), quint64(0));
    const PixelBlock rough = pyramid.tile(coarse);
    QCOMPARE(rough.size, pyramid.grid().textureSize(coarse));
    QCOMPARE(byteAt(rough, 11, 6, 1), picture.pixelColor(80, 40).green()); // the apron shifts by one
    QSignalSpy ready(&pyramid, &ImagePyramid::levelReady);
    QTRY_VERIFY(pyramid.isComplete());
    QCOMPARE(ready.size(), 3);
    QCOMPARE(pyramid.revision(coarse), quint64(1));
    const PixelBuffer expected = PixelBuffer(picture).halved().halved().halved();
    QCOMPARE(pyramid.tile(coarse).bytes, expected.cut(QRect(-1, -1, 327, 140)).bytes);
}

void CanvasPixelsTest::pyramidMayGoWhileItWorks()
{
    const CanvasImage image(test::samplePicture({3000, 2000}));
    for (int i = 0; i < 20; ++i)
        ImagePyramid gone(image);
    QTest::qWait(20); // events of pyramids that are gone must not arrive
}

void CanvasPixelsTest::strokesPaintCentres()
{
    MaskImage mask({40, 30});
    QVERIFY(mask.isUntouched());
    QVERIFY(mask.stroke({5, 5}, {5, 5}, 2, false).isEmpty());
    const QRect area = mask.stroke({10.5, 10.5}, {20.5, 10.5}, 2, true);
    QVERIFY(area.contains(QPoint(22, 10)));
    QVERIFY(mask.at({8, 10}) && mask.at({22, 10}) && mask.at({15, 8}) && mask.at({15, 12}));
    QVERIFY(!mask.at({7, 10}) && !mask.at({23, 10}) && !mask.at({15, 7}) && !mask.at({8, 9}));
    QCOMPARE(mask.count(), qint64(11 * 5 + 2 * 4)); // a bar, and two half discs of 3 and 1 pixels
    QCOMPARE(mask.fill(QRectF(30, 20, 4, 3), true), QRect(30, 20, 4, 3));
    QCOMPARE(mask.fill(QRectF(-10, -10, 500, 500), false), QRect(0, 0, 40, 30));
    QVERIFY(mask.isEmpty());
    QVERIFY(!mask.setImage(QImage(3, 3, QImage::Format_Grayscale8)));
}

void CanvasPixelsTest::tilesKnowWhenTheMaskChanged()
{
    MaskImage mask({2000, 1500});
    const TileKey first{0, 0, 0}, beside{0, 1, 0}, far{0, 3, 2}, all{2, 0, 0};
    QCOMPARE(mask.tile(first).bytes.size(), std::size_t(514 * 514));
    mask.stroke({100, 100}, {100, 100}, 10, true);
    const quint64 once = mask.revision(first);
    QVERIFY(once > 0);
    QCOMPARE(mask.revision(beside), quint64(0));
    QCOMPARE(mask.revision(all), once);
    // The last column of a tile is in its neighbour's apron.
    mask.fill(QRectF(511, 20, 1, 1), true);
    QVERIFY(mask.revision(beside) > 0);
    QCOMPARE(mask.revision(far), quint64(0));
    QCOMPARE(byteAt(mask.tile(beside), 0, 21, 0), 255);
}

void CanvasPixelsTest::reducedMasksAreFiltered()
{
    MaskImage mask({2000, 1501}); // two reduced copies, and an odd side
    mask.fill(QRectF(0, 0, 1000, 1501), true);
    mask.fill(QRectF(4, 8, 1, 4), false);
    // A quarter of a block of four by four pixels lies outside; its neighbours are full.
    const TileKey quarter{2, 0, 0};
    QCOMPARE(byteAt(mask.tile(quarter), 1 + TileGrid::kApron, 2 + TileGrid::kApron, 0), 192);
    QCOMPARE(byteAt(mask.tile(quarter), 2 + TileGrid::kApron, 2 + TileGrid::kApron, 0), 255);
    QCOMPARE(byteAt(mask.tile(quarter), 250 + TileGrid::kApron, 2 + TileGrid::kApron, 0), 0);
    QCOMPARE(mask.coverage({6, 10}, 0.25), 192 / 255.0);
    QCOMPARE(mask.coverage({6, 10}, 1), 1.0);
    QCOMPARE(mask.coverage({4.5, 10}, 1), 0.0);
    QCOMPARE(mask.coverage({1000, 700}, 0.25), 0.5); // on the edge, half of it
    QCOMPARE(mask.coverage({-1, 700}, 0.25), 0.0);
    // Undo puts the reduced copies back, too.
    const QImage before = mask.cutOut(QRect(0, 0, 64, 64));
    mask.fill(QRectF(0, 0, 64, 64), false);
    QCOMPARE(mask.coverage({6, 10}, 0.25), 0.0);
    mask.putBack(QRect(0, 0, 64, 64), before);
    QCOMPARE(mask.coverage({6, 10}, 0.25), 192 / 255.0);
}

void CanvasPixelsTest::editsAreUndoneExactly()
{
    auto mask = std::make_shared<MaskImage>(QSize(900, 700));
    mask->fill(QRectF(200, 200, 300, 300), true);
    const QImage before = mask->image().copy();
    QUndoStack stack;
    QRect told;
    MaskEdit edit(mask);
    edit.stroke({100, 100}, {800, 600}, 15, true);
    edit.stroke({800, 600}, {300, 300}, 25, false);
    const QImage after = mask->image().copy();
    QVERIFY(after != before);
    auto command = edit.finish("Paint", [&told](const QRect& area) { told = area; });
    QVERIFY(command);
    stack.push(command.release());
    QCOMPARE(mask->image(), after);
    stack.undo();
    QCOMPARE(mask->image(), before);
    QVERIFY(told.contains(QRect(100, 100, 400, 300)));
    stack.redo();
    QCOMPARE(mask->image(), after);
    // What paints nothing new is no command.
    MaskEdit idle(mask);
    idle.fill(QRectF(0, 0, 50, 50), false);
    QVERIFY(!idle.finish("Nothing", [](const QRect&) {}));
}

void CanvasPixelsTest::colours_data()
{
    QTest::addColumn<bool>("difference");
    QTest::addColumn<bool>("isSigned");
    QTest::addColumn<int>("falseColour");
    QTest::addColumn<QColor>("expected");
    QTest::newRow("plain") << false << false << 0 << QColor(102, 51, 204);
    QTest::newRow("mapped") << false << false << 1
                            << mapColour(ColourMap::Sequential, true, (0.4 + 0.2 + 0.8) / 3);
    QTest::newRow("difference") << true << false << 0 << QColor(204, 0, 255); // 4 x 0.2, 0, 4 x 0.3
    QTest::newRow("difference mapped")
        << true << false << 1 << mapColour(ColourMap::Sequential, true, 2.0 / 3);
    QTest::newRow("signed") << true << true << 0
                            << mapColour(ColourMap::Diverging, true, 0.5 + 0.5 * 2.0 / 3);
}

void CanvasPixelsTest::colours()
{
    QFETCH(bool, difference);
    QFETCH(bool, isSigned);
    QFETCH(int, falseColour);
    QFETCH(QColor, expected);
    const PixelShade shade({.gain = 4, .signedDifference = isSigned},
                           {.falseColour = FalseColour(falseColour)}, difference);
    const PixelShade::Sample drawn =
        shade.colour({0.4F, 0.2F, 0.8F, 1}, {0.2F, 0.2F, 0.5F, 1}, colourTable(shade.map, true));
    QVERIFY(std::abs(drawn[0] * 255 - expected.red()) < 1.01);
    QVERIFY(std::abs(drawn[1] * 255 - expected.green()) < 1.01);
    QVERIFY(std::abs(drawn[2] * 255 - expected.blue()) < 1.01);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    if (shade.isMapped())
        QCOMPARE(shade.colour({nan, 0, 0, 1}, {}, colourTable(shade.map, true))[3], 0.0F);
}

QTEST_GUILESS_MAIN(CanvasPixelsTest)
#include "tst_canvas_pixels.moc"
