#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/attacks/robustness_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::robustness {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kRateOf = "test images evaluated so far";

std::string countSentence(const RobustnessResults& r)
{
    std::int64_t least = r.ids.size(0), most = 0;
    for (const auto& model : r.byEps)
        for (const auto& curve : model)
            for (const Point& point : curve) {
                least = std::min(least, point.n());
                most = std::max(most, point.n());
            }
    const std::string count =
        least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
    return "Of " + count + " of " + std::to_string(r.ids.size(0)) +
           " images drawn; those misclassified without an attack count as not robust. Wilson 95 % intervals.";
}

void addPoint(Layer& line, double x, const RobustnessResults& r, const Point& point)
{
    addRateMark(line, x, point.accuracy(), true);
    line.samples.add(idsWhere(r.ids.narrow(0, 0, point.n()), point.robust.logical_not()));
}

} // namespace

Figure accuracyByEpsFigure(const RobustnessResults& r)
{
    Figure f{.name = "accuracy-by-eps",
             .title = "Accuracy under attack over ε",
             .caption = countSentence(r),
             .section = "Robust accuracy",
             .rateOf = kRateOf,
             .interval = kWilson};
    f.x = {.label = "ε (" + normText(r.norm) + ")", .unit = "of [0,1]", .low = 0, .sets = "view_eps"};
    f.y = percentScale("Accuracy");
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        for (std::size_t a = 0; a < r.attacks.size(); ++a) {
            Layer line;
            line.kind = LayerKind::Line;
            line.name = r.models[m] + ", " + attackTitle(r.attacks[a]);
            line.role = "model:" + r.models[m];
            const std::int64_t n = r.byEps[m][a].front().n();
            if (n == 0)
                continue;
            if (r.eps.front() > 0) {
                addRateMark(line, 0, r.clean(m, n), true);
                line.samples.add(idsWhere(r.ids.narrow(0, 0, n), r.correct[m].narrow(0, 0, n).logical_not()));
            }
            for (std::size_t e = 0; e < r.eps.size(); ++e)
                if (r.byEps[m][a][e].n() > 0)
                    addPoint(line, r.eps[e], r, r.byEps[m][a][e]);
            f.layers.push_back(std::move(line));
        }
    }
    return f;
}

Figure accuracyByStepsFigure(const RobustnessResults& r)
{
    Figure f{.name = "accuracy-by-steps",
             .title = "Accuracy under " + attackTitle(r.stepsAttack) +
                      " over its steps, ε = " + shortText(r.stepsEps) + " (" + normText(r.norm) + ")",
             .section = "Steps",
             .rateOf = kRateOf,
             .interval = kWilson};
    f.caption =
        "A curve that still falls at its end says that the attack wants more steps; one that rises is a sign "
        "of masked gradients. " +
        countSentence(r);
    f.x = {.label = "Steps", .scale = AxisScale::Log};
    f.y = percentScale("Accuracy");
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = r.models[m];
        line.role = "model:" + r.models[m];
        for (std::size_t k = 0; k < r.steps.size(); ++k)
            if (r.bySteps[m][k].n() > 0)
                addPoint(line, r.steps[k], r, r.bySteps[m][k]);
        if (!line.x.empty())
            f.layers.push_back(std::move(line));
    }
    return f;
}

Figure perClassFigure(const RobustnessResults& r, const RobustnessView& view)
{
    const std::string who = r.models[view.model] + " under " + attackTitle(r.attacks[view.attack]);
    Figure f{.name = "accuracy-by-class",
             .title = "Accuracy of each class: " + who,
             .section = "Classes",
             .rateOf = "test images of the class evaluated so far"};
    f.caption = "Which classes give way first. Counts stand on the cells. " + countSentence(r);
    f.x = {.label = "ε (" + normText(r.norm) + ")", .scale = AxisScale::Category};
    f.y = {.label = "Class", .scale = AxisScale::Category, .categories = r.classes};
    f.colour = {.label = "Accuracy", .unit = "%", .low = 0, .high = 100};
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    std::vector<std::size_t> columns;
    for (std::size_t e = 0; e < r.eps.size(); ++e) {
        if (r.byEps[view.model][view.attack][e].n() == 0)
            continue;
        columns.push_back(e);
        f.x.categories.push_back(shortText(r.eps[e]));
    }
    cells.rows = static_cast<std::uint32_t>(r.classes.size());
    cells.columns = static_cast<std::uint32_t>(columns.size());
    for (std::size_t c = 0; c < r.classes.size(); ++c) {
        for (const std::size_t e : columns) {
            const Point& point = r.byEps[view.model][view.attack][e];
            const torch::Tensor ofClass = r.y.narrow(0, 0, point.n()) == static_cast<std::int64_t>(c);
            const metrics::Rate rate =
                metrics::wilson(point.robust.logical_and(ofClass).sum().item<std::int64_t>(),
                                ofClass.sum().item<std::int64_t>());
            cells.z.push_back(100 * rate.value);
            cells.count.push_back(static_cast<double>(rate.count));
            cells.denominator.push_back(static_cast<double>(rate.n));
            cells.samples.add(
                idsWhere(r.ids.narrow(0, 0, point.n()), ofClass.logical_and(point.robust.logical_not())));
        }
    }
    f.layers.push_back(std::move(cells));
    return f;
}

} // namespace assay::robustness
