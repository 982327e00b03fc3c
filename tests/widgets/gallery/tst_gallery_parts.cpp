#include "sample_grid.h"

#include "widgets/gallery/gallery_filter.h"
#include "widgets/gallery/grid_pixels.h"
#include "widgets/gallery/tile_layout.h"

#include <QTest>

using namespace assay;
using namespace assay::widgets;

class GalleryPartsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tilesFillRows();
    void onlyTouchedRowsAreVisible();
    void pointsFindTheirTile();
    void filtersCombine();
    void unknownFiltersAreIgnored();
    void sortsByDictionaryAndKeepsOrder();
    void idsLimit();
    void brokenGridsAreEmpty();
};

void GalleryPartsTest::tilesFillRows()
{
    TileLayout layout{.count = 10,
                      .width = 500,
                      .image = {84, 84},
                      .images = 1,
                      .caption = 20,
                      .inset = 4,
                      .between = 2,
                      .gap = 8};
    QCOMPARE(layout.tile(), QSize(92, 112));
    QCOMPARE(layout.columns(), 4);
    QCOMPARE(layout.rows(), 3);
    QCOMPARE(layout.height(), 8 + 3 * 120);
    QCOMPARE(layout.rect(5), QRect(8 + 100, 8 + 120, 92, 112));
    layout.images = 3;
    QCOMPARE(layout.columns(), 1);
    layout.width = 10;
    QCOMPARE(layout.columns(), 1);
    // Variants that have no room beside each other stand below each other.
    layout.width = 200;
    layout.images = 5;
    QCOMPARE(layout.tile(), QSize(8 + 2 * 84 + 2, 8 + 3 * 84 + 2 * 2 + 20));
    QCOMPARE(layout.imageRect(0, 4), QRect(layout.rect(0).topLeft() + QPoint(4, 4 + 2 * 86), QSize(84, 84)));
    QVERIFY(layout.captionRect(0).top() > layout.imageRect(0, 4).bottom());
}

void GalleryPartsTest::onlyTouchedRowsAreVisible()
{
    const TileLayout layout{.count = 10000,
                            .width = 500,
                            .image = {84, 84},
                            .images = 1,
                            .caption = 20,
                            .inset = 4,
                            .between = 2,
                            .gap = 8};
    const auto [first, last] = layout.visible(120 * 100, 120 * 100 + 400);
    QCOMPARE(first, 99 * 4);
    QVERIFY(last <= 104 * 4);
    QCOMPARE(layout.visible(0, 10).first, 0);
    QCOMPARE(layout.visible(100000000, 100001000).second, 10000);
}

void GalleryPartsTest::pointsFindTheirTile()
{
    const TileLayout layout{.count = 10,
                            .width = 500,
                            .image = {84, 84},
                            .images = 1,
                            .caption = 20,
                            .inset = 4,
                            .between = 2,
                            .gap = 8};
    for (int i = 0; i < 10; ++i)
        QCOMPARE(layout.at(layout.rect(i).center()), i);
    QCOMPARE(layout.at({2, 2}), -1);
    QCOMPARE(layout.at(layout.rect(9).center() + QPoint(100, 0)), -1);
    QCOMPARE(layout.at({-50, -50}), -1);
}

void GalleryPartsTest::filtersCombine()
{
    const auto grid = test::sampleGrid(90, 4);
    GalleryFilter filter;
    filter.wanted = {{"outcome", "unfooled"}, {"label", "Bag"}};
    const QVector<int> shown = filtered(*grid, filter);
    QVERIFY(!shown.isEmpty());
    for (const int i : shown) {
        QCOMPARE(attributeText(*grid, 3, i), QString("unfooled"));
        QCOMPARE(attributeText(*grid, 0, i), QString("Bag"));
        QCOMPARE(attributeRole(*grid, 3, i), QString("unfooled"));
    }
    QCOMPARE(countsFor(*grid, filter, 3).at(2), shown.size());
}

void GalleryPartsTest::unknownFiltersAreIgnored()
{
    const auto grid = test::sampleGrid(20, 4);
    GalleryFilter filter;
    filter.wanted = {{"nothing", "x"}, {"outcome", "no such outcome"}};
    QCOMPARE(filtered(*grid, filter).size(), 20);
}

void GalleryPartsTest::sortsByDictionaryAndKeepsOrder()
{
    const auto grid = test::sampleGrid(30, 4);
    GalleryFilter filter;
    filter.sortBy = "outcome";
    const QVector<int> shown = filtered(*grid, filter);
    for (int k = 1; k < shown.size(); ++k) {
        const int before = grid->attributes[3].codes[std::size_t(shown[k - 1])],
                  now = grid->attributes[3].codes[std::size_t(shown[k])];
        QVERIFY(before < now || (before == now && shown[k - 1] < shown[k]));
    }
}

void GalleryPartsTest::idsLimit()
{
    const auto grid = test::sampleGrid(30, 4);
    GalleryFilter filter;
    filter.onlyIds = QSet<qint64>{1002, 1029, 5};
    QCOMPARE(filtered(*grid, filter), (QVector<int>{2, 29}));
    filter.onlyIds = QSet<qint64>{};
    QVERIFY(filtered(*grid, filter).isEmpty());
}

void GalleryPartsTest::brokenGridsAreEmpty()
{
    auto grid = std::make_shared<protocol::ImageGrid>(*test::sampleGrid(5, 4));
    grid->pixels.resize(4 * 4 * 3 * 2 + 7);
    grid->attributes[0].codes.resize(2);
    grid->attributes[3].codes[1] = 99;
    const GridPixels pixels(grid, {});
    QVERIFY(!pixels.image(1, 2).isNull());
    QVERIFY(pixels.image(2, 0).isNull());
    QVERIFY(pixels.image(-1, 0).isNull());
    QVERIFY(pixels.image(0, 3).isNull());
    QCOMPARE(pixels.problem(), QString("Only 103 of 240 bytes of the images have arrived."));
    QCOMPARE(attributeText(*grid, 0, 4), QString());
    QCOMPARE(attributeText(*grid, 3, 1), QString());
}

QTEST_GUILESS_MAIN(GalleryPartsTest)
#include "tst_gallery_parts.moc"
