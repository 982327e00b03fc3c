#include "plugins/backdoor/before_after.h"

#include "backend/engine/reporting/confusion_figure.h"
#include "backend/engine/reporting/output_name.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/view_parts.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

void requireOwnNames(const BeforeAfter& what)
{
    for (std::size_t i = 0; i < what.models.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (reporting::outputName(what.models[i].name) == reporting::outputName(what.models[k].name))
                throw Error("two models would be called '" + reporting::outputName(what.models[i].name) +
                            "' in figures");
}

protocol::Figure confusionOf(const BeforeAfter& what, const std::string& model, const torch::Tensor& y,
                             const torch::Tensor& given, bool triggered)
{
    const std::vector<std::string>& classes = what.set->info().classes;
    const std::string images =
        std::to_string(what.ids.numel()) + (triggered ? " images with the trigger" : " clean images");
    return reporting::confusionFigure(
        {.name = (triggered ? "confusion-triggered-" : "confusion-") + reporting::outputName(model),
         .title = model + (triggered ? ": with the trigger" : ": clean"),
         .section = what.section,
         .rowLabel = "True class",
         .columnLabel = "Predicted class",
         .caption = "The " + images +
                    " by their true class and the one that the model gives; one scale for "
                    "all of these figures."},
        classes, reporting::confusionCells(y, given, what.ids, static_cast<std::int64_t>(classes.size())));
}

} // namespace

torch::Tensor evenRows(std::int64_t available, std::int64_t count)
{
    const std::int64_t kept = std::min(available, count);
    return (torch::arange(kept, torch::kInt64) * available).div(std::max<std::int64_t>(1, kept), "floor");
}

torch::Tensor judgedLabels(const BeforeAfter& what)
{
    return what.set->labels(data::Split::Test).index_select(0, what.ids);
}

std::optional<poisoning::Trigger> triggerFor(const BeforeAfter& what)
{
    const data::DatasetInfo& info = what.set->info();
    if (!what.poison)
        return std::nullopt;
    return poisoning::Trigger(what.poison->trigger, info.channels, info.height, info.width);
}

std::vector<SubjectAnswers> askSubjects(engine::RunContext& context, const BeforeAfter& what)
{
    // A part at a time: with the trigger, images of 8 bits become float32 twice.
    constexpr std::int64_t kPart = 2000;
    const std::optional<poisoning::Trigger> trigger = triggerFor(what);
    std::vector<std::vector<torch::Tensor>> clean(what.models.size()), triggered(what.models.size());
    for (std::int64_t first = 0; first < what.ids.numel(); first += kPart) {
        context.checkpoint();
        const torch::Tensor ids = what.ids.narrow(0, first, std::min(kPart, what.ids.numel() - first));
        const torch::Tensor x = what.set->images(data::Split::Test, ids, context.device());
        const torch::Tensor stamped = trigger ? trigger->stamp(x) : torch::Tensor();
        for (std::size_t m = 0; m < what.models.size(); ++m) {
            clean[m].push_back(models::predict(*what.models[m].model, x));
            if (trigger)
                triggered[m].push_back(models::predict(*what.models[m].model, stamped));
        }
    }
    std::vector<SubjectAnswers> answers;
    for (std::size_t m = 0; m < what.models.size(); ++m) {
        const auto joined = [](const std::vector<torch::Tensor>& parts) {
            return parts.empty() ? torch::empty({0}, torch::kInt64) : torch::cat(parts);
        };
        answers.push_back(
            {what.models[m].name, joined(clean[m]), trigger ? joined(triggered[m]) : torch::Tensor()});
    }
    return answers;
}

void emitConfusions(engine::RunContext& context, const BeforeAfter& what,
                    const std::vector<SubjectAnswers>& answers)
{
    const torch::Tensor y = judgedLabels(what);
    std::vector<protocol::Figure> figures;
    for (const SubjectAnswers& subject : answers)
        figures.push_back(confusionOf(what, subject.name, y, subject.clean, false));
    for (const SubjectAnswers& subject : answers)
        if (subject.triggered.defined())
            figures.push_back(confusionOf(what, subject.name, y, subject.triggered, true));
    reporting::shareColourScale(figures);
    for (protocol::Figure& figure : figures)
        context.figure(std::move(figure));
}

void emitRecall(engine::RunContext& context, const BeforeAfter& what,
                const std::vector<SubjectAnswers>& answers)
{
    const torch::Tensor y = judgedLabels(what);
    const std::vector<std::string>& classes = what.set->info().classes;
    protocol::Figure f{.name = "recall",
                       .title = "Clean images recognised, by class",
                       .caption =
                           "Of the clean judged images of each class, those that the model gives their "
                           "class.",
                       .section = what.section,
                       .rateOf = "clean images of the class",
                       .interval = reporting::kWilson};
    f.x = {.label = "Class", .scale = protocol::AxisScale::Category, .categories = classes};
    f.y = reporting::percentScale("Recognised");
    for (const SubjectAnswers& subject : answers) {
        protocol::Layer bars{
            .kind = protocol::LayerKind::Bars, .name = subject.name, .role = "model:" + subject.name};
        for (std::size_t c = 0; c < classes.size(); ++c) {
            const torch::Tensor of = y == static_cast<std::int64_t>(c);
            const torch::Tensor right = of.logical_and(subject.clean == y);
            reporting::addRateMark(
                bars, static_cast<double>(c),
                metrics::wilson(right.sum().item<std::int64_t>(), of.sum().item<std::int64_t>()), true);
            const torch::Tensor ids = what.ids.masked_select(right).contiguous();
            bars.samples.add({ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()});
        }
        f.layers.push_back(std::move(bars));
    }
    context.figure(std::move(f));
}

std::vector<SubjectAnswers> emitBeforeAfter(engine::RunContext& context, const BeforeAfter& what)
{
    requireOwnNames(what);
    context.progress(what.done, what.total, "Asking " + what.models.front().name + " and the others");
    std::vector<SubjectAnswers> answers = askSubjects(context, what);
    emitConfusions(context, what, answers);
    emitRecall(context, what, answers);
    emitSaliency(context, what, answers);
    emitEmbeddings(context, what);
    return answers;
}

} // namespace assay::backdoor
