#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/attacks/robustness_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::robustness {

using namespace reporting;
using protocol::ImageGrid;
using protocol::Metric;
using protocol::Table;

Table curveTable(const RobustnessResults& r)
{
    Table t{
        .name = "curve",
        .title = "Accuracy over ε",
        .caption =
            "Fractions of the images evaluated so far, with Wilson 95 % intervals; seconds is the time "
            "the attack took on them. Images misclassified without an attack are not attacked and count as "
            "not robust.",
        .section = "Robust accuracy"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("attack", "Attack"),
                 textColumn("norm", "Norm"),
                 numberColumn("eps", "ε", -1, "of [0,1]"),
                 numberColumn("n", "Images", 0),
                 numberColumn("clean_accuracy", "Clean accuracy", 3),
                 numberColumn("robust_accuracy", "Robust accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("seconds", "Seconds", 2, "s")};
    for (std::size_t m = 0; m < r.models.size(); ++m)
        for (std::size_t a = 0; a < r.attacks.size(); ++a)
            for (std::size_t e = 0; e < r.eps.size(); ++e) {
                const Point& point = r.byEps[m][a][e];
                if (point.n() == 0)
                    continue;
                TableRow(t) << r.models[m] << r.attacks[a] << r.norm << r.eps[e]
                            << static_cast<double>(point.n()) << r.clean(m, point.n()).value
                            << point.accuracy() << point.seconds;
                t.samples.add(idsWhere(r.ids.narrow(0, 0, point.n()), point.robust.logical_not()));
            }
    return t;
}

Table stepsTable(const RobustnessResults& r)
{
    Table t{.name = "steps",
            .title = "Accuracy over steps",
            .caption = "As the table curve, at one ε and for several numbers of steps.",
            .section = "Steps"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("attack", "Attack"),
                 textColumn("norm", "Norm"),
                 numberColumn("eps", "ε", -1, "of [0,1]"),
                 numberColumn("steps", "Steps", 0),
                 numberColumn("n", "Images", 0),
                 numberColumn("robust_accuracy", "Robust accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    for (std::size_t m = 0; m < r.models.size(); ++m)
        for (std::size_t k = 0; k < r.steps.size(); ++k) {
            const Point& point = r.bySteps[m][k];
            if (point.n() > 0)
                TableRow(t) << r.models[m] << r.stepsAttack << r.norm << r.stepsEps
                            << static_cast<double>(r.steps[k]) << static_cast<double>(point.n())
                            << point.accuracy();
        }
    return t;
}

Table classesTable(const RobustnessResults& r)
{
    Table t{.name = "classes",
            .title = "Accuracy of each class",
            .caption =
                "Fractions of the images of the class evaluated so far, with Wilson 95 % intervals.",
            .section = "Classes"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("attack", "Attack"),
                 numberColumn("eps", "ε", -1, "of [0,1]"),
                 textColumn("class", "Class"),
                 numberColumn("n", "Images", 0),
                 numberColumn("robust_accuracy", "Robust accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    for (std::size_t m = 0; m < r.models.size(); ++m)
        for (std::size_t a = 0; a < r.attacks.size(); ++a)
            for (std::size_t e = 0; e < r.eps.size(); ++e) {
                const Point& point = r.byEps[m][a][e];
                for (std::size_t c = 0; point.n() > 0 && c < r.classes.size(); ++c) {
                    const torch::Tensor ofClass = r.y.narrow(0, 0, point.n()) == static_cast<std::int64_t>(c);
                    const metrics::Rate rate =
                        metrics::wilson(point.robust.logical_and(ofClass).sum().item<std::int64_t>(),
                                        ofClass.sum().item<std::int64_t>());
                    TableRow(t) << r.models[m] << r.attacks[a] << r.eps[e] << r.classes[c]
                                << static_cast<double>(rate.n) << rate;
                }
            }
    return t;
}

Table checksTable(const std::vector<MaskingCheck>& checks)
{
    Table t{
        .name = "checks",
        .title = "Signs of masked gradients",
        .caption =
            "one-step: a single step should not beat many. black-box: an attack without gradients should not "
            "beat one with them. unbounded: without a bound hardly an image should hold out. eps, steps: "
            "accuracy should not rise with the radius or the steps (listed only where it does). A warning "
            "needs significance at 2.5 %, one-sided.",
        .section = "Checks"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("check", "Check"),
                 textColumn("first", "Weaker by rights"),
                 textColumn("second", "Stronger by rights"),
                 numberColumn("n", "Images", 0),
                 numberColumn("first_only", "Fooled by the weaker alone", 0),
                 numberColumn("second_only", "by the stronger alone", 0),
                 textColumn("verdict", "Verdict"),
                 textColumn("finding", "Finding")};
    for (const MaskingCheck& c : checks)
        TableRow(t) << c.model << c.check << c.first << c.second << static_cast<double>(c.n)
                    << static_cast<double>(c.firstOnly) << static_cast<double>(c.secondOnly)
                    << std::string(c.warning ? "warning" : "passed") << c.sentence;
    return t;
}

std::vector<Metric> robustnessMetrics(const RobustnessResults& r, const std::vector<MaskingCheck>& checks)
{
    std::vector<Metric> all;
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        all.push_back(rateNumber("accuracy." + r.models[m], r.clean(m, r.ids.size(0)), "test images drawn"));
        for (std::size_t a = 0; a < r.attacks.size(); ++a)
            all.push_back(rateNumber("robust." + r.models[m] + "." + r.attacks[a],
                                     r.byEps[m][a].back().accuracy(),
                                     "test images drawn, at the largest eps"));
    }
    all.push_back({.name = "masking_warnings",
                   .value = static_cast<double>(std::ranges::count_if(checks, &MaskingCheck::warning))});
    return all;
}

ImageGrid examplesGrid(const RobustnessResults& r, const RobustnessView& view, const KeptExamples& kept,
                       const torch::Tensor& clean)
{
    const std::string& model = r.models[view.model];
    ImageGrid grid{.name = "examples",
                   .title = "Under attack: " + model + ", " + attackTitle(r.attacks[view.attack]) +
                            ", ε = " + shortText(r.eps[view.eps]),
                   .section = "Images"};
    grid.caption =
        "The first attacked images. An attack stops at the first success, so what is shown is near the "
        "boundary.";
    const torch::Tensor before = clean.index_select(0, kept.rows);
    fillPlanes(grid, r.ids.index_select(0, kept.rows),
               {{"clean", before},
                {"perturbation ×10", amplifiedDifference(kept.adversarial, before)},
                {"adversarial", kept.adversarial}});
    const torch::Tensor y = r.y.index_select(0, kept.rows);
    grid.attributes = {classesOf("label", "True class", r.classes, y),
                       classesOf("predicted", "Predicted under attack", r.classes, kept.predicted),
                       {.name = "outcome",
                        .title = "Outcome",
                        .values = {"holds", "fooled"},
                        .roles = {"neutral", "different"}}};
    const torch::Tensor fooled = (kept.predicted != y).to(torch::kInt64).contiguous();
    for (std::int64_t i = 0; i < fooled.numel(); ++i)
        grid.attributes.back().codes.push_back(static_cast<std::int32_t>(fooled.data_ptr<std::int64_t>()[i]));
    return grid;
}

} // namespace assay::robustness
