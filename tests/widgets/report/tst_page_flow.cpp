#include "print_content.h"

#include "widgets/report/forms/command_lines.h"
#include "widgets/report/forms/page_flow.h"
#include "widgets/report/forms/report_gallery.h"
#include "widgets/report/forms/report_panels.h"

#include <QRandomGenerator>
#include <QTest>

using namespace assay;
using namespace assay::widgets;
using namespace assay::test;

namespace {

constexpr double kPage = 100;

QVector<int> pagesOfPieces(const QVector<FlowPlace>& places)
{
    QVector<int> pages;
    for (const FlowPlace& place : places) {
        if (!place.repeated)
            pages << place.page;
    }
    return pages;
}

/// Why the places are no layout of the pieces, or empty.
QString objectionTo(const QVector<FlowPiece>& pieces, const QVector<FlowPlace>& places)
{
    int next = 0;
    double bottom = 0;
    int page = 0;
    for (const FlowPlace& place : places) {
        if (!place.repeated && place.piece != next++)
            return QStringLiteral("piece %1 is not where its turn is").arg(place.piece);
        if (place.page < page || place.page > page + 1)
            return QStringLiteral("piece %1 leaves a page out").arg(place.piece);
        if (place.page > page)
            bottom = 0;
        page = place.page;
        if (place.top < bottom - 1e-9)
            return QStringLiteral("piece %1 lies on another").arg(place.piece);
        bottom = place.top + place.height;
        if (bottom > kPage * (1 + 1e-6))
            return QStringLiteral("piece %1 is cut by the end of its page").arg(place.piece);
        const FlowPiece& piece = pieces[place.piece];
        if (piece.height <= kPage && place.height < piece.height - piece.shrink - 1e-6)
            return QStringLiteral("piece %1 is lower than it may be").arg(place.piece);
    }
    return next == pieces.size() ? QString() : QStringLiteral("pieces are missing");
}

} // namespace

class TestPageFlow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatDoesNotFitBeginsAPage();
    void aHeadingGoesWithWhatFollows();
    void figuresShrinkBeforeAPageIsLeftOpen();
    void tablesShowTheirHeadAgain();
    void chainsLongerThanAPageArePartedBetweenPieces();
    void anythingIsLaidOutWhole();
    void panelsHaveTheirPlaces();
    void galleriesFitTheText();
    void commandsArePartedOutsideOfQuotes();
};

void TestPageFlow::whatDoesNotFitBeginsAPage()
{
    const auto places = flowPages({{40}, {40, 5}, {30, 5}, {10, 5}}, kPage);
    QCOMPARE(pagesOfPieces(places), (QVector<int>{0, 0, 1, 1}));
    QCOMPARE(places[1].top, 45.0);
    QCOMPARE(places[2].top, 0.0); // no gap at the top of a page
    QCOMPARE(places[3].top, 35.0);
}

void TestPageFlow::aHeadingGoesWithWhatFollows()
{
    // 80 + 10 would fit, but the heading's figure would not.
    const auto places = flowPages({{80}, {10, 0, true}, {30, 0, true}, {5}}, kPage);
    QCOMPARE(pagesOfPieces(places), (QVector<int>{0, 1, 1, 1}));
}

void TestPageFlow::figuresShrinkBeforeAPageIsLeftOpen()
{
    const auto places = flowPages({{50}, {50, 5, true, 12}, {5}}, kPage);
    QCOMPARE(pagesOfPieces(places), (QVector<int>{0, 0, 0}));
    QCOMPARE(places[1].height, 40.0); // 110 are 10 too many
    QCOMPARE(pagesOfPieces(flowPages({{50}, {50, 5, true, 9}, {5}}, kPage)), (QVector<int>{0, 1, 1}));
    QCOMPARE(flowPages({{50}, {50, 5, true, 9}, {5}}, kPage)[1].height, 50.0);
}

void TestPageFlow::tablesShowTheirHeadAgain()
{
    QVector<FlowPiece> pieces{{10, 0, true}};
    for (int row = 0; row < 20; ++row)
        pieces.append({9, 0, false, 0, 0});
    const auto places = flowPages(pieces, kPage);
    QCOMPARE(objectionTo(pieces, places), QString());
    QVector<int> heads;
    for (const FlowPlace& place : places) {
        if (place.piece == 0) {
            heads << place.page;
            QCOMPARE(place.top, 0.0);
        }
    }
    QCOMPARE(heads, (QVector<int>{0, 1}));
    QCOMPARE(places.last().page, 1);
    QCOMPARE(pagesOfPieces(places).count(0), 11);
}

void TestPageFlow::chainsLongerThanAPageArePartedBetweenPieces()
{
    const QVector<FlowPiece> pieces{{90}, {20, 0, true}, {60, 0, true}, {60, 0, true}, {300, 0, true}, {5}};
    const auto places = flowPages(pieces, kPage);
    QCOMPARE(objectionTo(pieces, places), QString());
    // The heading is not left alone below the first piece; what is higher than a page gets one.
    QCOMPARE(pagesOfPieces(places), (QVector<int>{0, 1, 1, 2, 3, 4}));
    QCOMPARE(places[4].height, kPage);
}

void TestPageFlow::anythingIsLaidOutWhole()
{
    QRandomGenerator random(7);
    for (int round = 0; round < 300; ++round) {
        QVector<FlowPiece> pieces;
        int head = -1;
        for (int i = 0; i < 60; ++i) {
            FlowPiece piece{random.bounded(45.0), random.bounded(6.0), random.bounded(4) == 0, 0, -1};
            piece.shrink = random.bounded(3) == 0 ? piece.height * 0.2 : 0;
            if (random.bounded(9) == 0) {
                head = i;
                piece.height = 5;
                piece.shrink = 0;
            } else if (head >= 0 && random.bounded(2) == 0) {
                piece.repeats = head;
            }
            pieces << piece;
        }
        const auto places = flowPages(pieces, kPage);
        QCOMPARE(objectionTo(pieces, places), QString());
        // Two that are kept together and fit a page stand on one.
        const QVector<int> pages = pagesOfPieces(places);
        for (int i = 1; i + 1 < pieces.size(); ++i) {
            const bool pair =
                pieces[i].keepWithNext && !pieces[i - 1].keepWithNext && !pieces[i + 1].keepWithNext;
            if (pair)
                QCOMPARE(pages[i], pages[i + 1]);
        }
    }
}

void TestPageFlow::panelsHaveTheirPlaces()
{
    ContentItem item = paperFigure(1, 4);
    PanelGrid grid = panelGrid(item, 160, 110, 190);
    QCOMPARE(grid.rows.size(), 2);
    QCOMPARE(grid.rows[0].panelWidthMm, (160 - kPanelGapMm) / 2);
    QCOMPARE(grid.rows[0].heightMm, grid.rows[0].panelWidthMm / 1.6);
    // A tall figure alone becomes narrower, unless its author says how wide it is.
    item = paperFigure(1);
    auto tall = std::make_shared<protocol::Figure>(*item.panels.first().figure);
    tall->aspect = 0.8;
    item.panels.first().figure = tall;
    QCOMPARE(panelGrid(item, 160, 110, 190).widthMm, 88.0);
    item.widthMm = 120;
    QCOMPARE(panelGrid(item, 160, 110, 190).widthMm, 120.0);
    QCOMPARE(panelGrid(item, 160, 110, 190).rows.first().heightMm, 150.0);
    // More columns than fit are fewer.
    item = paperFigure(1, 20);
    item.columns = 20;
    grid = panelGrid(item, 160, 110, 190);
    QVERIFY(grid.rows.first().panelWidthMm >= 20);
    QCOMPARE(grid.rows.first().count, 6);
}

void TestPageFlow::galleriesFitTheText()
{
    for (const int variants : {1, 2, 3, 7, 40}) {
        auto grid = std::make_shared<protocol::ImageGrid>(*paperGallery(1, 30, 12).grid);
        grid->variants.assign(std::size_t(variants), "v");
        const GallerySheet sheet = gallerySheet(*grid, 12, 160);
        QCOMPARE(sheet.images, 12);
        QVERIFY(sheet.columns >= 1);
        QVERIFY(sheet.columns * (sheet.cellWidthMm + kCellGapMm) - kCellGapMm <= 160.0001);
        QCOMPARE(sheet.note, QStringLiteral("12 of 30 images; 18 are left out."));
    }
    const auto item = paperGallery(1, 3, 12);
    QCOMPARE(gallerySheet(*item.grid, 12, 160).note, QString());
    QCOMPARE(sheetImage(*item.grid, 0, 0).size(), QSize(160, 120)); // 8 x 6, enlarged 20 times
    QVERIFY(sheetImage(*item.grid, 3, 0).isNull());
    QCOMPARE(sheetCaption(*item.grid, 0), QStringLiteral("#100"));
    QCOMPARE(sheetCaption(*item.grid, 1), QStringLiteral("#101 · Label: Coat & 100%"));
}

void TestPageFlow::commandsArePartedOutsideOfQuotes()
{
    QCOMPARE(commandLines(QStringLiteral("a run b --set 'n=c --d' --set e=f --x"), 20),
             (QStringList{QStringLiteral("a run b \\"), QStringLiteral("    --set 'n=c --d' \\"),
                          QStringLiteral("    --set e=f --x")}));
    QCOMPARE(commandLines(QStringLiteral("a")), QStringList{QStringLiteral("a")});
}

QTEST_MAIN(TestPageFlow)
#include "tst_page_flow.moc"
