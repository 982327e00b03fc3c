#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/output_name.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/matrix_report.h"

#include <torch/types.h>

#include <array>

namespace assay::transfer {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

std::string matrixAt(const MatrixResults& r, const MatrixView& view)
{
    return "ε = " + reporting::shortText(r.eps[view.eps]) + " (" + reporting::normText(r.norm) + ")";
}

Layer outcomeBars(std::string name, std::string role)
{
    Layer layer;
    layer.kind = LayerKind::Bars;
    layer.name = std::move(name);
    layer.role = std::move(role);
    layer.stack = "success";
    return layer;
}

} // namespace

Figure matrixFigure(const MatrixResults& r, const MatrixView& view, std::size_t attack)
{
    Figure f{.name = "matrix-" + reporting::outputName(r.attacks[attack]),
             .title = reporting::attackTitle(r.attacks[attack]) + ", " + matrixAt(r, view),
             .section = "Matrix",
             .rateOf = denominatorText(r, view.of),
             .interval = reporting::kWilson};
    f.caption =
        std::string("Success of images made on the source (row) against the target (column): ") +
        (r.targeted() ? "the target predicts the aimed class. " : "the target predicts another class. ") +
        "Rates are of " + denominatorText(r, view.of) +
        "; count, interval and images stand on the cells, and a click shows the images. White boxes, where "
        "the target is the source "
        "itself, are marked.";
    f.x = {.label = "Target", .scale = AxisScale::Category, .categories = r.targets, .sets = "view_target"};
    f.y = {.label = "Source", .scale = AxisScale::Category, .sets = "view_source"};
    f.sets = Json{{"view_attack", r.attacks[attack]}}.dump();
    f.opens = "cell";
    f.colour = {.label = "Success", .unit = "%", .low = 0, .high = 100};
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    cells.columns = static_cast<std::uint32_t>(r.targets.size());
    Layer marks; // labels of cells are shown on hover only
    marks.kind = LayerKind::Points;
    marks.name = "white box";
    marks.role = "ink";
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        if (!r.set(s, attack, view.eps).done())
            continue;
        f.y.categories.push_back(r.sources[s]);
        ++cells.rows;
        for (std::size_t t = 0; t < r.targets.size(); ++t) {
            const CellMasks masks = cellMasks(r, {s, t, attack, view.eps, view.of});
            const metrics::Rate rate = cellRates(masks).success;
            cells.z.push_back(100 * rate.value);
            cells.low.push_back(100 * rate.low);
            cells.high.push_back(100 * rate.high);
            cells.count.push_back(static_cast<double>(rate.count));
            cells.denominator.push_back(static_cast<double>(rate.n));
            cells.labels.push_back(r.whiteBox(s, t) ? "white box" : "");
            cells.samples.add(reporting::idsWhere(r.ids, masks.success));
            if (r.whiteBox(s, t)) {
                // In the cell's corner, so that its number stays readable.
                marks.x.push_back(static_cast<double>(t) + 0.36);
                marks.y.push_back(static_cast<double>(cells.rows - 1) + 0.33);
                marks.samples.add(reporting::idsWhere(r.ids, masks.success));
            }
        }
    }
    f.layers.push_back(std::move(cells));
    if (!marks.x.empty())
        f.layers.push_back(std::move(marks));
    f.aspect = 1.3;
    return f;
}

Figure matrixOutcomesFigure(const MatrixResults& r, const MatrixView& view)
{
    Figure f{.name = "outcomes",
             .title = "Same or different mistakes: " + r.sources[view.source] + ", " +
                      reporting::attackTitle(r.attacks[view.attack]) + ", " + matrixAt(r, view),
             .section = "Matrix",
             .rateOf = denominatorText(r, view.of),
             .interval = reporting::kWilson};
    f.caption =
        "The successes against each target: the source makes the same mistake, a different one, or is itself "
        "not fooled. Rates are of " +
        denominatorText(r, view.of) + ".";
    f.x = {.label = "Target", .scale = AxisScale::Category, .sets = "view_target"};
    f.y = reporting::percentScale("Counted images");
    std::array<Layer, 3> bars = {outcomeBars("same mistake", "same"),
                                 outcomeBars("different mistake", "different"),
                                 outcomeBars("source not fooled", "neutral")};
    Layer total;
    total.kind = LayerKind::Points;
    total.name = "success";
    total.role = "accent";
    for (std::size_t t = 0; t < r.targets.size(); ++t) {
        MatrixView cell = view;
        cell.target = t;
        const CellMasks m = cellMasks(r, cell);
        const std::int64_t n = m.counted.sum().item<std::int64_t>();
        const std::array<torch::Tensor, 3> parts = {
            m.same, m.different, m.success.logical_and(m.same.logical_or(m.different).logical_not())};
        const double x = static_cast<double>(t);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            reporting::addRateMark(bars[i], x, metrics::wilson(parts[i].sum().item<std::int64_t>(), n),
                                   false);
            bars[i].samples.add(reporting::idsWhere(r.ids, parts[i]));
        }
        reporting::addRateMark(total, x, cellRates(m).success, true);
        total.samples.add(reporting::idsWhere(r.ids, m.success));
        total.labels.push_back(r.whiteBox(view.source, t) ? "white box" : "");
        f.x.categories.push_back(r.targets[t]);
    }
    f.layers.assign(bars.begin(), bars.end());
    f.layers.push_back(std::move(total));
    return f;
}

Figure rankingFigure(const MatrixResults& r, const MatrixView& view, const std::vector<Ranked>& ranked,
                     const metrics::BootstrapSpec& spec)
{
    Figure f{.name = "ranking",
             .title = "Which attack transfers best, " + matrixAt(r, view),
             .section = "Ranking",
             .rateOf = denominatorText(r, view.of),
             .interval = "bootstrap 95 %"};
    f.caption = "Mean success over all pairs of different source and target. Intervals are of " +
                std::to_string(spec.resamples) +
                " resamples of the images, drawn alike for all attacks: two attacks whose intervals overlap "
                "can still "
                "differ; the table says how far each lies behind the best, paired. Rates are of " +
                denominatorText(r, view.of) + ".";
    f.x = {.label = "Attack", .scale = AxisScale::Category};
    f.y = reporting::percentScale("Mean black-box success");
    Layer points;
    points.kind = LayerKind::Points;
    points.name = "mean over the pairs";
    points.role = "accent";
    for (std::size_t place = 0; place < ranked.size(); ++place) {
        f.x.categories.push_back(reporting::attackTitle(r.attacks[ranked[place].attack]));
        points.x.push_back(static_cast<double>(place));
        points.y.push_back(100 * ranked[place].mean);
        points.low.push_back(100 * ranked[place].interval.low);
        points.high.push_back(100 * ranked[place].interval.high);
    }
    f.layers.push_back(std::move(points));
    return f;
}

} // namespace assay::transfer
