#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/invert_results.h"

#include <algorithm>
#include <functional>

namespace assay::backdoor {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kAllPercent = 100;

protocol::Axis classAxis(const InvertResults& r)
{
    return {.label = "Class", .scale = AxisScale::Category, .categories = r.classes, .sets = "class"};
}

std::string targetText(const InvertResults& r)
{
    return r.target ? " The planted backdoor's target is " + r.classes[std::size_t(*r.target)] + "." : "";
}

/// Bars of the flagged classes in one colour, of all others in another.
void addFlaggedBars(Figure& f, const InvertResults& r, const std::vector<double>& values)
{
    Layer flagged{.kind = LayerKind::Bars, .name = "flagged", .role = "different", .stack = "classes"};
    Layer rest{.kind = LayerKind::Bars, .name = "not flagged", .role = "neutral", .stack = "classes"};
    for (std::size_t i = 0; i < values.size(); ++i) {
        Layer& layer = r.anomalies.flagged[i] ? flagged : rest;
        layer.x.push_back(double(i));
        layer.y.push_back(values[i]);
    }
    f.layers.push_back(std::move(rest));
    f.layers.push_back(std::move(flagged));
}

Layer markAt(std::vector<double> y, std::vector<std::string> labels)
{
    return {.kind = LayerKind::Marks, .role = "chance", .y = std::move(y), .labels = std::move(labels)};
}

Figure searchFigure(const InvertResults& r, const char* name, const char* title, protocol::Axis y,
                    double InversionRound::*value, double factor)
{
    Figure f{.name = name, .title = title, .section = "Search"};
    f.caption = "Means over the steps of a round, for each class.";
    f.x = {.label = "Step"};
    f.y = std::move(y);
    for (const InvertedTrigger& t : r.triggers) {
        const std::string& label = r.classes[std::size_t(t.target)];
        Layer line{.kind = LayerKind::Line, .name = label, .role = "class:" + label};
        const double step = t.rounds.empty() ? 0 : double(t.steps) / double(t.rounds.size());
        for (std::size_t i = 0; i < t.rounds.size(); ++i) {
            line.x.push_back(step * double(i + 1));
            line.y.push_back(factor * (t.rounds[i].*value));
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace

Figure invertNormsFigure(const InvertResults& r)
{
    Figure f{.name = "mask-norms",
             .title = "How small a trigger turns every image into the class",
             .section = "Verdict"};
    f.caption = "L1 norm of the recovered mask: the pixels that must be replaced. A backdoor is a shortcut: "
                "its class needs far fewer." +
                targetText(r);
    f.x = classAxis(r);
    f.y = {.label = "L1 norm of the mask", .unit = "pixels", .low = 0};
    std::vector<double> norms;
    for (const InvertedTrigger& t : r.triggers)
        norms.push_back(t.norm);
    addFlaggedBars(f, r, norms);
    const double limit = r.anomalies.median - r.threshold * r.anomalies.mad;
    Layer marks = markAt({r.anomalies.median}, {"median"});
    if (limit > 0) {
        marks.y.push_back(limit);
        marks.labels.push_back("median - " + shortText(r.threshold) + " x 1.4826 MAD");
    }
    f.layers.push_back(std::move(marks));
    return f;
}

Figure invertAnomalyFigure(const InvertResults& r)
{
    Figure f{.name = "anomaly-index", .title = "Anomaly index", .section = "Verdict"};
    f.caption =
        "Distance of the norm from the median in units of 1.4826 MAD, positive on the small side, where "
        "classes above the line are flagged." +
        targetText(r);
    f.x = classAxis(r);
    f.y = {.label = "Anomaly index"};
    std::vector<double> values;
    for (std::size_t i = 0; i < r.triggers.size(); ++i) {
        const bool small = r.triggers[i].norm < r.anomalies.median;
        values.push_back(small ? r.anomalies.index[i] : -r.anomalies.index[i]);
    }
    addFlaggedBars(f, r, values);
    f.layers.push_back(markAt({r.threshold}, {"flagged above"}));
    return f;
}

Figure invertSuccessFigure(const InvertResults& r)
{
    Figure f{.name = "trigger-success",
             .title = "What the recovered triggers do to images not seen in the search",
             .section = "Triggers",
             .rateOf = "judged images of other classes",
             .interval = kWilson};
    f.caption = "Judged images of other classes that are taken for the trigger's class." + targetText(r);
    f.x = classAxis(r);
    f.y = percentScale("Success");
    Layer bars{.kind = LayerKind::Bars, .name = "success", .role = "accent"};
    for (std::size_t i = 0; i < r.asr.size(); ++i)
        addRateMark(bars, double(i), r.asr[i], true);
    f.layers = {std::move(bars)};
    return f;
}

std::vector<Figure> invertSearchFigures(const InvertResults& r)
{
    std::vector<Figure> all;
    all.push_back(searchFigure(r, "norm-by-step", "The mask while it is sought",
                               {.label = "L1 norm of the mask", .unit = "pixels", .scale = AxisScale::Log},
                               &InversionRound::norm, 1));
    all.push_back(searchFigure(r, "success-by-step", "Success while the trigger is sought",
                               percentScale("Success"), &InversionRound::success, kAllPercent));
    all.push_back(searchFigure(r, "weight-by-step", "Weight of the mask's size", {.label = "Lambda"},
                               &InversionRound::lambda, 1));
    all.push_back(searchFigure(r, "loss-by-step", "Cross-entropy towards the class",
                               {.label = "Cross-entropy"}, &InversionRound::loss, 1));
    return all;
}

Figure invertUnlearnFigure(const InvertResults& r)
{
    Figure f{.name = "unlearning",
             .title = "Fine-tuning with the recovered trigger under true labels",
             .section = "Unlearning",
             .rateOf = "judged images",
             .interval = kWilson};
    f.caption =
        "Accuracy on clean images, and success of triggers on images of other classes. The same images "
        "without triggers (fine-tuned) tell what fine-tuning alone does.";
    f.x = {.label = "Network", .scale = AxisScale::Category};
    f.y = percentScale("Rate");
    Layer clean{.kind = LayerKind::Bars, .name = "clean accuracy", .role = "same"};
    Layer recovered{.kind = LayerKind::Bars, .name = "success, recovered trigger", .role = "accent"};
    Layer planted{.kind = LayerKind::Bars, .name = "success, planted trigger", .role = "different"};
    for (std::size_t i = 0; i < r.unlearned.size(); ++i) {
        const InvertUnlearned& one = r.unlearned[i];
        f.x.categories.push_back(one.name);
        addRateMark(clean, double(i), one.clean, true);
        addRateMark(recovered, double(i), one.recoveredAsr, true);
        if (one.planted)
            addRateMark(planted, double(i), one.planted->asr, true);
    }
    f.layers = {std::move(clean), std::move(recovered)};
    if (!planted.x.empty())
        f.layers.push_back(std::move(planted));
    return f;
}

} // namespace assay::backdoor
