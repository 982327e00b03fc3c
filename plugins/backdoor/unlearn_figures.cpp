#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/unlearn_results.h"

#include <torch/types.h>

#include <algorithm>
#include <map>

namespace assay::backdoor {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

struct ShownRate
{
    const char* name;
    const char* role;
    metrics::Rate BackdoorRates::*rate;
};
constexpr ShownRate kShownRates[] = {{"Other classes", "neutral", &BackdoorRates::others},
                                     {"Target class", "different", &BackdoorRates::target},
                                     {"Attack success", "same", &BackdoorRates::asr}};
/// Of a guidance that has more, the first are shown.
constexpr std::int64_t kShownInputs = 96;
constexpr std::int64_t kShownOutputs = 64;

metrics::Rate& operator+=(metrics::Rate& sum, const metrics::Rate& rate)
{
    return sum = metrics::wilson(sum.count + rate.count, sum.n + rate.n);
}

/// A line per rate over x, repeats put together.
std::vector<Layer> unlearnLines(const UnlearnResults& r, const std::string& curve)
{
    std::vector<Layer> lines;
    for (const ShownRate& shown : kShownRates) {
        std::map<double, metrics::Rate> sums;
        for (const CurvePoint& p : r.curves)
            if (p.curve == curve)
                sums[p.x] += p.rates.*shown.rate;
        Layer line{.kind = LayerKind::Line, .name = shown.name, .role = shown.role};
        for (const auto& [x, rate] : sums)
            reporting::addRateMark(line, x, rate, true);
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string unlearnDenominators()
{
    return "Attack success: of judged images of other classes that carry the trigger, those taken for the "
           "target class.";
}

torch::Tensor firstOf(const torch::Tensor& values, std::int64_t most)
{
    return values.argsort(0, true).narrow(0, 0, std::min(most, values.numel()));
}

} // namespace

Figure methodsFigure(const UnlearnResults& r)
{
    Figure f{.name = "methods",
             .title = "What each method costs and removes",
             .section = "Comparison",
             .interval = reporting::kWilson};
    f.caption = "All repeats together. " + unlearnDenominators();
    f.x = {.label = "Method", .scale = AxisScale::Category, .sets = "view_method"};
    f.y = reporting::percentScale("Rate");
    for (const UnlearnOutcome& o : r.outcomes)
        if (std::ranges::find(f.x.categories, unlearnTitle(o.method)) == f.x.categories.end())
            f.x.categories.push_back(unlearnTitle(o.method));
    for (const ShownRate& shown : kShownRates) {
        Layer bars{.kind = LayerKind::Bars, .name = shown.name, .role = shown.role};
        for (std::size_t i = 0; i < f.x.categories.size(); ++i) {
            metrics::Rate sum;
            for (const UnlearnOutcome& o : r.outcomes)
                if (unlearnTitle(o.method) == f.x.categories[i])
                    sum += o.rates.*shown.rate;
            reporting::addRateMark(bars, static_cast<double>(i), sum, true);
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure costFigure(const UnlearnResults& r)
{
    Figure f{.name = "cost", .title = "Time against what is left of the attack", .section = "Comparison"};
    f.caption = "One mark per method and repeat. " + unlearnDenominators();
    f.x = {.label = "Time", .unit = "s", .scale = AxisScale::Log};
    f.y = reporting::percentScale("Attack success");
    std::map<std::string, std::size_t> layers;
    for (const UnlearnOutcome& o : r.outcomes) {
        if (o.seconds <= 0)
            continue;
        const auto [it, fresh] = layers.emplace(o.method, f.layers.size());
        if (fresh)
            f.layers.push_back(
                {.kind = LayerKind::Points, .name = unlearnTitle(o.method), .role = "model:" + o.method});
        Layer& points = f.layers[it->second];
        reporting::addRateMark(points, o.seconds, o.rates.asr, false);
        points.labels.push_back(std::to_string(o.images) + " images");
    }
    return f;
}

Figure samplesFigure(const UnlearnResults& r)
{
    Figure f{.name = "samples",
             .title = "How many images the edit needs",
             .section = "Comparison",
             .interval = reporting::kWilson};
    f.caption = "The edit alone, without repair; repeats together. " + unlearnDenominators();
    f.x = {.label = "Images for the edit", .scale = AxisScale::Log};
    f.y = reporting::percentScale("Rate");
    f.layers = unlearnLines(r, "samples");
    return f;
}

Figure changesFigure(const UnlearnResults& r)
{
    Figure f{.name = "changes", .title = "How much of each layer is changed", .section = "Where it lives"};
    f.caption = "‖ΔW‖ / ‖W‖ against the model as it was. A click on a bar shows the layer.";
    f.x = {.label = "Layer", .scale = AxisScale::Category, .sets = "view_layer"};
    f.y = {.label = "Relative change", .low = 0};
    Layer edit{.kind = LayerKind::Bars, .name = "Edited", .role = "accent"};
    Layer repaired{.kind = LayerKind::Bars, .name = "Repaired", .role = "neutral"};
    for (const UnlearnLayer& layer : r.layers) {
        const auto x = static_cast<double>(f.x.categories.size());
        f.x.categories.push_back(layer.name);
        edit.x.push_back(x);
        edit.y.push_back(layer.change);
        repaired.x.push_back(x);
        repaired.y.push_back(layer.repaired);
    }
    f.layers = {std::move(edit), std::move(repaired)};
    return f;
}

Figure guidanceFigure(const UnlearnLayer& layer)
{
    Figure f{.name = "guidance", .title = "Guidance of " + layer.name, .section = "Where it lives"};
    f.x = {.label = "Input, the most guided first", .scale = AxisScale::Category};
    f.y = {.label = "Unit, the most guided first", .scale = AxisScale::Category};
    f.colour = {.label = "Share of the weight's edit", .low = 0, .high = 1};
    if (!layer.edited || layer.guidance.empty) {
        f.caption = layer.edited
                        ? "Nothing in this layer is more active for images to forget: it is left as it is."
                        : "This layer is not edited.";
        return f;
    }
    const torch::Tensor rows = firstOf(layer.guidance.b, kShownOutputs),
                        columns = firstOf(layer.guidance.a, kShownInputs);
    f.caption = "G: what is taken from each weight, in units of strength times the layer's mean |W|. " +
                std::to_string(rows.numel()) + " of " + std::to_string(layer.guidance.b.numel()) +
                " units, " + std::to_string(columns.numel()) + " of " +
                std::to_string(layer.guidance.a.numel()) + " inputs.";
    const torch::Tensor g =
        torch::outer(layer.guidance.b.index_select(0, rows), layer.guidance.a.index_select(0, columns))
            .to(torch::kFloat64)
            .contiguous();
    Layer cells{.kind = LayerKind::Cells,
                .name = "Guidance",
                .rows = static_cast<std::uint32_t>(rows.numel()),
                .columns = static_cast<std::uint32_t>(columns.numel()),
                .colourMap = "sequential"};
    cells.z.assign(g.data_ptr<double>(), g.data_ptr<double>() + g.numel());
    for (std::int64_t i = 0; i < rows.numel(); ++i)
        f.y.categories.push_back(std::to_string(rows[i].item<std::int64_t>()));
    for (std::int64_t i = 0; i < columns.numel(); ++i)
        f.x.categories.push_back(std::to_string(columns[i].item<std::int64_t>()));
    f.layers.push_back(std::move(cells));
    return f;
}

Figure activityFigure(const UnlearnLayer& layer)
{
    Figure f{.name = "activity", .title = "Activity of " + layer.name, .section = "Where it lives"};
    f.caption =
        "Mean of each unit behind its activation, by how much more images to forget raise it. The first are "
        "the backdoor's.";
    const torch::Tensor order = firstOf(layer.forget.output - layer.contrast.output, kShownInputs);
    f.x = {.label = "Unit", .scale = AxisScale::Category};
    f.y = {.label = "Mean activity"};
    Layer forget{.kind = LayerKind::Bars, .name = "Images to forget", .role = "same"};
    Layer contrast{.kind = LayerKind::Bars, .name = "Others", .role = "neutral"};
    for (std::int64_t i = 0; i < order.numel(); ++i) {
        const std::int64_t unit = order[i].item<std::int64_t>();
        f.x.categories.push_back(std::to_string(unit));
        for (auto [bars, activity] : {std::pair{&forget, &layer.forget}, {&contrast, &layer.contrast}}) {
            bars->x.push_back(static_cast<double>(i));
            bars->y.push_back(activity->output[unit].item<double>());
        }
    }
    f.layers = {std::move(forget), std::move(contrast)};
    return f;
}

const UnlearnLayer& shownLayer(const UnlearnResults& r, const std::string& name)
{
    const auto named = std::ranges::find(r.layers, name, &UnlearnLayer::name);
    if (named != r.layers.end())
        return *named;
    const auto edited = std::ranges::find(r.layers, true, &UnlearnLayer::edited);
    return edited != r.layers.end() ? *edited : r.layers.front();
}

Figure alphaFigure(const UnlearnResults& r, double alpha, const BackdoorRates* live)
{
    Figure f{.name = "strength",
             .title = "Strength of the edit",
             .section = "Edit",
             .interval = reporting::kWilson};
    f.caption = "The edit alone, first repeat, on all judged images. " + unlearnDenominators();
    f.x = {.label = "Strength α"};
    f.y = reporting::percentScale("Rate");
    f.layers = unlearnLines(r, "alpha");
    if (live) {
        f.caption += " Large marks: the edit made anew at " + reporting::shortText(alpha) + ", judged on " +
                     std::to_string(live->clean.n) + " of the images.";
        for (const ShownRate& shown : kShownRates) {
            Layer point{
                .kind = LayerKind::Points, .name = std::string(shown.name) + ", now", .role = shown.role};
            reporting::addRateMark(point, alpha, live->*shown.rate, true);
            f.layers.push_back(std::move(point));
        }
    }
    f.layers.push_back({.kind = LayerKind::Marks,
                        .name = "α",
                        .role = "neutral",
                        .x = {alpha},
                        .labels = {"α = " + reporting::shortText(alpha)}});
    return f;
}

} // namespace assay::backdoor
