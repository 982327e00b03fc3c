#include "plugins/calibration/shift_results.h"

#include "backend/data/corruptions/corruption.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/calibration_error.h"
#include "backend/metrics/proper_scores.h"

#include <torch/types.h>

#include <cmath>

namespace assay::confidence {

using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using reporting::numberColumn;
using reporting::textColumn;

engine::TensorMap toTensors(const ShiftResults& r)
{
    const Answers& first = r.at.front().answers;
    Json shifts = Json::array();
    std::vector<torch::Tensor> logits;
    for (std::size_t s = 0; s < r.shifts.size(); ++s) {
        shifts.push_back({{"id", r.shifts[s].id}, {"severity", r.shifts[s].severity}});
        logits.push_back(r.at[s].answers.logits);
    }
    const Json meta = {{"model", first.model},
                       {"classes", first.classes},
                       {"temperature", r.temperature},
                       {"shifts", shifts}};
    return {{"meta", reporting::jsonTensor(meta)},
            {"logits", torch::stack(logits)},
            {"labels", first.labels},
            {"ids", first.ids}};
}

ShiftResults shiftResultsFrom(const engine::TensorMap& tensors)
{
    ShiftResults r;
    Answers common;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("model").get_to(common.model);
        meta.at("classes").get_to(common.classes);
        meta.at("temperature").get_to(r.temperature);
        for (const Json& shift : meta.at("shifts"))
            r.shifts.push_back({shift.at("id").get<std::string>(), shift.at("severity").get<double>()});
    });
    const torch::Tensor logits = stored.at("logits", torch::kFloat32, 3);
    common.labels = stored.at("labels", torch::kInt64, 1);
    common.ids = stored.at("ids", torch::kInt64, 1);
    const std::int64_t n = common.labels.size(0);
    if (r.shifts.empty() || logits.size(0) != static_cast<std::int64_t>(r.shifts.size()) ||
        logits.size(1) != n || common.ids.size(0) != n ||
        logits.size(2) != static_cast<std::int64_t>(common.classes.size()))
        reporting::StoredResults::refuse("logits");
    for (std::int64_t s = 0; s < logits.size(0); ++s) {
        ReliabilityResults& one = r.at.emplace_back();
        one.answers = common;
        one.answers.logits = logits[s].contiguous();
        one.temperature = r.temperature;
        one.fitted = torch::zeros({n}, torch::kBool);
    }
    return r;
}

std::size_t shownShift(const ShiftResults& r, const ShiftParams& p)
{
    std::string id = p.viewShift;
    bool known = false;
    for (const Shift& shift : r.shifts)
        known = known || shift.id == id;
    if (!known)
        id = r.shifts.back().id == "clean" ? "clean" : r.shifts[1].id;
    std::size_t best = 0;
    double distance = p.viewSeverity;
    for (std::size_t s = 1; s < r.shifts.size(); ++s) {
        const double from = std::abs(r.shifts[s].severity - p.viewSeverity);
        if (r.shifts[s].id == id && from < distance) {
            best = s;
            distance = from;
        }
    }
    return best;
}

std::vector<SeverityPoint> severityPoints(const ShiftResults& r, int bins, const std::string& only)
{
    std::vector<SeverityPoint> points(r.at.size());
    for (std::size_t s = 0; s < r.at.size(); ++s) {
        if (!only.empty() && !r.shifts[s].clean() && r.shifts[s].id != only)
            continue;
        SeverityPoint& point = points[s];
        for (const int after : {0, 1}) {
            const ReliabilityScene scene(r.at[s], after == 1 ? r.temperature : 1);
            const metrics::SortedConfidences& top = scene.top();
            point.accuracy = static_cast<double>(top.totalCorrect()) / static_cast<double>(top.size());
            point.confidence[after] = top.meanConfidence();
            point.ece[after] =
                metrics::expectedCalibrationError(top.bins(metrics::Binning::EqualWidth, bins));
            point.nll[after] = metrics::negativeLogLikelihood(scene.predictions());
        }
    }
    return points;
}

namespace {

metrics::Rate accuracyOf(const ShiftResults& r, const SeverityPoint& point)
{
    const std::int64_t n = r.at.front().answers.size();
    return metrics::wilson(std::llround(point.accuracy * static_cast<double>(n)), n);
}

/// Calls @p use with the positions of clean and of one shift, by ascending severity.
template <class Use>
void overSeverities(const ShiftResults& r, const std::string& shift, Use use)
{
    for (std::size_t s = 0; s < r.shifts.size(); ++s)
        if (r.shifts[s].clean() || r.shifts[s].id == shift)
            use(s);
}

protocol::Axis severityAxis()
{
    return {.label = "Severity", .low = 0, .sets = "view_severity"};
}

/// Where the figures below are.
Layer shownMark(double severity)
{
    return {
        .kind = LayerKind::Marks, .name = "Shown", .role = "neutral", .x = {severity}, .labels = {"shown"}};
}

} // namespace

Figure apartFigure(const ShiftResults& r, const std::vector<SeverityPoint>& points, const std::string& shift,
                   double shown)
{
    Figure f{.name = "confidence-and-accuracy",
             .title = "Confidence and accuracy of " + r.at.front().answers.model + ": " + shiftTitle(shift),
             .section = "Severity",
             .rateOf = "test images judged by",
             .interval = reporting::kWilson};
    f.caption = "Where the confidence stays above the accuracy, the model does not know what it no longer "
                "knows. A click sets the severity.";
    f.x = severityAxis();
    f.y = {.label = "Accuracy, mean confidence", .unit = "%"};
    Layer accuracy{.kind = LayerKind::Line, .name = "Accuracy", .role = "accent"};
    Layer before{.kind = LayerKind::Line, .name = "Confidence", .role = "different"};
    Layer after{.kind = LayerKind::Line,
                .name = "Confidence at temperature " + reporting::shortText(r.temperature),
                .role = "same"};
    overSeverities(r, shift, [&](std::size_t s) {
        reporting::addRateMark(accuracy, r.shifts[s].severity, accuracyOf(r, points[s]), true);
        before.x.push_back(r.shifts[s].severity);
        before.y.push_back(100 * points[s].confidence[0]);
        after.x.push_back(r.shifts[s].severity);
        after.y.push_back(100 * points[s].confidence[1]);
    });
    f.layers = {std::move(accuracy), std::move(before), std::move(after), shownMark(shown)};
    return f;
}

Figure shiftEceFigure(const ShiftResults& r, const std::vector<SeverityPoint>& points,
                      const std::string& shift, double shown)
{
    Figure f{.name = "ece",
             .title = "ECE of " + r.at.front().answers.model + ": " + shiftTitle(shift),
             .section = "Severity"};
    f.caption = "Before and after a temperature fitted on clean images, of " +
                std::to_string(r.at.front().answers.size()) + " images. A click sets the severity.";
    f.x = severityAxis();
    f.y = {.label = "ECE", .unit = "%", .low = 0};
    Layer before{.kind = LayerKind::Line, .name = "As the model gives it", .role = "different"};
    Layer after{.kind = LayerKind::Line,
                .name = "Temperature " + reporting::shortText(r.temperature),
                .role = "same"};
    overSeverities(r, shift, [&](std::size_t s) {
        before.x.push_back(r.shifts[s].severity);
        before.y.push_back(100 * points[s].ece[0]);
        after.x.push_back(r.shifts[s].severity);
        after.y.push_back(100 * points[s].ece[1]);
    });
    f.layers = {std::move(before), std::move(after), shownMark(shown)};
    return f;
}

protocol::Table severitiesTable(const ShiftResults& r, const std::vector<SeverityPoint>& points)
{
    protocol::Table t{.name = "severities", .title = "Every shift and severity", .section = "Numbers"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("shift", "Shift"),
                 numberColumn("severity", "Severity"),
                 numberColumn("n", "Samples", 0),
                 numberColumn("accuracy", "Accuracy", 4),
                 numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),
                 numberColumn("confidence", "Mean confidence", 4),
                 numberColumn("ece", "ECE", 4),
                 numberColumn("nll", "NLL", 4),
                 numberColumn("calibrated_confidence", "Mean confidence, calibrated", 4),
                 numberColumn("calibrated_ece", "ECE, calibrated", 4),
                 numberColumn("calibrated_nll", "NLL, calibrated", 4)};
    for (std::size_t s = 0; s < r.shifts.size(); ++s) {
        const metrics::Rate rate = accuracyOf(r, points[s]);
        reporting::TableRow row(t);
        row << r.at[s].answers.model << r.shifts[s].id << r.shifts[s].severity << static_cast<double>(rate.n)
            << rate;
        for (const int after : {0, 1})
            row << points[s].confidence[after] << points[s].ece[after] << points[s].nll[after];
    }
    return t;
}

} // namespace assay::confidence
