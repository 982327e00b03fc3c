#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/statistics.h"
#include "plugins/backdoor/detect_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::backdoor {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using reporting::shortText;

namespace {

constexpr int kDetectScoreBins = 40;
constexpr const char* kCleanRole = "different";
constexpr const char* kPoisonedRole = "same";

/// Mean AUROC of every detector, one mark per trigger.
Figure detectorsFigure(const DetectResults& r)
{
    Figure f{.name = "auroc",
             .title = "How well detectors find the trigger on " + r.dataset,
             .section = "Detectors",
             .interval = "range over repeats"};
    f.caption =
        "Area under the ROC curve: the chance that an image with the trigger scores higher than a clean "
        "one. A click shows the detector.";
    f.x = {.label = "Detector", .scale = AxisScale::Category, .sets = "view_detector"};
    f.y = {.label = "AUROC", .low = 0, .high = 1};
    const std::vector<std::string> detectors = r.detectors();
    f.x.categories = detectors;
    for (std::size_t s = 0; s < r.subjects.size(); ++s) {
        Layer layer{
            .kind = LayerKind::Points, .name = r.subjects[s].trigger, .role = "model:" + r.subjects[s].name};
        for (std::size_t d = 0; d < detectors.size(); ++d) {
            std::vector<double> areas;
            for (const DetectOutcome& o : r.outcomes)
                if (o.subject == static_cast<std::int64_t>(s) && o.detector == detectors[d])
                    areas.push_back(metrics::auroc(o.sorted()));
            // Triggers side by side.
            const double aside =
                0.4 * ((static_cast<double>(s) + 0.5) / static_cast<double>(r.subjects.size()) - 0.5);
            layer.x.push_back(static_cast<double>(d) + aside);
            layer.y.push_back(metrics::mean(areas));
            layer.low.push_back(*std::ranges::min_element(areas));
            layer.high.push_back(*std::ranges::max_element(areas));
        }
        f.layers.push_back(std::move(layer));
    }
    f.layers.push_back(
        {.kind = LayerKind::Marks, .name = "Chance", .role = "chance", .y = {0.5}, .labels = {"chance"}});
    return f;
}

Layer rocLayer(const DetectOutcome& o, double area)
{
    Layer layer{.kind = LayerKind::Line,
                .name =
                    detectorInfo(o.detector).title + ", AUROC " + shortText(std::round(area * 1000) / 1000)};
    for (const metrics::RocPoint& point : metrics::rocCurve(o.sorted())) {
        layer.x.push_back(100 * point.fpr);
        layer.y.push_back(100 * point.tpr);
        layer.labels.push_back(detectorInfo(o.detector).title + " above " + shortText(point.threshold));
    }
    return layer;
}

Figure rocFigure(const DetectResults& r, const DetectView& view)
{
    const DetectSubjectResults& subject = r.subjects[static_cast<std::size_t>(view.subject)];
    Figure f{.name = "roc",
             .title = "ROC curves on " + subject.name + " (" + subject.text + ")",
             .section = "Detectors"};
    f.caption = "Of the first repeat. The cross is the shown detector at the shown threshold.";
    f.x = reporting::percentScale("Clean images flagged");
    f.y = reporting::percentScale("Images with the trigger flagged");
    f.aspect = 1.2;
    for (const std::string& id : r.detectors()) {
        const DetectOutcome* outcome =
            id == view.outcome.detector ? &view.outcome : r.find(view.subject, 0, id);
        if (!outcome)
            continue;
        Layer layer = rocLayer(*outcome, metrics::auroc(outcome->sorted()));
        layer.role = id == view.outcome.detector ? "accent" : "model:" + id;
        f.layers.push_back(std::move(layer));
    }
    f.layers.push_back(
        {.kind = LayerKind::Line, .name = "Chance", .role = "chance", .x = {0, 100}, .y = {0, 100}});
    const DetectRates rates = detectRates(view.outcome, view.threshold);
    f.layers.push_back({.kind = LayerKind::Points,
                        .name = "Threshold " + shortText(view.threshold),
                        .role = "neutral",
                        .x = {100 * rates.fpr.value},
                        .y = {100 * rates.tpr.value}});
    return f;
}

std::string rateText(const metrics::Rate& rate)
{
    return reporting::percentText(rate.value) + " (" + std::to_string(rate.count) + " of " +
           std::to_string(rate.n) + ")";
}

Figure scoresFigure(const DetectResults& r, const DetectView& view)
{
    const DetectOutcome& o = view.outcome;
    const DetectorInfo& info = detectorInfo(o.detector);
    const DetectRates rates = detectRates(o, view.threshold);
    Figure f{.name = "scores",
             .title = info.title + " on " + r.subjects[static_cast<std::size_t>(view.subject)].name +
                      ": AUROC " + shortText(std::round(1000 * metrics::auroc(o.sorted())) / 1000),
             .section = "Scores"};
    f.caption = "Above " + shortText(view.threshold) + " are " + rateText(rates.tpr) +
                " images with the trigger and " + rateText(rates.fpr) + " clean ones; F1 " +
                shortText(std::round(1000 * rates.f1) / 1000) + ". Of the first repeat, " +
                (o.ofTraining ? "training images, by the label given" : "test images") +
                ". A click on a bar sets the threshold.";
    f.x = {.label = info.score, .sets = "threshold"};
    f.y = {.label = "Images", .low = 0};
    f.opens = "by-score";
    const double low = o.scores.min().item<double>();
    const double high = std::max(o.scores.max().item<double>(), low + 1e-9);
    const double width = (high - low) / kDetectScoreBins;
    const torch::Tensor bin =
        ((o.scores - low) / width).floor().clamp(0, kDetectScoreBins - 1).to(torch::kInt64);
    for (const bool poisoned : {false, true}) {
        Layer layer{.kind = LayerKind::Bars,
                    .name = poisoned ? "with the trigger" : "clean",
                    .role = poisoned ? kPoisonedRole : kCleanRole,
                    .stack = "images"};
        for (int b = 0; b < kDetectScoreBins; ++b) {
            const torch::Tensor rows = bin.eq(b).logical_and(o.poisoned.eq(poisoned));
            const std::vector<std::int64_t> ids = reporting::idsWhere(o.ids, rows);
            layer.x.push_back(low + (b + 0.5) * width);
            layer.y.push_back(static_cast<double>(ids.size()));
            layer.samples.add(ids);
        }
        f.layers.push_back(std::move(layer));
    }
    f.layers.push_back({.kind = LayerKind::Marks,
                        .name = "Threshold",
                        .role = "neutral",
                        .x = {view.threshold},
                        .labels = {"threshold " + shortText(view.threshold)}});
    return f;
}

Figure alarmsFigure(const DetectResults& r, const DetectView& view)
{
    const DetectOutcome& o = view.outcome;
    Figure f{.name = "alarms",
             .title = "False alarms of " + detectorInfo(o.detector).title + " by class",
             .section = "Scores",
             .rateOf = "clean images filed under the class",
             .interval = reporting::kWilson};
    f.caption = "Above " + shortText(view.threshold) +
                ". Classes that a model is always sure of are the weak spot "
                "of detectors.";
    f.x = {.label = o.ofTraining ? "Label" : "Predicted class",
           .scale = AxisScale::Category,
           .categories = r.classes};
    f.y = reporting::percentScale("Flagged");
    f.opens = "by-score";
    Layer layer{.kind = LayerKind::Bars, .name = "False alarms", .role = kCleanRole};
    const torch::Tensor flagged = o.scores.gt(view.threshold);
    for (std::size_t c = 0; c < r.classes.size(); ++c) {
        const torch::Tensor own =
            o.filed.eq(static_cast<std::int64_t>(c)).logical_and(o.poisoned.logical_not());
        const torch::Tensor hit = flagged.logical_and(own);
        const metrics::Rate rate =
            metrics::wilson(hit.sum().item<std::int64_t>(), own.sum().item<std::int64_t>());
        if (rate.n == 0)
            continue;
        reporting::addRateMark(layer, static_cast<double>(c), rate, true);
        layer.samples.add(reporting::idsWhere(o.ids, hit));
    }
    f.layers = {std::move(layer)};
    return f;
}

Figure etaFigure(const DetectSubjectResults& s, const DetectParams& p)
{
    Figure f{.name = "eta", .title = "Error of the amplified network: " + s.name, .section = "Layers"};
    f.caption =
        "Of the defender's images, first repeat. The first number of layers above ξ at the first such ω is "
        "k, from which on the amplified networks are asked.";
    f.x = {.label = "Amplified " + s.layerKind + ", from the output", .low = 0};
    f.y = reporting::percentScale("Error η(i)");
    for (const PscTrace& trace : s.traces.front()) {
        Layer line{.kind = LayerKind::Line,
                   .name = "ω = " + shortText(trace.omega),
                   .role = "model:" + shortText(trace.omega)};
        for (std::size_t i = 0; i < trace.eta.size(); ++i) {
            line.x.push_back(static_cast<double>(i + 1));
            line.y.push_back(100 * trace.eta[i]);
        }
        f.layers.push_back(std::move(line));
    }
    const PscTrace& chosen = s.traces.front().back();
    f.layers.push_back(
        {.kind = LayerKind::Marks, .name = "ξ", .role = "chance", .y = {100 * p.xi}, .labels = {"ξ"}});
    f.layers.push_back({.kind = LayerKind::Marks,
                        .name = "k",
                        .role = "accent",
                        .x = {static_cast<double>(chosen.k)},
                        .labels = {"k = " + std::to_string(chosen.k)}});
    return f;
}

/// Clouds of both kinds over the number of amplified layers, with their medians and middle 80 %.
Figure depthFigure(const DetectResults& r, std::int64_t subject)
{
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(subject)];
    const DetectOutcome& psc = *r.find(subject, 0, "psc");
    const PscTrace& chosen = s.traces.front().back();
    Figure f{.name = "confidence-by-depth",
             .title = "Confidence in the class as more layers are amplified, ω = " + shortText(chosen.omega),
             .section = "Layers"};
    f.caption =
        "Probability of the class that the model itself gives. Lines are medians, bands hold the middle "
        "80 % of the first images of each kind.";
    f.x = {.label = "Amplified " + s.layerKind + ", from the output", .low = 0};
    f.y = {.label = "Confidence", .low = 0, .high = 1};
    f.opens = "by-score";
    const torch::Tensor poisoned = psc.poisoned.index_select(0, s.depthRows);
    const torch::Tensor ids = psc.ids.index_select(0, s.depthRows);
    for (const bool kind : {false, true}) {
        const torch::Tensor rows = poisoned.eq(kind).nonzero().flatten();
        const torch::Tensor own = s.confidences.index_select(0, rows).to(torch::kFloat64);
        const torch::Tensor ownIds = ids.index_select(0, rows);
        if (own.size(0) == 0)
            continue;
        const std::string name = kind ? "with the trigger" : "clean";
        const std::string role = kind ? kPoisonedRole : kCleanRole;
        Layer band{.kind = LayerKind::Band, .name = name + ", 80 %", .role = role};
        Layer median{.kind = LayerKind::Line, .name = name, .role = role};
        Layer cloud{.kind = LayerKind::Points, .name = name + ", images", .role = role};
        const torch::Tensor quantiles =
            own.quantile(torch::tensor({0.1, 0.5, 0.9}, torch::kFloat64), 0).contiguous();
        for (std::int64_t i = 0; i < own.size(1); ++i) {
            const auto at = static_cast<double>(i);
            band.x.push_back(at);
            band.low.push_back(quantiles[0][i].item<double>());
            band.high.push_back(quantiles[2][i].item<double>());
            median.x.push_back(at);
            median.y.push_back(quantiles[1][i].item<double>());
            const torch::Tensor column = own.select(1, i).contiguous();
            for (std::int64_t j = 0; j < column.numel(); ++j) {
                cloud.x.push_back(at + (kind ? 0.15 : -0.15));
                cloud.y.push_back(column.data_ptr<double>()[j]);
                cloud.samples.add({ownIds.data_ptr<std::int64_t>()[j]});
            }
        }
        f.layers.push_back(std::move(band));
        f.layers.push_back(std::move(cloud));
        f.layers.push_back(std::move(median));
    }
    return f;
}

Figure hardnessFigure(const DetectResults& r, const DetectView& view)
{
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(view.subject)];
    const DetectOutcome& teco = *r.find(view.subject, 0, "teco");
    const std::int64_t id = teco.ids[view.wallRow].item<std::int64_t>();
    Figure f{
        .name = "hardness", .title = "Severity that flips the class: " + s.name, .section = "Corruptions"};
    f.caption =
        "Means of clean images and of those with the trigger, 6 where no severity flips it, and image " +
        std::to_string(id) + (teco.poisoned[view.wallRow].item<bool>() ? ", with the trigger" : ", clean") +
        ". TeCo is the spread of an image's row.";
    f.x = {.label = "Corruption", .scale = AxisScale::Category};
    for (const std::string& corruption : r.corruptions)
        f.x.categories.push_back(data::corruption(corruption).title);
    f.y = {.label = "Severity", .low = 0, .high = 6};
    f.aspect = 2;
    const torch::Tensor hardness = s.hardness.to(torch::kFloat64);
    const auto addBars = [&](const char* name, const char* role, const torch::Tensor& values) {
        Layer layer{.kind = LayerKind::Bars, .name = name, .role = role};
        for (std::int64_t k = 0; k < values.numel(); ++k) {
            layer.x.push_back(static_cast<double>(k));
            layer.y.push_back(values[k].item<double>());
        }
        f.layers.push_back(std::move(layer));
    };
    for (const bool kind : {false, true}) {
        const torch::Tensor rows = teco.poisoned.eq(kind).nonzero().flatten();
        addBars(kind ? "with the trigger" : "clean", kind ? kPoisonedRole : kCleanRole,
                hardness.index_select(0, rows).mean(0));
    }
    addBars("this image", "accent", hardness[view.wallRow]);
    return f;
}

/// Images by corruption: clean ones below, those with the trigger above, each by their score.
Figure hardnessMapFigure(const DetectResults& r, const DetectView& view)
{
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(view.subject)];
    const DetectOutcome& teco = *r.find(view.subject, 0, "teco");
    Figure f{.name = "hardness-map",
             .title = "Severity that flips each image: " + s.name,
             .section = "Corruptions"};
    const torch::Tensor order = (teco.scores + 1000 * teco.poisoned.to(torch::kFloat64)).argsort();
    f.caption = "A row is an image: clean ones below, those with the trigger from row " +
                std::to_string(teco.poisoned.logical_not().sum().item<std::int64_t>()) +
                " on, by their score.";
    f.x = {.label = "Corruption", .scale = AxisScale::Category};
    for (const std::string& corruption : r.corruptions)
        f.x.categories.push_back(data::corruption(corruption).title);
    f.y = {.label = "Image"};
    f.colour = {.label = "Severity", .low = 1, .high = 6};
    f.opens = "by-score";
    Layer cells{.kind = LayerKind::Cells,
                .name = "Severity",
                .rows = static_cast<std::uint32_t>(s.hardness.size(0)),
                .columns = static_cast<std::uint32_t>(s.hardness.size(1)),
                .colourMap = "sequential"};
    for (std::int64_t k = 0; k < s.hardness.size(1); ++k)
        cells.x.push_back(static_cast<double>(k));
    for (std::int64_t i = 0; i < s.hardness.size(0); ++i)
        cells.y.push_back(static_cast<double>(i));
    const torch::Tensor sorted = s.hardness.index_select(0, order).contiguous();
    const torch::Tensor ids = teco.ids.index_select(0, order).contiguous();
    const auto* severity = sorted.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < sorted.numel(); ++i) {
        cells.z.push_back(static_cast<double>(severity[i]));
        cells.samples.add({ids.data_ptr<std::int64_t>()[i / sorted.size(1)]});
    }
    f.layers = {std::move(cells)};
    return f;
}

} // namespace

void emitDetectFigures(engine::RunContext& ctx, const DetectResults& r)
{
    ctx.figure(detectorsFigure(r));
}

void emitDetectView(engine::RunContext& ctx, const DetectResults& r, const DetectParams& p)
{
    const DetectView view = detectView(r, p);
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(view.subject)];
    ctx.figure(scoresFigure(r, view));
    ctx.figure(rocFigure(r, view));
    ctx.figure(alarmsFigure(r, view));
    ctx.checkpoint();
    if (s.confidences.defined()) {
        ctx.figure(etaFigure(s, p));
        ctx.figure(depthFigure(r, view.subject));
    }
    ctx.checkpoint();
    if (s.hardness.defined()) {
        ctx.figure(hardnessFigure(r, view));
        ctx.figure(hardnessMapFigure(r, view));
    }
    ctx.checkpoint();
    emitDetectGalleries(ctx, r, view, p);
}

} // namespace assay::backdoor
