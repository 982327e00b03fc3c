#include "backend/engine/reporting/rate_marks.h"
#include "plugins/patches/attack_results.h"

#include <algorithm>

namespace assay::patches {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kPercent = 100;

std::string intervalName(const AttackResults& r)
{
    return r.detectors ? "bootstrap 95 %, images drawn anew" : kWilson;
}

std::string whereText(const AttackResults& r)
{
    return r.placement == "objects"  ? "on every object, turned and shifted within the ranges of training"
           : r.placement == "region" ? "anywhere in the region, turned within the range of training"
                                     : "anywhere on the image, turned within the range of training";
}

void addValue(Layer& layer, double x, const Effect& effect)
{
    layer.x.push_back(x);
    layer.y.push_back(kPercent * effect.value());
    layer.low.push_back(kPercent * effect.low());
    layer.high.push_back(kPercent * effect.high());
    if (!effect.ap) {
        layer.count.push_back(static_cast<double>(effect.accuracy.count));
        layer.denominator.push_back(static_cast<double>(effect.accuracy.n));
    }
}

std::string roleOf(const std::string& patch)
{
    return patch == "trained"  ? "different"
           : patch == "random" ? "neutral"
           : patch == "none"   ? "same"
                               : "accent";
}

const PatchGridOfRates* gridOf(const std::vector<PatchGridOfRates>& grids, const std::string& patch)
{
    const auto found = std::ranges::find(grids, patch, &PatchGridOfRates::patch);
    return found == grids.end() ? nullptr : &*found;
}

/// @param upsideDown the rates' rows count from the top, those of cells from the bottom.
Layer cellsOf(const PatchGridOfRates& grid, std::size_t rows, std::size_t columns, bool upsideDown)
{
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    cells.rows = static_cast<std::uint32_t>(rows);
    cells.columns = static_cast<std::uint32_t>(columns);
    for (std::size_t i = 0; i < rows * columns; ++i) {
        const std::size_t row = upsideDown ? rows - 1 - i / columns : i / columns;
        const metrics::Rate& rate = grid.rates[row * columns + i % columns];
        cells.z.push_back(kPercent * rate.value);
        cells.count.push_back(static_cast<double>(rate.count));
        cells.denominator.push_back(static_cast<double>(rate.n));
    }
    return cells;
}

} // namespace

Figure valueByPatchFigure(const AttackResults& r)
{
    Figure f{.name = "value-by-patch",
             .title = r.valueName() + " with and without the patch",
             .section = "Success",
             .interval = intervalName(r)};
    f.caption = "Test images that the patch was not trained on; the patch lies " + whereText(r) +
                ". A random patch of the same size and shape tells what covering alone does.";
    if (!r.detectors)
        f.rateOf = "test images drawn";
    f.x = {.label = "Model", .scale = AxisScale::Category, .categories = r.models};
    f.y = percentScale(r.valueName());
    std::vector<std::string> patches = r.patches();
    patches.insert(patches.begin(), "none");
    for (const std::string& patch : patches) {
        Layer bars{
            .kind = LayerKind::Bars, .name = patch == "none" ? "no patch" : patch, .role = roleOf(patch)};
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            const bool none = patch == "none";
            const PatchRow* row = r.find(m, patch, none ? 0 : r.size, none ? "none" : r.placement);
            if (row)
                addValue(bars, static_cast<double>(m), row->effect);
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure valueBySizeFigure(const AttackResults& r)
{
    Figure f{.name = "value-by-size",
             .title = r.valueName() + " over the size of the patch",
             .section = "Success",
             .interval = intervalName(r)};
    f.caption = "The patch lies " + whereText(r) + "; it was trained at a size of " + shortText(r.size) +
                " and not again for the others.";
    f.x = {.label = r.placement == "objects" ? "Width, of the diagonal of the object's box"
                                             : "Width, of the image's shorter side",
           .low = 0,
           .sets = "patch_size"};
    f.y = percentScale(r.valueName());
    for (std::size_t m = 0; m < r.models.size(); ++m)
        for (const std::string& patch : r.patches()) {
            Layer line{.kind = LayerKind::Line,
                       .name = r.models[m] + ", " + patch,
                       .role = patch == "trained" ? "model:" + r.models[m] : roleOf(patch)};
            if (const PatchRow* none = r.find(m, "none", 0, "none"))
                addValue(line, 0, none->effect);
            for (const double size : r.sizes)
                if (const PatchRow* row = r.find(m, patch, size, r.placement))
                    addValue(line, size, row->effect);
            f.layers.push_back(std::move(line));
        }
    return f;
}

Figure successByPlaceFigure(const AttackResults& r)
{
    const bool onObjects = r.placement == "objects";
    Figure f{.name = "success-by-place",
             .title = "Success by place: the trained patch on " + r.models.front(),
             .section = "Where it works",
             .rateOf = r.detectors ? "objects found without the patch" : "test images that can be attacked"};
    f.caption = std::string("Centre of the patch, upright, ") +
                (onObjects ? "relative to each object's box: 0 is its left or upper edge, 1 the other one. "
                           : "on the image, from its left and upper edge. ") +
                "Success: " + r.aim + ". Of the first " + std::to_string(r.mapImages) + " test images.";
    const double first = onObjects ? -0.5 : 0;
    const double extent = onObjects ? 2 : 1;
    std::vector<std::string> centres;
    for (std::int64_t i = 0; i < r.gridSide; ++i)
        centres.push_back(shortText(first + extent * (double(i) + 0.5) / double(r.gridSide)));
    f.x = {.label = "Across", .scale = AxisScale::Category, .categories = centres};
    std::ranges::reverse(centres);
    f.y = {.label = "Down", .scale = AxisScale::Category, .categories = centres};
    f.colour = {.label = "Success", .unit = "%", .low = 0, .high = kPercent};
    f.aspect = 1.2;
    const auto side = static_cast<std::size_t>(r.gridSide);
    if (const PatchGridOfRates* grid = gridOf(r.byPlace, "trained"))
        f.layers.push_back(cellsOf(*grid, side, side, true));
    return f;
}

Figure successByTurnFigure(const AttackResults& r)
{
    Figure f{.name = "success-by-turn",
             .title = "Success by size and rotation: the trained patch on " + r.models.front(),
             .section = "Where it works",
             .rateOf = r.detectors ? "objects found without the patch" : "test images that can be attacked"};
    f.caption = std::string(r.placement == "objects" ? "On the centre of every object. "
                                                     : "In the middle of the image. ") +
                "Success: " + r.aim + ". Of the first " + std::to_string(r.mapImages) + " test images.";
    f.x = {.label = "Rotation", .unit = "°", .scale = AxisScale::Category};
    f.y = {.label = "Size", .scale = AxisScale::Category};
    for (const double angle : r.angles)
        f.x.categories.push_back(shortText(angle));
    for (const double size : r.sizes)
        f.y.categories.push_back(shortText(size));
    f.colour = {.label = "Success", .unit = "%", .low = 0, .high = kPercent};
    if (const PatchGridOfRates* grid = gridOf(r.byTurn, "trained"))
        f.layers.push_back(cellsOf(*grid, r.sizes.size(), r.angles.size(), false));
    return f;
}

Figure trainingFigure(const AttackResults& r)
{
    Figure f{.name = "training", .title = "Loss while the patch was trained", .section = "Training"};
    f.caption = "Means over the images of a step, before it is made; the regularisers as they count, times "
                "their weights.";
    f.x = {.label = "Step"};
    f.y = {.label = "Loss"};
    const auto add = [&](const char* name, const char* role, const torch::Tensor& values, double weight) {
        if (weight == 0)
            return;
        Layer line{.kind = LayerKind::Line, .name = name, .role = role};
        const auto value = values.accessor<float, 1>();
        for (std::int64_t i = 0; i < values.size(0); ++i) {
            line.x.push_back(static_cast<double>(i));
            line.y.push_back(weight * value[i]);
        }
        f.layers.push_back(std::move(line));
    };
    add("attack", "different", r.history.attack, 1);
    add("variation", "accent", r.history.variation, r.variationWeight);
    add("printability", "neutral", r.history.nonPrintable, r.printWeight);
    return f;
}

} // namespace assay::patches
