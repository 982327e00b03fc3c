#include "backend/engine/reporting/confusion_figure.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/unlearn_results.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::backdoor {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kFilm = "Film";

std::string stageOf(const UnlearnStep& step)
{
    if (step.stage == "start")
        return "as it was";
    return unlearnTitle(step.method) + ", " + step.stage + " " + std::to_string(step.step);
}

Layer recallBars(const UnlearnResults& r, const UnlearnStep& step, const std::string& name,
                 const std::string& role)
{
    Layer bars{.kind = LayerKind::Bars, .name = name, .role = role};
    for (std::int64_t c = 0; c < r.classCount(); ++c) {
        const torch::Tensor own = r.y == c;
        const std::int64_t right = (own & (step.clean == c)).sum().item<std::int64_t>();
        reporting::addRateMark(bars, static_cast<double>(c),
                               metrics::wilson(right, own.sum().item<std::int64_t>()), true);
    }
    return bars;
}

} // namespace

std::string methodCalled(const UnlearnResults& r, const std::string& name)
{
    for (const std::string& method : r.methods())
        if (method == name || unlearnTitle(method) == name)
            return method;
    // The repaired model is the last step of the edit's film.
    return r.steps.front().method;
}

const UnlearnStep& shownStep(const UnlearnResults& r, const std::string& method, int step)
{
    const auto film = r.film(methodCalled(r, method));
    return *film[static_cast<std::size_t>(std::clamp(step, 0, static_cast<int>(film.size()) - 1))];
}

Figure filmFigure(const UnlearnResults& r, const std::string& method, int step)
{
    Figure f{.name = "film",
             .title = "Step by step: " + unlearnTitle(method),
             .section = kFilm,
             .interval = reporting::kWilson};
    f.caption =
        "First repeat. Attack success: of judged images of other classes that carry the trigger, those taken "
        "for the target class " +
        r.targetName() + ". A click shows the step.";
    f.x = {.label = "Step", .sets = "step"};
    f.y = reporting::percentScale("Rate");
    struct
    {
        const char *name, *role;
        metrics::Rate BackdoorRates::*rate;
    } const shown[] = {{"Clean accuracy", "accent", &BackdoorRates::clean},
                       {"Target class", "different", &BackdoorRates::target},
                       {"Attack success", "same", &BackdoorRates::asr}};
    for (const auto& s : shown)
        f.layers.push_back({.kind = LayerKind::Line, .name = s.name, .role = s.role});
    const auto film = r.film(method);
    double repair = -1;
    for (std::size_t i = 0; i < film.size(); ++i) {
        const BackdoorRates rates = r.ratesOf(*film[i]);
        for (std::size_t s = 0; s < std::size(shown); ++s)
            reporting::addRateMark(f.layers[s], static_cast<double>(i), rates.*shown[s].rate, true);
        if (repair < 0 && film[i]->stage == "repair")
            repair = static_cast<double>(i) - 0.5;
    }
    const int last = std::max(0, static_cast<int>(film.size()) - 1);
    Layer marks{.kind = LayerKind::Marks, .name = "Shown", .role = "neutral"};
    marks.x.push_back(std::clamp(step, 0, last));
    marks.labels.emplace_back("shown");
    if (repair >= 0) {
        marks.x.push_back(repair);
        marks.labels.emplace_back("repair");
    }
    f.layers.push_back(std::move(marks));
    return f;
}

Figure stepConfusion(const UnlearnResults& r, const UnlearnStep& step, bool triggered)
{
    const std::string what = triggered ? "with the trigger" : "clean";
    Figure f = reporting::confusionFigure(
        {.name = triggered ? "step-triggered" : "step-clean",
         .title = "Confusion, " + what + ": " + stageOf(step),
         .section = kFilm,
         .rowLabel = "True class",
         .columnLabel = "Predicted",
         .caption = "All " + std::to_string(r.ids.numel()) + " judged images, " + what +
                    ". Target class: " + r.targetName() + "."},
        r.classes,
        reporting::confusionCells(r.y, triggered ? step.triggered : step.clean, r.ids, r.classCount()));
    // One scale for all steps: as many as the fullest class has.
    f.colour.high = static_cast<double>(torch::bincount(r.y, {}, r.classCount()).max().item<std::int64_t>());
    return f;
}

Figure stepRecall(const UnlearnResults& r, const UnlearnStep& start, const UnlearnStep& step)
{
    Figure f{.name = "step-recall",
             .title = "Recall of each class: " + stageOf(step),
             .section = kFilm,
             .interval = reporting::kWilson};
    f.rateOf = "clean judged images of the class";
    f.caption = "Target class: " + r.targetName() + ".";
    f.x = {.label = "Class", .scale = AxisScale::Category, .categories = r.classes};
    f.y = reporting::percentScale("Recall");
    f.layers = {recallBars(r, start, "As it was", "neutral"), recallBars(r, step, "Now", "accent")};
    return f;
}

Figure neuronsFigure(const UnlearnResults& r, const UnlearnStep& step, bool change)
{
    Figure f{.name = change ? "neuron-changes" : "neurons",
             .title = (change ? "Changed weights: " : "Neurons of the backdoor: ") + stageOf(step),
             .section = kFilm};
    f.caption =
        change ? "Of the weights into each unit: norm of the change against the model as it was, over the "
                 "norm before. Of a normalised layer the normalisation counts as well."
               : "Mean activity of each unit for images to forget less that for others, over the layer's "
                 "largest such difference before any edit.";
    f.x = {.label = "Unit"};
    f.y = {.label = "Layer", .scale = AxisScale::Category, .sets = "view_layer"};
    std::int64_t columns = 1;
    for (const UnlearnLayer& layer : r.layers) {
        f.y.categories.push_back(layer.name);
        columns = std::max(columns, layer.forget.output.numel());
    }
    Layer cells{.kind = LayerKind::Cells,
                .name = change ? "Change" : "Difference",
                .rows = static_cast<std::uint32_t>(r.layers.size()),
                .columns = static_cast<std::uint32_t>(columns),
                .colourMap = change ? "sequential" : "diverging"};
    cells.z.reserve(r.layers.size() * static_cast<std::size_t>(columns));
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
        const UnlearnLayer& layer = r.layers[l];
        torch::Tensor values = step.units[l].change;
        if (!change) {
            const double most = (layer.forget.output - layer.contrast.output).abs().max().item<double>();
            values = step.units[l].difference / (most > 0 ? most : 1);
        }
        values = values.to(torch::kFloat64).contiguous();
        for (std::int64_t u = 0; u < columns; ++u)
            cells.z.push_back(u < values.numel() ? values.data_ptr<double>()[u]
                                                 : std::numeric_limits<double>::quiet_NaN());
    }
    f.colour = {.label = change ? "Relative change" : "Activity difference"};
    f.colour.low = change ? 0 : -1;
    f.colour.high = 1;
    f.layers.push_back(std::move(cells));
    return f;
}

void emitUnlearnView(engine::RunContext& ctx, const UnlearnResults& r, const std::string& method, int step,
                     const std::string& layer)
{
    const std::string shown = methodCalled(r, method);
    const UnlearnStep& now = shownStep(r, shown, step);
    ctx.figure(filmFigure(r, shown, step));
    ctx.figure(stepConfusion(r, now, false));
    ctx.figure(stepConfusion(r, now, true));
    ctx.checkpoint();
    ctx.figure(stepRecall(r, *r.film(shown).front(), now));
    ctx.figure(neuronsFigure(r, now, false));
    ctx.figure(neuronsFigure(r, now, true));
    ctx.checkpoint();
    const UnlearnLayer& l = shownLayer(r, layer);
    ctx.figure(guidanceFigure(l));
    ctx.figure(activityFigure(l));
}

} // namespace assay::backdoor
