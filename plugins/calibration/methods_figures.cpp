#include "backend/engine/reporting/rate_marks.h"
#include "plugins/calibration/methods_report.h"
#include "plugins/calibration/reliability_report.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::confidence {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

/// Above the number in the middle of a cell.
constexpr double kDotHeight = 0.32;

std::string verdictText(const MethodResults::Verdict& v)
{
    const std::string of = " of " + std::to_string(v.splits) + " splits";
    if (v.lower == 0 && v.higher == 0)
        return "significant in 0" + of;
    return (v.lower > 0 ? "significantly lower in " + std::to_string(v.lower) + of : "") +
           (v.lower > 0 && v.higher > 0 ? ", " : "") +
           (v.higher > 0 ? "significantly higher in " + std::to_string(v.higher) + of : "");
}

/// Mean over the chosen shifts of one severity, of one split.
double atSeverity(const MethodResults& r, const MethodView& view, std::size_t k, std::size_t split,
                  const std::vector<std::size_t>& shifts)
{
    double sum = 0;
    for (const std::size_t s : shifts)
        sum += r.value(view.model, k, s, split, view.metric);
    return sum / static_cast<double>(shifts.size());
}

} // namespace

Figure changesFigure(const MethodResults& r, const MethodView& view)
{
    const metrics::CalibrationMetric metric = comparedMetrics()[view.metric];
    const double scale = shownScale(metric);
    Figure f{.name = "changes",
             .title = "What calibration changes: " + r.models[view.model] + ", " + metricTitle(metric),
             .section = "Overview"};
    f.caption = "Difference to the method it is compared with, mean over " + std::to_string(r.splits) +
                " splits into a part to fit on and a part to judge by. A dot: in every split the paired "
                "bootstrap interval (95 %) leaves out 0, on the same side.";
    f.x = {.label = "Shift and severity", .scale = AxisScale::Category};
    f.y = {.label = "Method", .scale = AxisScale::Category};
    std::vector<std::size_t> columns, rows;
    for (std::size_t s = 0; s < r.shifts.size(); ++s)
        if (r.measured(view.model, s)) {
            columns.push_back(s);
            f.x.categories.push_back(shiftText(r.shifts[s]));
        }
    for (std::size_t k = r.methods.size(); k-- > 0;) // the first on top
        if (r.methods[k].baseline != k) {
            rows.push_back(k);
            f.y.categories.push_back(r.methods[k].title);
        }
    Layer cells{.kind = LayerKind::Cells,
                .rows = static_cast<std::uint32_t>(rows.size()),
                .columns = static_cast<std::uint32_t>(columns.size()),
                .colourMap = "diverging"};
    Layer dots{.kind = LayerKind::Points, .name = "Significant in every split", .role = "neutral"};
    double largest = 1e-6;
    for (const std::size_t k : rows) {
        for (const std::size_t s : columns) {
            const double change = scale * (r.meanValue(view.model, k, s, view.metric) -
                                           r.meanValue(view.model, r.methods[k].baseline, s, view.metric));
            const MethodResults::Verdict verdict = r.verdict(view.model, k, s, view.metric);
            cells.z.push_back(change);
            cells.count.push_back(std::max(verdict.lower, verdict.higher));
            cells.denominator.push_back(verdict.splits);
            cells.labels.push_back("against " + r.methods[r.methods[k].baseline].title + ", " +
                                   verdictText(verdict));
            if (verdict.lower == verdict.splits || verdict.higher == verdict.splits) {
                dots.x.push_back(static_cast<double>((cells.z.size() - 1) % columns.size()));
                dots.y.push_back(kDotHeight + static_cast<double>((cells.z.size() - 1) / columns.size()));
            }
            if (std::isfinite(change))
                largest = std::max(largest, std::abs(change));
        }
    }
    f.colour = {
        .label = "Change", .unit = scale == 100 ? "percentage points" : "", .low = -largest, .high = largest};
    if (!rows.empty())
        f.layers.push_back(std::move(cells));
    if (!dots.x.empty())
        f.layers.push_back(std::move(dots));
    return f;
}

Figure severityFigure(const MethodResults& r, const MethodView& view)
{
    const metrics::CalibrationMetric metric = comparedMetrics()[view.metric];
    const bool known = std::ranges::any_of(
        r.shifts, [&](const Shift& s) { return s.id == view.shift && !s.clean() && !s.natural(); });
    std::map<double, std::vector<std::size_t>> severities;
    for (std::size_t s = 0; s < r.shifts.size(); ++s)
        if (r.measured(view.model, s) && !r.shifts[s].natural() &&
            (r.shifts[s].clean() || !known || r.shifts[s].id == view.shift))
            severities[r.shifts[s].severity].push_back(s);
    Figure f{.name = "severity",
             .title = metricTitle(metric) + " over the severity: " + r.models[view.model] + ", " +
                      (known ? shiftTitle(view.shift) : "mean over corruptions"),
             .section = "Severity",
             .interval = "Split-to-split"};
    f.caption = "Fitted on clean samples. Mean over " + std::to_string(r.splits) + " splits of " +
                std::to_string(r.judged(view.model, 0)) + " samples to judge by; bands span the splits.";
    f.x = {.label = "Severity", .low = 0};
    f.y = {.label = metricTitle(metric), .unit = shownUnit(metric)};
    for (std::size_t k = 0; k < r.methods.size(); ++k) {
        Layer line{.kind = LayerKind::Line, .name = r.methods[k].title};
        for (const auto& [severity, shifts] : severities) {
            std::vector<double> values;
            for (int split = 0; split < r.splits; ++split)
                values.push_back(shownScale(metric) *
                                 atSeverity(r, view, k, static_cast<std::size_t>(split), shifts));
            double sum = 0;
            for (const double value : values)
                sum += value;
            line.x.push_back(severity);
            line.y.push_back(sum / r.splits);
            line.low.push_back(*std::ranges::min_element(values));
            line.high.push_back(*std::ranges::max_element(values));
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace assay::confidence
