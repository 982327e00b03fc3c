#include "sample_figures.h"

#include <cmath>
#include <string>

namespace assay::test {

using protocol::Axis;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

const std::vector<std::string> kModels{"fashion-cnn-early", "fashion-cnn-reorder", "fashion-cnn-reinit",
                                       "fashion-resnet",    "fashion-convmixer",   "fashion-mlp"};
const std::vector<std::string> kClasses{"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

Figure figure(std::string name, std::string title, Axis x, Axis y)
{
    Figure f;
    f.name = std::move(name);
    f.title = std::move(title);
    f.x = std::move(x);
    f.y = std::move(y);
    return f;
}

Axis category(std::string label, std::vector<std::string> names)
{
    Axis axis{std::move(label), {}, AxisScale::Category, std::move(names), {}, {}};
    return axis;
}

/// Samples first, first + 1, ..., count of them.
std::vector<std::int64_t> run(std::int64_t first, std::int64_t count)
{
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 0; i < count; ++i)
        ids.push_back(first + i);
    return ids;
}

void addRate(Layer& layer, double x, double count, double of, std::int64_t firstSample)
{
    const double p = count / of, half = 1.96 * std::sqrt(p * (1 - p) / of + 1e-9);
    layer.x.push_back(x);
    layer.y.push_back(p);
    layer.low.push_back(std::max(0.0, p - half));
    layer.high.push_back(std::min(1.0, p + half));
    layer.count.push_back(count);
    layer.denominator.push_back(of);
    layer.samples.add(run(firstSample, static_cast<std::int64_t>(count)));
}

} // namespace

Figure stackedBars(std::size_t groups)
{
    Figure f = figure("outcomes-by-eps", "What adversarial examples of fashion-cnn do to fashion-resnet",
                      category("ε, L2 of [0,1]", {}), {"Share", "", AxisScale::Linear, {}, 0.0, 1.0});
    f.rateOf = "the 1 635 images that fool fashion-cnn";
    f.interval = "Wilson 95 %";
    for (std::size_t g = 0; g < groups; ++g)
        f.x.categories.push_back(std::to_string(0.5 * static_cast<double>(g + 1)).substr(0, 3));
    Layer same{.kind = LayerKind::Bars, .name = "Same mistake", .role = "same", .stack = "outcome"};
    Layer different{
        .kind = LayerKind::Bars, .name = "Different mistake", .role = "different", .stack = "outcome"};
    Layer unfooled{.kind = LayerKind::Bars, .name = "Unfooled", .role = "unfooled", .stack = "outcome"};
    for (std::size_t g = 0; g < groups; ++g) {
        const double x = static_cast<double>(g);
        const double s = std::round(1635 * (0.12 + 0.1 * x)), d = std::round(1635 * (0.02 + 0.012 * x));
        addRate(same, x, s, 1635, 0);
        addRate(different, x, d, 1635, static_cast<std::int64_t>(s));
        addRate(unfooled, x, 1635 - s - d, 1635, static_cast<std::int64_t>(s + d));
    }
    unfooled.low.clear();
    unfooled.high.clear();
    f.layers = {same, different, unfooled};
    return f;
}

Figure groupedBars()
{
    Figure f =
        figure("clean-accuracy", "Accuracy on clean and adversarial images",
               category("Target model", kModels), {"Accuracy", "%", AxisScale::Linear, {}, 0.0, 100.0});
    for (int k = 0; k < 3; ++k) {
        Layer layer{.kind = LayerKind::Bars, .name = k == 0 ? "Clean" : k == 1 ? "PGD ε 1.0" : "PGD ε 2.0"};
        for (std::size_t m = 0; m < kModels.size(); ++m) {
            layer.x.push_back(static_cast<double>(m));
            layer.y.push_back(91 - 24 * k - 4 * static_cast<double>(m % 3) * k);
            layer.samples.add(run(static_cast<std::int64_t>(100 * m), 40));
        }
        f.layers.push_back(layer);
    }
    return f;
}

Figure lines()
{
    Figure f = figure("transfer-by-eps", "Transfer rate grows with the perturbation",
                      {"ε", "L2 of [0,1]", AxisScale::Linear, {}, {}, {}},
                      {"Transfer rate", "", AxisScale::Linear, {}, 0.0, {}});
    f.rateOf = "the images that fool the source";
    f.interval = "Wilson 95 %";
    for (std::size_t m = 0; m < kModels.size(); ++m) {
        Layer layer{.kind = LayerKind::Line, .name = kModels[m], .role = "model:" + kModels[m]};
        for (int i = 0; i < 10; ++i) {
            const double eps = 0.2 * (i + 1), p = 1 - std::exp(-eps * (1.4 - 0.2 * static_cast<double>(m)));
            layer.x.push_back(eps);
            layer.y.push_back(p);
            layer.low.push_back(p - 0.02);
            layer.high.push_back(p + 0.02);
            layer.samples.add(run(100 * i, static_cast<std::int64_t>(90 * p)));
        }
        f.layers.push_back(layer);
    }
    Layer chance{.kind = LayerKind::Marks,
                 .name = "Chance",
                 .role = "chance",
                 .y = {0.1},
                 .labels = {"chance, 1 of 10"}};
    f.layers.push_back(chance);
    return f;
}

Figure points()
{
    Figure f = figure("similarity", "Models with closer decision boundaries share more mistakes",
                      {"Distance of decision boundaries", "L2", AxisScale::Linear, {}, 0.0, {}},
                      {"Same mistakes", "%", AxisScale::Linear, {}, 0.0, 100.0});
    const std::vector<double> distance{0.03, 0.64, 0.79, 1.22, 2.94, 2.49};
    const std::vector<double> same{97, 46, 36, 24, 10, 9};
    for (std::size_t m = 0; m < kModels.size(); ++m) {
        Layer layer{.kind = LayerKind::Points, .name = kModels[m], .role = "model:" + kModels[m]};
        layer.x = {distance[m]};
        layer.y = {same[m]};
        layer.low = {same[m] - 3};
        layer.high = {same[m] + 3};
        layer.labels = {kModels[m]};
        layer.samples.add(run(static_cast<std::int64_t>(10 * m), 30));
        f.layers.push_back(layer);
    }
    return f;
}

Figure cells()
{
    Figure f = figure("confusion", "Wrong classes of source and target",
                      category("Target predicts", kClasses), category("Source predicts", kClasses));
    f.rateOf = "images that fool both models";
    f.colour = {"Images", "", AxisScale::Linear, {}, {}, {}};
    Layer layer{
        .kind = LayerKind::Cells, .name = "Images", .rows = 10, .columns = 10, .colourMap = "sequential"};
    for (int row = 0; row < 10; ++row)
        for (int column = 0; column < 10; ++column) {
            const int n = row == column ? 60 + 13 * row : (row * 7 + column * 3) % 19;
            layer.z.push_back(n);
            layer.samples.add(run(row * 100 + column * 10, n));
        }
    f.layers = {layer};
    f.aspect = 1.3;
    return f;
}

Figure divergingCells()
{
    Figure f = cells();
    f.name = "difference";
    f.title = "Difference of two confusion matrices";
    f.colour = {"Change", "points", AxisScale::Linear, {}, {}, {}};
    f.layers.front().colourMap = "diverging";
    for (std::size_t i = 0; i < 100; ++i)
        f.layers.front().z[i] = 4 * std::sin(static_cast<double>(i) * 0.7) + 0.01 * static_cast<double>(i);
    return f;
}

Figure picture()
{
    Figure f = figure("decision-map", "Decision map of fashion-cnn",
                      {"Along the source's gradient", "L2", AxisScale::Linear, {}, -3.0, 3.0},
                      {"Along a random direction", "L2", AxisScale::Linear, {}, -3.0, 3.0});
    f.colour = {"Margin", "", AxisScale::Linear, {}, {}, {}};
    Layer layer{
        .kind = LayerKind::Cells, .name = "Margin", .rows = 120, .columns = 120, .colourMap = "diverging"};
    for (int row = 0; row < 120; ++row)
        for (int column = 0; column < 120; ++column)
            layer.z.push_back(std::sin(row * 0.05) * 2 + std::cos(column * 0.08) - 0.6);
    Layer centre{.kind = LayerKind::Points,
                 .name = "Image",
                 .role = "accent",
                 .x = {0},
                 .y = {0},
                 .labels = {"clean image"}};
    f.layers = {layer, centre};
    return f;
}

Figure boxes()
{
    Figure f = figure("perturbation-norms", "Size of the perturbations that succeed",
                      category("Attack", {"FGSM", "PGD", "MI-FGSM", "none"}),
                      {"L2 norm", "", AxisScale::Log, {}, {}, {}});
    Layer layer{.kind = LayerKind::Boxes, .name = "norm", .role = "neutral"};
    for (int i = 0; i < 4; ++i) {
        layer.x.push_back(i);
        for (const double v : {0.1, 0.4, 0.8, 1.5, 6.0})
            layer.z.push_back(v * (1 + i));
        layer.samples.add(run(100 * i, 50));
    }
    f.layers = {layer};
    return f;
}

std::vector<Figure> allFigures()
{
    return {stackedBars(), groupedBars(), lines(), points(), cells(), divergingCells(), picture(), boxes()};
}

protocol::Table pairsTable()
{
    protocol::Table table;
    table.name = "pairs";
    table.title = "All pairs";
    table.columns.push_back({.name = "target", .label = "Target", .texts = kModels});
    protocol::Column eps{
        .name = "eps", .label = "ε", .unit = "L2", .digits = 2, .numbers = {0.5, 0.5, 0.5, 1, 1, 1}};
    protocol::Column same{
        .name = "same", .label = "Same", .digits = 3, .numbers = {0.9712345, 0.46, 0.36, 0.24, 0.1, 0.09}};
    table.columns.push_back(eps);
    table.columns.push_back(same);
    for (int i = 0; i < 6; ++i)
        table.samples.add(run(10 * i, 5));
    return table;
}

} // namespace assay::test
