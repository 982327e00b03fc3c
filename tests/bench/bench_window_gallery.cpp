// What the window must do within one frame of 16 ms: a scroll step over 10,000 tiles, and stacked bars that
// follow a slider. Run with QT_QPA_PLATFORM=offscreen.

#include "widgets/figures/figure_view.h"
#include "widgets/gallery/gallery_view.h"
#include "widgets/gallery/tile_view.h"
#include "widgets/selection/selection.h"

#include <benchmark/benchmark.h>

#include <QApplication>
#include <QScrollBar>

#include <qcustomplot.h>

#include <algorithm>
#include <chrono>

using namespace assay;
using namespace assay::widgets;

namespace {

std::shared_ptr<const protocol::ImageGrid> gridOf(std::size_t count, std::uint32_t side,
                                                  std::uint32_t channels)
{
    auto grid = std::make_shared<protocol::ImageGrid>();
    grid->variants = {"clean", "perturbation", "adversarial"};
    grid->width = grid->height = side;
    grid->channels = channels;
    protocol::ImageAttribute outcome{
        "outcome", "Outcome", {"same", "different", "unfooled"}, {"same", "different", "unfooled"}, {}};
    protocol::ImageAttribute label{"label", "Label", {"Coat", "Bag", "Shirt"}, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
        grid->ids.push_back(static_cast<std::int64_t>(i));
        outcome.codes.push_back(static_cast<int>(i % 3));
        label.codes.push_back(static_cast<int>(i / 3 % 3));
    }
    grid->pixels.resize(grid->pixelBytes());
    for (std::size_t i = 0; i < grid->pixels.size(); ++i)
        grid->pixels[i] = static_cast<std::uint8_t>(i * 2654435761u >> 24);
    grid->attributes = {label, outcome};
    return grid;
}

/// One page down and its painting, over the whole gallery: every tile is new.
void scrollByPage(benchmark::State& state)
{
    Selection selection;
    GalleryView view(&selection);
    view.setGrid(gridOf(10000, static_cast<std::uint32_t>(state.range(0)),
                        static_cast<std::uint32_t>(state.range(1))));
    view.resize(1400, 900);
    view.show();
    auto* tiles = view.findChild<TileView*>("tiles");
    QScrollBar* bar = tiles->verticalScrollBar();
    QImage canvas(tiles->viewport()->size(), QImage::Format_RGB32);
    double worst = 0;
    for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        bar->setValue(bar->value() >= bar->maximum() ? 0 : bar->value() + bar->pageStep());
        tiles->viewport()->render(&canvas);
        const double ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        worst = std::max(worst, ms);
    }
    state.counters["worst_ms"] = worst;
    state.counters["tiles"] = tiles->tiles().count;
}
BENCHMARK(scrollByPage)
    ->Args({28, 1})
    ->Args({32, 3})
    ->Args({224, 3})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(200);

std::shared_ptr<const protocol::Figure> barsAt(int step, std::size_t groups, std::size_t layers)
{
    auto figure = std::make_shared<protocol::Figure>();
    figure->name = "outcomes";
    figure->title = "Outcomes";
    figure->x.scale = protocol::AxisScale::Category;
    for (std::size_t g = 0; g < groups; ++g)
        figure->x.categories.push_back("target-" + std::to_string(g));
    for (std::size_t k = 0; k < layers; ++k) {
        protocol::Layer layer{
            .kind = protocol::LayerKind::Bars, .name = "part " + std::to_string(k), .stack = "s"};
        for (std::size_t g = 0; g < groups; ++g) {
            const double y = 0.1 + 0.01 * static_cast<double>((g + k + static_cast<std::size_t>(step)) % 5);
            layer.x.push_back(static_cast<double>(g));
            layer.y.push_back(y);
            layer.low.push_back(y - 0.01);
            layer.high.push_back(y + 0.01);
            std::vector<std::int64_t> ids(200);
            for (std::size_t i = 0; i < ids.size(); ++i)
                ids[i] = static_cast<std::int64_t>(1000 * g + 200 * k + i);
            layer.samples.add(ids);
        }
        figure->layers.push_back(std::move(layer));
    }
    return figure;
}

/// A step of the slider: new numbers of the same shape, drawn.
void followSlider(benchmark::State& state)
{
    Selection selection;
    FigureView view(&selection);
    view.resize(900, 520);
    view.show();
    std::vector<std::shared_ptr<const protocol::Figure>> figures;
    for (int step = 0; step < 5; ++step)
        figures.push_back(barsAt(step, 7, 6));
    QImage canvas(view.size(), QImage::Format_RGB32);
    std::size_t step = 0;
    for (auto _ : state) {
        view.setFigure(figures[step++ % figures.size()]);
        view.render(&canvas);
    }
}
BENCHMARK(followSlider)->Unit(benchmark::kMillisecond);

/// A selection of 5,000 images made elsewhere, shown in the bars.
void showSelection(benchmark::State& state)
{
    Selection selection;
    FigureView view(&selection);
    view.resize(900, 520);
    view.show();
    view.setFigure(barsAt(0, 7, 6));
    QImage canvas(view.size(), QImage::Format_RGB32);
    QVector<qint64> odd, even;
    for (qint64 id = 0; id < 10000; ++id)
        (id % 2 ? odd : even) << id;
    bool flip = false;
    for (auto _ : state) {
        selection.set((flip = !flip) ? odd : even, nullptr);
        view.render(&canvas);
    }
}
BENCHMARK(showSelection)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    Theme::light().apply();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
