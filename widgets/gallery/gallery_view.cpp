#include "widgets/gallery/gallery_view.h"

#include "widgets/gallery/detail_panel.h"
#include "widgets/gallery/filter_bar.h"
#include "widgets/gallery/tile_view.h"
#include "widgets/selection/selection.h"

#include <QLabel>
#include <QPointer>
#include <QResizeEvent>
#include <QScrollBar>
#include <QSplitter>
#include <QVBoxLayout>

namespace assay::widgets {

struct GalleryView::Private
{
    QPointer<Selection> selection;
    std::shared_ptr<const protocol::ImageGrid> grid;
    GridPixels pixels;
    QString runFolder;
    bool titleShown = true;
    QLabel* title = nullptr;
    QLabel* problem = nullptr;
    FilterBar* bar = nullptr;
    TileView* tiles = nullptr;
    DetailPanel* detail = nullptr;
    /// What others selected last: choosing a tile must not make the other tiles vanish.
    QSet<qint64> followed;

    GalleryFilter filter() const
    {
        GalleryFilter result = bar->filter();
        if (bar->followsSelection() && !followed.isEmpty())
            result.onlyIds = followed;
        return result;
    }

    QString emptyText() const
    {
        if (!grid || grid->count() == 0)
            return GalleryView::tr("No images yet.");
        if (bar->followsSelection() && !followed.isEmpty())
            return GalleryView::tr(
                       "None of the %1 selected images is in this gallery, or the filter hides them.")
                .arg(followed.size());
        return GalleryView::tr("No image passes the filter. Set a choice above back to \"all\".");
    }

    void refilter()
    {
        if (!grid)
            return;
        const GalleryFilter wanted = filter();
        const QVector<int> shown = filtered(*grid, wanted);
        tiles->setShown(shown, emptyText());
        bar->showCounts(wanted, static_cast<int>(shown.size()));
    }

    void showPrimary()
    {
        int index = -1;
        if (selection && grid)
            for (std::size_t i = 0; i < grid->count() && index < 0; ++i)
                if (grid->ids[i] == selection->primary())
                    index = static_cast<int>(i);
        detail->show(grid, pixels, index);
    }

    /// A narrow gallery has no room for tiles beside the large image.
    void showDetailWhereItFits(int width)
    {
        const int narrowest = detail->fontMetrics().height() * 38;
        detail->setVisible(bar->showsDetail() && width >= narrowest);
    }

    void followSelection()
    {
        followed =
            selection ? QSet<qint64>(selection->ids().cbegin(), selection->ids().cend()) : QSet<qint64>();
    }
};

GalleryView::GalleryView(Selection* selection, QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>())
{
    d->selection = selection;
    d->title = new QLabel(this);
    d->title->setProperty("kind", "subtitle");
    d->title->setWordWrap(true);
    d->title->hide();
    d->problem = new QLabel(this);
    d->problem->setProperty("kind", "problem");
    d->problem->setWordWrap(true);
    d->problem->hide();
    d->bar = new FilterBar(this);
    d->tiles = new TileView(selection, this);
    d->detail = new DetailPanel(this);
    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    split->addWidget(d->tiles);
    split->addWidget(d->detail);
    split->setStretchFactor(0, 1);
    const int line = fontMetrics().height();
    split->setSizes({line * 40, line * 13});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(line / 2);
    column->addWidget(d->title);
    column->addWidget(d->problem);
    column->addWidget(d->bar);
    column->addWidget(split, 1);
    setMinimumHeight(line * 20);
    setFocusProxy(d->tiles);
    d->bar->setZoom(d->tiles->imageSide(), TileView::smallestSide(this), TileView::largestSide(this));

    connect(d->bar, &FilterBar::filterChanged, this, [this] { d->refilter(); });
    connect(d->bar, &FilterBar::variantChanged, d->tiles, &TileView::setVariant);
    connect(d->bar, &FilterBar::captionsChanged, this, [this] { d->tiles->setCaptions(d->bar->captions()); });
    connect(d->bar, &FilterBar::followChanged, this, [this] {
        d->followSelection();
        d->refilter();
    });
    connect(d->bar, &FilterBar::detailToggled, this, [this] { d->showDetailWhereItFits(width()); });
    connect(d->bar, &FilterBar::zoomChanged, d->tiles, &TileView::setImageSide);
    connect(d->tiles, &TileView::zoomRequested, this, [this](int side) {
        d->tiles->setImageSide(side);
        d->bar->setZoom(d->tiles->imageSide(), TileView::smallestSide(this), TileView::largestSide(this));
    });
    if (selection)
        connect(selection, &Selection::changed, this, [this](const QObject* by) {
            if (by != this && d->bar->followsSelection()) {
                d->followSelection();
                d->refilter();
            }
            d->showPrimary();
        });
    setTheme(Theme::light());
}

GalleryView::~GalleryView() = default;

void GalleryView::setGrid(std::shared_ptr<const protocol::ImageGrid> grid)
{
    d->grid = std::move(grid);
    d->pixels = GridPixels(d->grid, d->runFolder);
    if (!d->grid)
        return;
    const QString title = QString::fromStdString(d->grid->title);
    setAccessibleName(title);
    d->tiles->setAccessibleName(title);
    d->title->setText(title);
    d->title->setVisible(d->titleShown && !title.isEmpty());
    d->problem->setText(d->pixels.problem());
    d->problem->setVisible(!d->pixels.problem().isEmpty());
    const int scrolled = d->tiles->verticalScrollBar()->value();
    d->tiles->setGrid(d->grid, d->pixels);
    int frame = -1;
    for (std::size_t i = 0; i < d->grid->attributes.size(); ++i)
        if (!d->grid->attributes[i].roles.empty())
            frame = static_cast<int>(i);
    d->tiles->setFrameAttribute(frame);
    d->bar->setGrid(d->grid);
    d->tiles->setCaptions(d->bar->captions());
    d->refilter();
    d->tiles->verticalScrollBar()->setValue(scrolled);
    d->showPrimary();
}

void GalleryView::setRunFolder(const QString& folder)
{
    d->runFolder = folder;
}

void GalleryView::setTheme(const Theme& theme)
{
    d->bar->setTheme(theme);
    d->tiles->setTheme(theme);
    d->detail->setTheme(theme);
}

void GalleryView::setTitleShown(bool shown)
{
    d->titleShown = shown;
    d->title->setVisible(shown && !d->title->text().isEmpty());
}

void GalleryView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    d->showDetailWhereItFits(event->size().width());
}

void GalleryView::setFollowSelection(bool on)
{
    d->bar->setFollowsSelection(on);
}

} // namespace assay::widgets
