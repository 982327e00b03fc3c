#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/before_after.h"
#include "plugins/backdoor/robust_run.h"
#include "plugins/backdoor/robust_view.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kWallImages = 96;
constexpr std::int64_t kSuspectImages = 100;

torch::Tensor asFloats(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32).div(255.0);
}

/// The first @p most rows of a mask, int64.
torch::Tensor firstRows(const torch::Tensor& mask, std::int64_t most)
{
    const torch::Tensor rows = mask.nonzero().squeeze(1);
    return rows.narrow(0, 0, std::min(most, rows.size(0)));
}

} // namespace

void RobustRun::emitGalleries(const Repeat& first)
{
    const std::vector<std::string>& classes = m_results.classes;
    const std::size_t fitting =
        reporting::imagesThatFit(m_bytes.size(1), m_bytes.size(2), m_bytes.size(3), 1 + first.varied.size());
    const std::int64_t half = std::min<std::int64_t>(kWallImages, static_cast<std::int64_t>(fitting)) / 2;
    const torch::Tensor rows =
        torch::cat({firstRows(first.set.poisoned, half), firstRows(first.set.poisoned.logical_not(), half)});
    protocol::ImageGrid wall{.name = "wall", .title = "Images and their variations", .section = "Variations"};
    wall.caption =
        "Training images as the teacher learned them, poisoned ones first, and their variations by " +
        m_results.variation + " at each strength.";
    std::vector<reporting::ImagePlane> planes = {{"image", asFloats(first.set.images.index_select(0, rows))}};
    std::vector<torch::Tensor> said = {models::predict(*first.teacher, planes.front().images)};
    for (const auto& [strength, bytes] : first.varied) {
        planes.push_back({"at " + reporting::shortText(strength), asFloats(bytes.index_select(0, rows))});
        said.push_back(models::predict(*first.teacher, planes.back().images));
    }
    reporting::fillPlanes(wall, m_ids.index_select(0, rows), planes);
    const torch::Tensor given = first.set.labels.index_select(0, rows);
    wall.attributes = {poisonedAttribute(first.set.poisoned.index_select(0, rows)),
                       reporting::classesOf("given", "Label", classes, given),
                       reporting::classesOf("truth", "True class", classes, m_truth.index_select(0, rows))};
    for (std::size_t i = 0; i < planes.size(); ++i)
        wall.attributes.push_back(reporting::classesOf(i == 0 ? "said" : "said-" + std::to_string(i),
                                                       "Teacher, " + planes[i].name, classes, said[i]));
    m_context.images(std::move(wall));

    const RobustSuspects& s = m_results.suspects;
    const torch::Tensor worst =
        s.order().narrow(0, 0,
                         std::min({kSuspectImages, s.ids.size(0),
                                   static_cast<std::int64_t>(reporting::imagesThatFit(
                                       m_bytes.size(1), m_bytes.size(2), m_bytes.size(3), 2))}));
    protocol::ImageGrid inspector{
        .name = "suspects", .title = "The strongest contradictions", .section = "Suspects"};
    inspector.caption = "Images whose label the teacher contradicts most when it sees their variation: "
                        "suspected poisons, and whether they are.";
    reporting::fillPlanes(inspector, s.ids.index_select(0, worst),
                          {{"image", asFloats(first.set.images.index_select(0, worst))},
                           {"variation", asFloats(first.varied.at(s.strength).index_select(0, worst))}});
    inspector.attributes = {
        poisonedAttribute(s.poisoned.index_select(0, worst)),
        reporting::classesOf("given", "Label", classes, s.given.index_select(0, worst)),
        reporting::classesOf("said", "Teacher on the variation", classes, s.said.index_select(0, worst)),
        reporting::classesOf("truth", "True class", classes, s.truth.index_select(0, worst))};
    for (std::int64_t i = 0; i < worst.size(0); ++i)
        inspector.notes.push_back(
            "rank " + std::to_string(i + 1) + ", score " +
            reporting::shortText(s.score[worst[i].item<std::int64_t>()].item<double>()));
    m_context.images(std::move(inspector));
}

void RobustRun::keepBench(const Repeat& first)
{
    const torch::Tensor rows = torch::cat({firstRows(first.set.poisoned, kRobustShown),
                                           firstRows(first.set.poisoned.logical_not(), kRobustShown)});
    const RobustBench bench{.ids = m_ids.index_select(0, rows),
                            .bytes = first.set.images.index_select(0, rows),
                            .given = first.set.labels.index_select(0, rows),
                            .truth = m_truth.index_select(0, rows),
                            .poisoned = first.set.poisoned.index_select(0, rows),
                            .teacher = first.teacher,
                            .codeWeights = m_codeWeights,
                            .classes = m_results.classes};
    m_context.artifact("bench", bench.tensors());
    const RobustMoment moment =
        momentOf(bench, *first.variation, m_params.strength, m_params.colours, m_context.device());
    m_context.figure(meterFigure(bench, moment));
    m_context.scene(movedScene(bench, moment, m_params.sample));
    m_context.images(movedGrid(bench, moment));
}

void RobustRun::emitStages()
{
    stage("Report", false);
    protocol::Table t{.name = "stages", .title = "Stages", .section = "Stages"};
    t.caption = "Wall time of each stage over all repetitions; what was trained or made before comes from "
                "the cache.";
    t.columns = {reporting::textColumn("stage", "Stage"), reporting::numberColumn("seconds", "Seconds", 1)};
    for (const std::string& name : m_stages)
        if (name != m_stage)
            reporting::TableRow(t) << name << m_seconds[name];
    m_context.table(std::move(t));
}

void RobustRun::emitReport(const Repeat& first)
{
    emitStages();
    m_context.figure(robustTradeOffFigure(m_results));
    m_context.figure(robustByStrengthFigure(m_results));
    m_context.figure(robustSurvivalFigure(m_results));
    m_context.figure(robustPoisonedFigure(m_results));
    m_context.figure(robustScoresFigure(m_results));
    m_context.table(robustStudentsTable(m_results));
    m_context.table(robustMeansTable(m_results));
    m_context.table(robustSurvivalTable(m_results));
    m_context.table(robustSuspectsTable(m_results));
    emitGalleries(first);
    keepBench(first);
    emitBeforeAfter(m_context, {.models = {{"teacher", first.teacher}, {"student", m_student}},
                                .set = m_set,
                                .ids = m_judged,
                                .poison = first.poison,
                                .section = "Teacher and student",
                                .done = m_total,
                                .total = m_total});
    for (const auto& [name, model] : {std::pair("teacher", first.teacher), std::pair("student", m_student)}) {
        models::ModelCard card = model->card();
        card.title = std::string(name == std::string("teacher") ? "Teacher" : "Student") +
                     " of robust training on " + m_set->info().title;
        card.testAccuracy = ratesOf(*model, first.poison).clean.value;
        card.recipe = {{"poison", poisoning::toJson(first.poison)}, {"study", "backdoor.robust-training"}};
        m_context.saveModel(name, *model->cloneNetwork(), std::move(card));
    }
    for (protocol::Metric& metric : robustMetrics(m_results))
        m_context.metric(std::move(metric));
}

} // namespace assay::backdoor
