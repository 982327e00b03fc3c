#include "widgets/figures/figure_view.h"

#include "widgets/figures/figure_export.h"
#include "widgets/figures/mark_pick.h"
#include "widgets/figures/plot_canvas.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>
#include <QVBoxLayout>

namespace assay::widgets {

struct FigureView::Private
{
    PlotCanvas* canvas = nullptr;
    std::shared_ptr<const protocol::Figure> figure;
    Theme theme = Theme::light();
    PlotStyle style;
    bool titleShown = true;
};

FigureView::FigureView(Selection* selection, QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>())
{
    d->canvas = new PlotCanvas(selection, this, this);
    d->style = PlotStyle::screen(d->theme);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->canvas);
    setFocusProxy(d->canvas);
    setMinimumHeight(QFontMetrics(d->style.font).height() * 9);
    connect(d->canvas, &PlotCanvas::markChosen, this, [this](int layer, int mark) {
        if (!d->figure)
            return;
        // A figure that opens a gallery says so also where a click sets nothing.
        if (const Json params = pickedParams(*d->figure, layer, mark);
            !params.empty() || !d->figure->opens.empty())
            Q_EMIT picked(params);
    });
    d->canvas->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(d->canvas, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        if (!d->figure)
            return;
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(d->theme.icon("copy"), tr("Copy image"), this,
                        [this] { QGuiApplication::clipboard()->setPixmap(d->canvas->grab()); });
        menu->addAction(d->theme.icon("table"), tr("Copy numbers (CSV)"), this, [this] {
            QGuiApplication::clipboard()->setText(QString::fromUtf8(figureCsv(*d->figure)));
        });
        menu->addAction(d->theme.icon("export"), tr("Export…"), this, &FigureView::exportRequested);
        menu->addSeparator();
        menu->addAction(d->theme.icon("reset"), tr("Show everything"), d->canvas, &PlotCanvas::showAll);
        menu->popup(d->canvas->mapToGlobal(at));
    });
}

FigureView::~FigureView() = default;

void FigureView::setFigure(std::shared_ptr<const protocol::Figure> figure)
{
    d->figure = std::move(figure);
    if (!d->figure)
        return;
    setAccessibleName(QString::fromStdString(d->figure->title));
    d->canvas->show(d->figure, d->style);
    updateGeometry();
}

const protocol::Figure* FigureView::figure() const
{
    return d->figure.get();
}

void FigureView::setTheme(const Theme& theme)
{
    d->theme = theme;
    d->style = PlotStyle::screen(theme);
    d->style.showTitle = d->titleShown;
    if (d->figure)
        d->canvas->show(d->figure, d->style);
    else
        d->canvas->setBackground(QBrush(theme.plotBackground));
}

void FigureView::setTitleShown(bool shown)
{
    d->titleShown = shown;
    setTheme(d->theme);
}

QCustomPlot* FigureView::plot() const
{
    return d->canvas;
}

QSize FigureView::sizeHint() const
{
    const int line = QFontMetrics(d->style.font).height();
    const double aspect = d->figure ? std::clamp(d->figure->aspect, 0.4, 4.0) : 1.6;
    const int height = line * 22;
    return {static_cast<int>(height * aspect), height};
}

void FigureView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange && d->figure)
        setTheme(d->theme);
    QWidget::changeEvent(event);
}

} // namespace assay::widgets
