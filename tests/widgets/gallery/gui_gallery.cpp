#include "sample_grid.h"

#include "widgets/gallery/detail_panel.h"
#include "widgets/gallery/gallery_view.h"
#include "widgets/gallery/pixel_view.h"
#include "widgets/gallery/tile_view.h"
#include "widgets/selection/selection.h"

#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QMouseEvent>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

using namespace assay;
using namespace assay::widgets;

namespace {

void shoot(QWidget& widget, const QString& name)
{
    QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
    widget.grab().save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/%1.png").arg(name));
}

QString shownText(GalleryView& view)
{
    return view.findChild<QLabel*>("shown")->text();
}

TileView* tilesOf(GalleryView& view)
{
    return view.findChild<TileView*>("tiles");
}

QPoint centreOf(const TileView* tiles, int position)
{
    return tiles->tiles().rect(position).center() - QPoint(0, tiles->verticalScrollBar()->value());
}

} // namespace

class GalleryTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { Theme::light().apply(); }
    void looksGood_data();
    void looksGood();
    void clickAndKeysSelect();
    void filtersByAttribute();
    void followsTheSelectionOfOthers();
    void showsOneVariant();
    void saysWhenThereIsNothing();
    void tellsPixelValues();
    void keepsFiltersForANewGrid();
    void readsPixelsFromTheRunFolder();
    void refusesFilesOutsideTheRunFolder();
};

void GalleryTest::looksGood_data()
{
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QSize>("size");
    for (const bool dark : {false, true})
        for (const QSize size : {QSize(1100, 700), QSize(520, 420)})
            QTest::addRow("gallery-%s-%d", dark ? "dark" : "light", size.width()) << dark << size;
}

void GalleryTest::looksGood()
{
    QFETCH(bool, dark);
    QFETCH(QSize, size);
    const Theme theme = dark ? Theme::dark() : Theme::light();
    theme.apply();
    QWidget window;
    auto* layout = new QVBoxLayout(&window);
    Selection selection;
    auto* view = new GalleryView(&selection);
    layout->addWidget(view);
    view->setTheme(theme);
    view->setGrid(test::sampleGrid(400));
    selection.set({1003, 1004, 1010}, this, "test", 1004);
    window.resize(size);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    shoot(window, QTest::currentDataTag());
    const TileView* tiles = tilesOf(*view);
    QVERIFY(tiles->tiles().columns() >= 1);
    // The frame of a tile has the colour of its outcome.
    const QImage shot = tiles->viewport()->grab().toImage();
    const int top = tiles->verticalScrollBar()->value();
    const int first = tiles->tiles().visible(top, top + 1).first + tiles->tiles().columns();
    const int kind = (first * 5) % 3;
    const QPoint edge(tiles->tiles().rect(first).left() + 1, tiles->tiles().rect(first).center().y() - top);
    QVERIFY(shot.rect().contains(edge * shot.devicePixelRatio()));
    QCOMPARE(shot.pixelColor(edge).name(),
             theme.role(kind == 0   ? "same"
                        : kind == 1 ? "different"
                                    : "unfooled")
                 .name());
}

void GalleryTest::clickAndKeysSelect()
{
    Selection selection;
    GalleryView view(&selection);
    view.setGrid(test::sampleGrid(100));
    view.resize(900, 600);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    TileView* tiles = tilesOf(view);
    QTest::mouseClick(tiles->viewport(), Qt::LeftButton, {}, centreOf(tiles, 1));
    QCOMPARE(selection.ids(), (QVector<qint64>{1001}));
    QTest::mouseClick(tiles->viewport(), Qt::LeftButton, Qt::ControlModifier, centreOf(tiles, 0));
    QCOMPARE(selection.ids(), (QVector<qint64>{1001, 1000}));
    tiles->setFocus();
    QTest::keyClick(tiles, Qt::Key_Home);
    QTest::keyClick(tiles, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(tiles, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(selection.ids(), (QVector<qint64>{1000, 1001, 1002}));
    QTest::keyClick(tiles, Qt::Key_Down);
    QCOMPARE(selection.primary(), 1002 + tiles->tiles().columns());
    QTest::keyClick(tiles, Qt::Key_End);
    QCOMPARE(selection.primary(), 1099);
    QCOMPARE(tiles->verticalScrollBar()->value(), tiles->verticalScrollBar()->maximum());
    QTest::keyClick(tiles, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(selection.ids().size(), 100);
    QTest::keyClick(tiles, Qt::Key_Escape);
    QVERIFY(selection.isEmpty());
}

void GalleryTest::filtersByAttribute()
{
    GalleryView view(nullptr);
    view.setGrid(test::sampleGrid(90));
    view.resize(900, 600);
    view.show();
    QCOMPARE(shownText(view), QString("90 images"));
    auto* outcome = view.findChild<QComboBox*>("filter-outcome");
    QVERIFY(outcome);
    QCOMPARE(outcome->itemText(1), QString("same mistake  (30)"));
    outcome->setCurrentIndex(1);
    QCOMPARE(shownText(view), QString("30 of 90 images"));
    QCOMPARE(tilesOf(view)->tiles().count, 30);
    auto* label = view.findChild<QComboBox*>("filter-label");
    QCOMPARE(label->itemText(1), QString("T-shirt  (3)"));
    label->setCurrentIndex(1);
    QCOMPARE(shownText(view), QString("3 of 90 images"));
}

void GalleryTest::followsTheSelectionOfOthers()
{
    Selection selection;
    GalleryView view(&selection);
    view.setGrid(test::sampleGrid(90));
    view.setFollowSelection(true);
    view.resize(900, 600);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QCOMPARE(tilesOf(view)->tiles().count, 90);
    selection.set({1005, 1007, 4}, this, "a bar");
    QCOMPARE(tilesOf(view)->tiles().count, 2);
    QTest::mouseClick(tilesOf(view)->viewport(), Qt::LeftButton, {}, centreOf(tilesOf(view), 1));
    QCOMPARE(selection.ids(), (QVector<qint64>{1007}));
    QCOMPARE(tilesOf(view)->tiles().count, 2); // choosing among them keeps them
    selection.clear(this);
    QCOMPARE(tilesOf(view)->tiles().count, 90);
}

void GalleryTest::showsOneVariant()
{
    GalleryView view(nullptr);
    view.setGrid(test::sampleGrid(20));
    const int wide = tilesOf(view)->tiles().tile().width();
    auto* variant = view.findChild<QComboBox*>("variant");
    variant->setCurrentIndex(2);
    QVERIFY(tilesOf(view)->tiles().tile().width() < wide / 2);
}

void GalleryTest::saysWhenThereIsNothing()
{
    Selection selection;
    GalleryView view(&selection);
    view.setGrid(test::sampleGrid(30));
    view.setFollowSelection(true);
    selection.set({5}, this);
    view.resize(700, 400);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QCOMPARE(tilesOf(view)->tiles().count, 0);
    shoot(view, "gallery-empty");
}

void GalleryTest::tellsPixelValues()
{
    Selection selection;
    GalleryView view(&selection);
    const auto grid = test::sampleGrid(30);
    view.setGrid(grid);
    view.resize(1000, 700);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    selection.set({1002}, this);
    auto* pixels = view.findChild<DetailPanel*>("detail")->findChildren<PixelView*>().value(2);
    QVERIFY(pixels);
    QTRY_VERIFY(pixels->target().width() >= 28);
    QSignalSpy spy(pixels, &PixelView::pixelHovered);
    // Sent rather than moved: the panel scrolls, and the cursor reaches only what is in sight.
    const double factor = pixels->target().width() / 28.0;
    const QPointF at(10.5 * factor, 12.5 * factor);
    QMouseEvent move(QEvent::MouseMove, at, pixels->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QCoreApplication::sendEvent(pixels, &move);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy.last().at(0).toPoint(), QPoint(10, 12));
    const std::size_t byte = ((2 * 3 + 2) * 28 + 12) * 28 + 10;
    QCOMPARE(spy.last().at(1).value<QVector<int>>(), QVector<int>{grid->pixels[byte]});
}

void GalleryTest::keepsFiltersForANewGrid()
{
    GalleryView view(nullptr);
    view.setGrid(test::sampleGrid(90));
    view.findChild<QComboBox*>("filter-outcome")->setCurrentIndex(2);
    view.setGrid(test::sampleGrid(60));
    QCOMPARE(shownText(view), QString("20 of 60 images"));
}

void GalleryTest::readsPixelsFromTheRunFolder()
{
    QTemporaryDir folder;
    auto grid = std::make_shared<protocol::ImageGrid>(*test::sampleGrid(10));
    QFile file(folder.filePath("images.bin"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(reinterpret_cast<const char*>(grid->pixels.data()), static_cast<qint64>(grid->pixels.size()));
    file.close();
    grid->file = "images.bin";
    const auto inline_ = std::exchange(grid->pixels, {});
    const GridPixels pixels(grid, folder.path());
    QVERIFY2(pixels.problem().isEmpty(), qPrintable(pixels.problem()));
    const QImage image = pixels.image(3, 1);
    QCOMPARE(image.size(), QSize(28, 28));
    QCOMPARE(int(image.constScanLine(5)[7]), int(inline_[((3 * 3 + 1) * 28 + 5) * 28 + 7]));
}

void GalleryTest::refusesFilesOutsideTheRunFolder()
{
    QTemporaryDir folder;
    QDir(folder.path()).mkdir("run");
    QFile outside(folder.filePath("secret"));
    QVERIFY(outside.open(QIODevice::WriteOnly));
    outside.close();
    auto grid = std::make_shared<protocol::ImageGrid>(*test::sampleGrid(1));
    grid->pixels.clear();
    grid->file = "../secret";
    const GridPixels pixels(grid, folder.filePath("run"));
    QCOMPARE(pixels.problem(), QString("The images lie in ../secret, which is not in the run's folder."));
    QVERIFY(pixels.image(0, 0).isNull());
}

QTEST_MAIN(GalleryTest)
#include "gui_gallery.moc"
